package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdk-bedrock-model-import/cdk-bedrock-model-import-go/bedrockmodelimport"
)

// ChatStackProps are the properties of the stack that uses the model.
type ChatStackProps struct {
	awscdk.StackProps
	ParameterName string // where the ARN of the model is published
	ModelKey      awskms.IKey
}

// NewChatStack uses a model of another stack: a function for one prompt, and batch inference for many.
func NewChatStack(scope constructs.Construct, id string, props *ChatStackProps) awscdk.Stack {
	stack := awscdk.NewStack(scope, &id, &props.StackProps)
	model := bedrockmodelimport.ImportedModel_FromParameter(stack, jsii.String("Llama"), &props.ParameterName,
		&bedrockmodelimport.ImportedModelParameterOptions{EncryptionKey: props.ModelKey})
	addFunction(stack, model)
	addBatchInference(stack, model)

	bedrockmodelimport.NewImportedModelDashboard(stack, jsii.String("Dashboard"), &bedrockmodelimport.ImportedModelDashboardProps{
		Models: &[]bedrockmodelimport.IImportedModel{model},
	})
	bedrockmodelimport.NewImportedModelAlarms(stack, jsii.String("Alarms"), &bedrockmodelimport.ImportedModelAlarmsProps{
		Model:   model,
		Latency: awscdk.Duration_Seconds(jsii.Number(20)),
	})
	return stack
}

func addFunction(stack awscdk.Stack, model bedrockmodelimport.IImportedModel) {
	chat := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime:     awslambda.Runtime_NODEJS_22_X(),
		Code:        awslambda.Code_FromAsset(jsii.String("../chat-function"), nil),
		Handler:     jsii.String("index.handler"),
		Environment: &map[string]*string{"MODEL_ARN": model.ModelArn()},
		Timeout:     awscdk.Duration_Minutes(jsii.Number(15)), // a single attempt can take minutes while the model is loaded
	})
	model.GrantInvoke(chat)
	awscdk.NewCfnOutput(stack, jsii.String("FunctionName"), &awscdk.CfnOutputProps{Value: chat.FunctionName()})
}

func addBatchInference(stack awscdk.Stack, model bedrockmodelimport.IImportedModel) {
	data := awss3.NewBucket(stack, jsii.String("Data"), &awss3.BucketProps{
		EnforceSSL:        jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		LifecycleRules: &[]*awss3.LifecycleRule{
			{Prefix: jsii.String("answers/_work/"), Expiration: awscdk.Duration_Days(jsii.Number(7))},
		},
	})
	answers := bedrockmodelimport.NewBatchInference(stack, jsii.String("Answers"), &bedrockmodelimport.BatchInferenceProps{
		Model:                      model,
		Input:                      bedrockmodelimport.BatchLocation_FromBucket(data, jsii.String("questions/"), nil),
		Output:                     bedrockmodelimport.BatchLocation_FromBucket(data, jsii.String("answers/"), nil),
		MaxConcurrency:             jsii.Number(4),
		ToleratedFailurePercentage: jsii.Number(1),
	})
	answers.AddFailureAlarm(jsii.String("AnswersFailed"), nil)
	awscdk.NewCfnOutput(stack, jsii.String("DataBucket"), &awscdk.CfnOutputProps{Value: data.BucketName()})
	awscdk.NewCfnOutput(stack, jsii.String("StateMachineArn"), &awscdk.CfnOutputProps{Value: answers.StateMachine().StateMachineArn()})
}
