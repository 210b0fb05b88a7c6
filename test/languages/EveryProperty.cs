using System.Collections.Generic;
using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.Events;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.S3;
using Amazon.CDK.AWS.StepFunctions;
using Amazon.CDK.AWS.StepFunctions.Tasks;
using Amazon.CDK.AwsBedrock;
using Cdk.Bedrock.ModelImport;

namespace Chat
{
    /// <summary>The app of every-property.mts, in C#.</summary>
    internal static class EveryProperty
    {
        public static void Synthesize(string outdir)
        {
            var app = new App(new AppProps { Outdir = outdir });
            EveryPropertyOfAModel(new Stack(app, "Full"));
            RequiredProperties(new Stack(app, "Small"));
            Batches(new Stack(app, "Batch"));
            app.Synth();
        }

        private static void EveryPropertyOfAModel(Stack full)
        {
            var weights = new Bucket(full, "Weights", new BucketProps { Encryption = BucketEncryption.KMS });
            var modelKey = new Key(full, "ModelKey", new KeyProps { EnableKeyRotation = true });
            var vpc = IsolatedVpc(full, "import");
            var provider = new ModelImportProvider(full, "ModelImport", new ModelImportProviderProps { QueryInterval = Duration.Minutes(1) });

            var model = new ImportedModel(full, "Llama", new ImportedModelProps
            {
                Source = ModelSource.FromBucket(weights, "llama/", new ModelSourceOptions { Version = "2" }),
                JobNamePrefix = "languages",
                Encryption = ModelEncryption.CustomerManaged(modelKey),
                Vpc = vpc,
                VpcSubnets = new SubnetSelection { SubnetType = SubnetType.PRIVATE_ISOLATED },
                SecurityGroups = new[] { new SecurityGroup(full, "ImportNetwork", new SecurityGroupProps { Vpc = vpc, AllowAllOutbound = false }) },
                ImportedModelTags = new Dictionary<string, string> { ["team"] = "platform", ["owner"] = "jane", ["stage"] = "test" },
                JobTags = new Dictionary<string, string> { ["purpose"] = "test", ["cost"] = "4711" },
                RemovalPolicy = RemovalPolicy.RETAIN,
                ImportTimeout = Duration.Minutes(30),
                FormatCheck = ModelFormatCheck.Enabled(new ModelFormatCheckOptions { Acknowledge = new[] { "unsupported-architecture" } }),
                Verification = ModelVerification.Invoke(new ModelInvocationOptions
                {
                    Body = new Dictionary<string, object>
                    {
                        ["messages"] = new[] { new Dictionary<string, object> { ["role"] = "user", ["content"] = "Hello" } },
                        ["max_tokens"] = 8,
                        ["stop"] = new[] { "\n" },
                    },
                }),
                Provider = provider,
            });
            var versions = new ImportedModel(full, "Versions", new ImportedModelProps
            {
                Source = ModelSource.FromBucket(weights, "mistral/"),
                FormatCheck = ModelFormatCheck.Disabled(),
                Verification = ModelVerification.Invoke(new ModelInvocationOptions { Prompt = "The capital of France is", Expect = "Paris" }),
                KeepPrevious = true,
                Provider = provider,
            });
            Output(full, "VersionsArn", versions.ModelArn);
            model.Connections.AllowToAnyIpv4(Port.Tcp(443), "Amazon S3");
            Tags.Of(model).Add("app", "languages");

            var caller = new Role(full, "Caller", new RoleProps { AssumedBy = new AccountRootPrincipal() });
            model.GrantInvoke(caller);
            var ask = new BedrockInvokeModel(full, "Ask", new BedrockInvokeModelProps
            {
                Model = model,
                Body = TaskInput.FromObject(new Dictionary<string, object> { ["prompt"] = "Hello" }),
            });
            new StateMachine(full, "Chat", new StateMachineProps { DefinitionBody = DefinitionBody.FromChainable(ask) });

            Output(full, "ModelArn", model.ModelArn);
            Output(full, "ModelName", model.ImportedModelName);
            Output(full, "FilesDigest", model.FilesDigest);
            Output(full, "JobArn", model.JobArn);
            Output(full, "JobName", model.JobName);
            Output(full, "Architecture", model.ModelArchitecture);
            Output(full, "InstructSupported", model.InstructSupported);
            Output(full, "UnitsPerCopy", model.CustomModelUnitsPerModelCopy);
            Output(full, "UnitsVersion", model.CustomModelUnitsVersion);
            Output(full, "ServiceRole", model.Role.RoleArn);
            Output(full, "ProviderRole", model.Provider.Role.RoleArn);
        }

        /// <summary>The required properties only, and a model from another stack.</summary>
        private static void RequiredProperties(Stack small)
        {
            var reader = new Role(small, "Reader", new RoleProps { AssumedBy = new AccountRootPrincipal() });
            new ImportedModel(small, "Llama", new ImportedModelProps { Source = ModelSource.FromS3Uri("s3://amzn-s3-demo-bucket/llama/") })
                .GrantInvoke(reader);
            ImportedModel.FromImportedModelArn(small, "Elsewhere", "arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl")
                .GrantInvoke(reader);

            // What excludes other properties, a property without a value, and models that exist.
            new ImportedModel(small, "Named", new ImportedModelProps
            {
                Source = ModelSource.FromS3Uri("s3://amzn-s3-demo-bucket/mistral/", new ModelSourceOptions { BucketAccount = "111122223333" }),
                ImportedModelName = "mistral",
                JobNamePrefix = null,
                Role = new Role(small, "ImportRole", new RoleProps { AssumedBy = new ServicePrincipal("bedrock.amazonaws.com") }),
                Encryption = ModelEncryption.AwsOwnedKey(),
                ReplacementStrategy = ReplacementStrategy.DELETE_FIRST,
            });
            ImportedModel.FromImportedModelAttributes(small, "Encrypted", new ImportedModelAttributes
            {
                ImportedModelArn = "arn:aws:bedrock:us-east-1:111122223333:imported-model/mnopqrstuvwx",
                EncryptionKey = new Key(small, "Key"),
            }).GrantInvoke(reader);
            new ImportedModelLookup(small, "Lookup", new ImportedModelLookupProps { ImportedModelName = "llama-8b" }).GrantInvoke(reader);
        }

