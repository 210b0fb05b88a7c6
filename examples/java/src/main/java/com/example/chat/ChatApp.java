package com.example.chat;

import software.amazon.awscdk.App;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.Tags;

public final class ChatApp {
    private static final String PARAMETER_NAME = "/models/llama";

    private ChatApp() {}

    public static void main(final String[] args) {
        final App app = new App();
        final StackProps props = StackProps.builder()
                .env(Environment.builder().region("us-east-1").build())
                .build();

        final ModelsStack models = new ModelsStack(
                app,
                "Models",
                props,
                new ModelsStack.Weights(
                        (String) app.getNode().getContext("weightsBucket"),
                        (String) app.getNode().getContext("weightsPrefix"),
                        (String) app.getNode().getContext("weightsVersion")),
                PARAMETER_NAME);
        final ChatStack chat = new ChatStack(app, "Chat", props, PARAMETER_NAME, models.getModelKey());
        chat.getNode().addDependency(models); // a parameter name is not a reference, so CDK cannot determine the order

        Tags.of(app).add("team", "ml-platform");

        app.synth();
    }
}
