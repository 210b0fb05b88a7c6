package com.example.chat;

import io.github.cdkbedrockmodelimport.BatchInference;
import io.github.cdkbedrockmodelimport.BatchLocation;
import io.github.cdkbedrockmodelimport.IImportedModel;
import io.github.cdkbedrockmodelimport.ImportedModel;
import io.github.cdkbedrockmodelimport.ImportedModelAlarms;
import io.github.cdkbedrockmodelimport.ImportedModelDashboard;
import io.github.cdkbedrockmodelimport.ImportedModelParameterOptions;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.s3.BlockPublicAccess;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.LifecycleRule;
import software.constructs.Construct;

/** Uses a model of another stack: a function for one prompt, and batch inference for many. */
public final class ChatStack extends Stack {
    public ChatStack(
            final Construct scope,
            final String id,
            final StackProps props,
            final String parameterName,
            final IKey modelKey) {
        super(scope, id, props);
        final IImportedModel model = ImportedModel.fromParameter(
                this,
                "Llama",
                parameterName,
                ImportedModelParameterOptions.builder().encryptionKey(modelKey).build());
        addFunction(model);
        addBatchInference(model);

        ImportedModelDashboard.Builder.create(this, "Dashboard").models(List.of(model)).build();
        ImportedModelAlarms.Builder.create(this, "Alarms")
                .model(model)
                .latency(Duration.seconds(20))
                .build();
    }

    private void addFunction(final IImportedModel model) {
        final Function chat = Function.Builder.create(this, "Function")
                .runtime(Runtime.NODEJS_22_X)
                .code(Code.fromAsset("../chat-function"))
                .handler("index.handler")
                .environment(Map.of("MODEL_ARN", model.getModelArn()))
                .timeout(Duration.minutes(15)) // a single attempt can take minutes while the model is loaded
                .build();
        model.grantInvoke(chat);
        CfnOutput.Builder.create(this, "FunctionName").value(chat.getFunctionName()).build();
    }

    private void addBatchInference(final IImportedModel model) {
        final Bucket data = Bucket.Builder.create(this, "Data")
                .enforceSsl(true)
                .blockPublicAccess(BlockPublicAccess.BLOCK_ALL)
                .lifecycleRules(List.of(LifecycleRule.builder()
                        .prefix("answers/_work/")
                        .expiration(Duration.days(7))
                        .build()))
                .build();
        final BatchInference answers = BatchInference.Builder.create(this, "Answers")
                .model(model)
                .input(BatchLocation.fromBucket(data, "questions/"))
                .output(BatchLocation.fromBucket(data, "answers/"))
                .maxConcurrency(4)
                .toleratedFailurePercentage(1)
                .build();
        answers.addFailureAlarm("AnswersFailed");
        CfnOutput.Builder.create(this, "DataBucket").value(data.getBucketName()).build();
        CfnOutput.Builder.create(this, "StateMachineArn")
                .value(answers.getStateMachine().getStateMachineArn())
                .build();
    }
}