        /// <summary>Batch inference with every property, on both engines.</summary>
        private static void Batches(Stack batch)
        {
            var data = new Bucket(batch, "Data", new BucketProps { Encryption = BucketEncryption.KMS });
            var vpc = IsolatedVpc(batch, "batch");
            var key = new Key(batch, "BatchKey", new KeyProps { EnableKeyRotation = true });

            var jobs = new BatchInference(batch, "Jobs", new BatchInferenceProps
            {
                Model = FoundationModel.FromFoundationModelId(batch, "Nova", new FoundationModelIdentifier("amazon.nova-lite-v1:0")),
                Input = BatchLocation.FromBucket(data, "in/"),
                Output = BatchLocation.FromBucket(data, "out/", new BatchLocationOptions { EncryptionKey = key, BucketAccount = "111122223333" }),
                Engine = BatchEngine.MODEL_INVOCATION_JOB,
                ModelInvocationType = ModelInvocationType.INVOKE_MODEL,
                MaxConcurrency = 5,
                MaxConcurrentJobs = 20,
                RetryRounds = 2,
                ToleratedFailurePercentage = 0.5,
                TimeoutDuration = Duration.Hours(48),
                Deadline = Duration.Hours(24),
                JobNamePrefix = "languages",
                JobTags = new Dictionary<string, string> { ["purpose"] = "test", ["cost"] = "4711" },
                Role = new Role(batch, "JobRole", new RoleProps { AssumedBy = new ServicePrincipal("bedrock.amazonaws.com") }),
                Vpc = vpc,
                VpcSubnets = new SubnetSelection { SubnetType = SubnetType.PRIVATE_ISOLATED },
                SecurityGroups = new[] { new SecurityGroup(batch, "BatchNetwork", new SecurityGroupProps { Vpc = vpc, AllowAllOutbound = false }) },
                LogGroup = new LogGroup(batch, "Log"),
                StateMachineName = "languages",
                TracingEnabled = true,
            });
            Tags.Of(jobs).Add("app", "languages");

            var map = new BatchInference(batch, "Map", new BatchInferenceProps
            {
                Model = ImportedModel.FromImportedModelArn(batch, "Llama", "arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl"),
                Input = BatchLocation.FromBucket(data, "questions.jsonl"),
                Output = BatchLocation.FromBucket(data, "answers/"),
                MaxConcurrency = 1,
                ToleratedFailureCount = 3,
            });

            var fragment = new BatchInferenceFragment(batch, "Fragment", new BatchInferenceFragmentProps
            {
                Model = InferenceProfileModel.FromInferenceProfileArn(
                    "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0"),
                Input = BatchLocation.FromBucket(data, "in/"),
                Output = BatchLocation.FromBucket(data, "profile/"),
                ModelInvocationType = ModelInvocationType.CONVERSE,
                OptionsPath = "$.batch",
            });
            var nightly = new StateMachine(batch, "Nightly", new StateMachineProps { DefinitionBody = DefinitionBody.FromChainable(fragment) });
            fragment.AllowMapRuns(nightly);

            var starter = new Role(batch, "Starter", new RoleProps { AssumedBy = new AccountRootPrincipal() });
            jobs.GrantStart(starter);
            map.GrantRead(starter);
            jobs.AddFailureAlarm("Alarm");
            jobs.OnJobStateChange("JobEvents", new OnEventOptions
            {
                EventPattern = new EventPattern { Detail = new Dictionary<string, object> { ["status"] = new[] { "Failed" } } },
            });
            map.OnExecutionStatusChange("ExecutionEvents");
            new Alarm(batch, "FailedRecords", new AlarmProps { Metric = map.MetricFailedRecords(), Threshold = 10, EvaluationPeriods = 1 });

            Output(batch, "StateMachine", jobs.StateMachine.StateMachineArn);
            Output(batch, "JobsRole", jobs.Role.RoleArn);
            Output(batch, "JobsHandler", jobs.Handler.FunctionName);
            Output(batch, "JobsPrefix", jobs.JobNamePrefix);
            Output(batch, "JobsEngine", jobs.Engine.ToString());
            Output(batch, "MapEngine", map.Engine.ToString());
            Output(batch, "MapPrefix", map.JobNamePrefix);
        }

        private static Vpc IsolatedVpc(Stack stack, string subnets)
        {
            var vpc = new Vpc(stack, "Vpc", new VpcProps
            {
                MaxAzs = 2,
                NatGateways = 0,
                SubnetConfiguration = new[] { new SubnetConfiguration { Name = subnets, SubnetType = SubnetType.PRIVATE_ISOLATED } },
            });
            vpc.AddGatewayEndpoint("S3", new GatewayVpcEndpointOptions { Service = GatewayVpcEndpointAwsService.S3 });
            return vpc;
        }

        private static void Output(Stack stack, string id, string value)
        {
            new CfnOutput(stack, id, new CfnOutputProps { Value = value });
        }
    }
}
