// The app of every-property.mts, in Go.
package main

import (
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbedrock"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
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
	batchInference(awscdk.NewStack(app, jsii.String("Batch"), nil))
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
		FormatCheck: cmi.ModelFormatCheck_Enabled(&cmi.ModelFormatCheckOptions{
			Acknowledge: jsii.Strings("unsupported-architecture"),
		}),
		Verification: cmi.ModelVerification_Invoke(&cmi.ModelInvocationOptions{
			Body: &map[string]interface{}{
				"messages":   []map[string]interface{}{{"role": "user", "content": "Hello"}},
				"max_tokens": 8,
				"stop":       []string{"\n"},
			},
		}),
		Provider: provider,
	})
	versions := cmi.NewImportedModel(full, jsii.String("Versions"), &cmi.ImportedModelProps{
		Source:      cmi.ModelSource_FromBucket(weights, jsii.String("mistral/"), nil),
		FormatCheck: cmi.ModelFormatCheck_Disabled(),
		Verification: cmi.ModelVerification_Invoke(&cmi.ModelInvocationOptions{
			Prompt: jsii.String("The capital of France is"),
			Expect: jsii.String("Paris"),
		}),
		KeepPrevious: jsii.Bool(true),
		Provider:     provider,
	})
	output(full, "VersionsArn", versions.ModelArn())
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
	output(full, "FilesDigest", model.FilesDigest())
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

	// What excludes other properties, a property without a value, and models that exist.
	cmi.NewImportedModel(small, jsii.String("Named"), &cmi.ImportedModelProps{
		Source: cmi.ModelSource_FromS3Uri(jsii.String("s3://amzn-s3-demo-bucket/mistral/"), &cmi.ModelSourceOptions{
			BucketAccount: jsii.String("111122223333"),
		}),
		ImportedModelName: jsii.String("mistral"),
		JobNamePrefix:     nil,
		Role: awsiam.NewRole(small, jsii.String("ImportRole"), &awsiam.RoleProps{
			AssumedBy: awsiam.NewServicePrincipal(jsii.String("bedrock.amazonaws.com"), nil),
		}),
		Encryption:          cmi.ModelEncryption_AwsOwnedKey(),
		ReplacementStrategy: cmi.ReplacementStrategy_DELETE_FIRST,
	})
	cmi.ImportedModel_FromImportedModelAttributes(small, jsii.String("Encrypted"), &cmi.ImportedModelAttributes{
		ImportedModelArn: jsii.String("arn:aws:bedrock:us-east-1:111122223333:imported-model/mnopqrstuvwx"),
		EncryptionKey:    awskms.NewKey(small, jsii.String("Key"), nil),
	}).GrantInvoke(reader)
	cmi.NewImportedModelLookup(small, jsii.String("Lookup"), &cmi.ImportedModelLookupProps{
		ImportedModelName: jsii.String("llama-8b"),
	}).GrantInvoke(reader)
}

