package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdk-bedrock-model-import/cdk-bedrock-model-import-go/bedrockmodelimport"
)

// ModelsStackProps are the properties of a ModelsStack.
type ModelsStackProps struct {
	awscdk.StackProps
	WeightsBucket  string
	WeightsPrefix  string
	WeightsVersion string // a new version at the same prefix starts a new import
	ParameterName  string // where the ARN of the model is published
}

// ModelsStack imports the model and publishes its ARN in a parameter for other stacks.
type ModelsStack struct {
	awscdk.Stack
	ModelKey awskms.Key
}

// NewModelsStack creates a stack with the model, its key and the network of its import.
func NewModelsStack(scope constructs.Construct, id string, props *ModelsStackProps) *ModelsStack {
	stack := awscdk.NewStack(scope, &id, &props.StackProps)
	weights := awss3.Bucket_FromBucketName(stack, jsii.String("Weights"), &props.WeightsBucket)
	key := awskms.NewKey(stack, jsii.String("ModelKey"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})

	model := bedrockmodelimport.NewImportedModel(stack, jsii.String("Llama"), &bedrockmodelimport.ImportedModelProps{
		Source: bedrockmodelimport.ModelSource_FromBucket(weights, &props.WeightsPrefix, &bedrockmodelimport.ModelSourceOptions{
			Version: &props.WeightsVersion,
		}),
		Encryption:        bedrockmodelimport.ModelEncryption_CustomerManaged(key, nil),
		Vpc:               addNetwork(stack, weights, props.WeightsPrefix),
		ImportedModelTags: &map[string]*string{"weights": &props.WeightsVersion},
		Verification: bedrockmodelimport.ModelVerification_Invoke(&bedrockmodelimport.ModelInvocationOptions{
			Prompt: jsii.String("The capital of France is"),
			Expect: jsii.String("Paris"),
		}),
		KeepPrevious: jsii.Bool(true), // the other stack invokes the previous model until it is deployed, too
	})
	model.PublishArn(&props.ParameterName)

	awscdk.NewCfnOutput(stack, jsii.String("ModelArn"), &awscdk.CfnOutputProps{Value: model.ModelArn()})
	awscdk.NewCfnOutput(stack, jsii.String("ModelName"), &awscdk.CfnOutputProps{Value: model.ImportedModelName()})
	return &ModelsStack{Stack: stack, ModelKey: key}
}

// addNetwork adds a VPC whose only way out is Amazon S3, and there the weights.
func addNetwork(stack awscdk.Stack, weights awss3.IBucket, prefix string) awsec2.Vpc {
	vpc := awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{
		NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("isolated"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED},
		},
	})
	endpoint := vpc.AddGatewayEndpoint(jsii.String("S3"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_S3(),
	})
	endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions:    jsii.Strings("s3:GetObject", "s3:ListBucket"),
		Resources:  &[]*string{weights.BucketArn(), weights.ArnForObjects(jsii.String(prefix + "*"))},
	}))
	return vpc
}
