package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

const parameterName = "/models/llama"

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	setting := func(name string) string { return app.Node().GetContext(jsii.String(name)).(string) }
	props := awscdk.StackProps{Env: &awscdk.Environment{Region: jsii.String("us-east-1")}}

	models := NewModelsStack(app, "Models", &ModelsStackProps{
		StackProps:     props,
		WeightsBucket:  setting("weightsBucket"),
		WeightsPrefix:  setting("weightsPrefix"),
		WeightsVersion: setting("weightsVersion"),
		ParameterName:  parameterName,
	})
	chat := NewChatStack(app, "Chat", &ChatStackProps{
		StackProps:    props,
		ParameterName: parameterName,
		ModelKey:      models.ModelKey,
	})
	chat.Node().AddDependency(models.Stack) // a parameter name is not a reference, so CDK cannot determine the order

	awscdk.Tags_Of(app).Add(jsii.String("team"), jsii.String("ml-platform"), nil)

	app.Synth(nil)
}
