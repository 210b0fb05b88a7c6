// The app of ../typescript/app.mts, in Go.
package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"
	cmi "github.com/cdk-bedrock-model-import/cdk-bedrock-model-import-go/bedrockmodelimport"
)

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(os.Args[1])})
	everyProperty(awscdk.NewStack(app, jsii.String("Full"), nil))
	requiredProperties(awscdk.NewStack(app, jsii.String("Small"), nil))
	app.Synth(nil)
}

func everyProperty(full awscdk.Stack) {
	weights := awss3.NewBucket(full, jsii.String("Weights"), &awss3.BucketProps{Encryption: awss3.BucketEncryption_KMS})
	modelKey := awskms.NewKey(full, jsii.String("ModelKey"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	vpc := awsec2.NewVpc(full, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs:      jsii.Number(2),
		NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("import"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED},
		},
	})
	vpc.AddGatewayEndpoint(jsii.String("S3"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_S3(),
	})
	provider := cmi.NewModelImportProvider(full, jsii.String("ModelImport"), &cmi.ModelImportProviderProps{
		QueryInterval: awscdk.Duration_Minutes(jsii.Number(1)),
	})

	model := cmi.NewImportedModel(full, jsii.String("Llama"), &cmi.ImportedModelProps{
		Source:        cmi.ModelSource_FromBucket(weights, jsii.String("llama/"), &cmi.ModelSourceOptions{Version: jsii.String("2")}),
		JobNamePrefix: jsii.String("languages"),
		Encryption:    cmi.ModelEncryption_CustomerManaged(modelKey, nil),
		Vpc:           vpc,
		VpcSubnets:    &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED},
		SecurityGroups: &[]awsec2.ISecurityGroup{
			awsec2.NewSecurityGroup(full, jsii.String("ImportNetwork"), &awsec2.SecurityGroupProps{
				Vpc:              vpc,
				AllowAllOutbound: jsii.Bool(false),
			}),
		},
		ImportedModelTags: &map[string]*string{
			"team":  jsii.String("platform"),
			"owner": jsii.String("jane"),
			"stage": jsii.String("test"),
		},
		JobTags: &map[string]*string{
			"purpose": jsii.String("test"),
			"cost":    jsii.String("4711"),
		},
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		ImportTimeout: awscdk.Duration_Minutes(jsii.Number(30)),
		Provider:      provider,
	})
	model.Connections().AllowToAnyIpv4(awsec2.Port_Tcp(jsii.Number(443)), jsii.String("Amazon S3"))
	awscdk.Tags_Of(model).Add(jsii.String("app"), jsii.String("languages"), nil)

	caller := awsiam.NewRole(full, jsii.String("Caller"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	model.GrantInvoke(caller)
	ask := awsstepfunctionstasks.NewBedrockInvokeModel(full, jsii.String("Ask"), &awsstepfunctionstasks.BedrockInvokeModelProps{
		Model: model,
		Body:  awsstepfunctions.TaskInput_FromObject(&map[string]interface{}{"prompt": "Hello"}),
	})
	awsstepfunctions.NewStateMachine(full, jsii.String("Chat"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(ask),
	})

	output(full, "ModelArn", model.ModelArn())
	output(full, "ModelName", model.ImportedModelName())
	output(full, "JobArn", model.JobArn())
	output(full, "JobName", model.JobName())
	output(full, "Architecture", model.ModelArchitecture())
	output(full, "InstructSupported", model.InstructSupported())
	output(full, "UnitsPerCopy", model.CustomModelUnitsPerModelCopy())
	output(full, "UnitsVersion", model.CustomModelUnitsVersion())
	output(full, "ServiceRole", model.Role().RoleArn())
	output(full, "ProviderRole", model.Provider().Role().RoleArn())
}

// The required properties only, and a model from another stack.
func requiredProperties(small awscdk.Stack) {
	reader := awsiam.NewRole(small, jsii.String("Reader"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	cmi.NewImportedModel(small, jsii.String("Llama"), &cmi.ImportedModelProps{
		Source: cmi.ModelSource_FromS3Uri(jsii.String("s3://amzn-s3-demo-bucket/llama/"), nil),
	}).GrantInvoke(reader)
	cmi.ImportedModel_FromImportedModelArn(small, jsii.String("Elsewhere"),
		jsii.String("arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl")).GrantInvoke(reader)
}

func output(stack awscdk.Stack, id string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{Value: value})
}