// Batch inference with every property, on both engines.
func batchInference(batch awscdk.Stack) {
	data := awss3.NewBucket(batch, jsii.String("Data"), &awss3.BucketProps{Encryption: awss3.BucketEncryption_KMS})
	vpc := awsec2.NewVpc(batch, jsii.String("Vpc"), &awsec2.VpcProps{
		MaxAzs:      jsii.Number(2),
		NatGateways: jsii.Number(0),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{
			{Name: jsii.String("batch"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED},
		},
	})
	vpc.AddGatewayEndpoint(jsii.String("S3"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_S3(),
	})
	key := awskms.NewKey(batch, jsii.String("BatchKey"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})

	jobs := cmi.NewBatchInference(batch, jsii.String("Jobs"), &cmi.BatchInferenceProps{
		Model: awsbedrock.FoundationModel_FromFoundationModelId(batch, jsii.String("Nova"),
			awsbedrock.NewFoundationModelIdentifier(jsii.String("amazon.nova-lite-v1:0"))),
		Input: cmi.BatchLocation_FromBucket(data, jsii.String("in/"), nil),
		Output: cmi.BatchLocation_FromBucket(data, jsii.String("out/"), &cmi.BatchLocationOptions{
			EncryptionKey: key,
			BucketAccount: jsii.String("111122223333"),
		}),
		Engine:                     cmi.BatchEngine_MODEL_INVOCATION_JOB,
		ModelInvocationType:        cmi.ModelInvocationType_INVOKE_MODEL,
		MaxConcurrency:             jsii.Number(5),
		MaxConcurrentJobs:          jsii.Number(20),
		RetryRounds:                jsii.Number(2),
		ToleratedFailurePercentage: jsii.Number(0.5),
		TimeoutDuration:            awscdk.Duration_Hours(jsii.Number(48)),
		Deadline:                   awscdk.Duration_Hours(jsii.Number(24)),
		JobNamePrefix:              jsii.String("languages"),
		JobTags: &map[string]*string{
			"purpose": jsii.String("test"),
			"cost":    jsii.String("4711"),
		},
		Role: awsiam.NewRole(batch, jsii.String("JobRole"), &awsiam.RoleProps{
			AssumedBy: awsiam.NewServicePrincipal(jsii.String("bedrock.amazonaws.com"), nil),
		}),
		Vpc:        vpc,
		VpcSubnets: &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED},
		SecurityGroups: &[]awsec2.ISecurityGroup{
			awsec2.NewSecurityGroup(batch, jsii.String("BatchNetwork"), &awsec2.SecurityGroupProps{
				Vpc:              vpc,
				AllowAllOutbound: jsii.Bool(false),
			}),
		},
		LogGroup:         awslogs.NewLogGroup(batch, jsii.String("Log"), nil),
		StateMachineName: jsii.String("languages"),
		TracingEnabled:   jsii.Bool(true),
	})
	awscdk.Tags_Of(jobs).Add(jsii.String("app"), jsii.String("languages"), nil)

	batchMap := cmi.NewBatchInference(batch, jsii.String("Map"), &cmi.BatchInferenceProps{
		Model: cmi.ImportedModel_FromImportedModelArn(batch, jsii.String("Llama"),
			jsii.String("arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl")),
		Input:                 cmi.BatchLocation_FromBucket(data, jsii.String("questions.jsonl"), nil),
		Output:                cmi.BatchLocation_FromBucket(data, jsii.String("answers/"), nil),
		MaxConcurrency:        jsii.Number(1),
		ToleratedFailureCount: jsii.Number(3),
	})

	fragment := cmi.NewBatchInferenceFragment(batch, jsii.String("Fragment"), &cmi.BatchInferenceFragmentProps{
		Model: cmi.InferenceProfileModel_FromInferenceProfileArn(
			jsii.String("arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0"), nil),
		Input:               cmi.BatchLocation_FromBucket(data, jsii.String("in/"), nil),
		Output:              cmi.BatchLocation_FromBucket(data, jsii.String("profile/"), nil),
		ModelInvocationType: cmi.ModelInvocationType_CONVERSE,
		OptionsPath:         jsii.String("$.batch"),
	})
	nightly := awsstepfunctions.NewStateMachine(batch, jsii.String("Nightly"), &awsstepfunctions.StateMachineProps{
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(fragment),
	})
	fragment.AllowMapRuns(nightly)

	starter := awsiam.NewRole(batch, jsii.String("Starter"), &awsiam.RoleProps{AssumedBy: awsiam.NewAccountRootPrincipal()})
	jobs.GrantStart(starter)
	batchMap.GrantRead(starter)
	jobs.AddFailureAlarm(jsii.String("Alarm"), nil)
	jobs.OnJobStateChange(jsii.String("JobEvents"), &awsevents.OnEventOptions{
		EventPattern: &awsevents.EventPattern{Detail: &map[string]interface{}{"status": []string{"Failed"}}},
	})
	batchMap.OnExecutionStatusChange(jsii.String("ExecutionEvents"), nil)
	awscloudwatch.NewAlarm(batch, jsii.String("FailedRecords"), &awscloudwatch.AlarmProps{
		Metric:            batchMap.MetricFailedRecords(nil),
		Threshold:         jsii.Number(10),
		EvaluationPeriods: jsii.Number(1),
	})

	output(batch, "StateMachine", jobs.StateMachine().StateMachineArn())
	output(batch, "JobsRole", jobs.Role().RoleArn())
	output(batch, "JobsHandler", jobs.Handler().FunctionName())
	output(batch, "JobsPrefix", jobs.JobNamePrefix())
	output(batch, "JobsEngine", jsii.String(string(jobs.Engine())))
	output(batch, "MapEngine", jsii.String(string(batchMap.Engine())))
	output(batch, "MapPrefix", batchMap.JobNamePrefix())
}

func output(stack awscdk.Stack, id string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{Value: value})
}
