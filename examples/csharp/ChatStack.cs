using System.Collections.Generic;
using Amazon.CDK;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.S3;
using Cdk.Bedrock.ModelImport;
using Constructs;

namespace Chat
{
    public class ChatStackProps : StackProps
    {
        /// <summary>The name of the parameter with the ARN of the model.</summary>
        public string ParameterName { get; set; }

        /// <summary>The key that encrypts the model.</summary>
        public IKey ModelKey { get; set; }
    }

    /// <summary>Uses a model of another stack: a function for one prompt, and batch inference for many.</summary>
    public class ChatStack : Stack
    {
        public ChatStack(Construct scope, string id, ChatStackProps props) : base(scope, id, props)
        {
            var model = ImportedModel.FromParameter(
                this, "Llama", props.ParameterName, new ImportedModelParameterOptions { EncryptionKey = props.ModelKey });
            AddFunction(model);
            AddBatchInference(model);

            new ImportedModelDashboard(this, "Dashboard", new ImportedModelDashboardProps { Models = new[] { model } });
            new ImportedModelAlarms(this, "Alarms", new ImportedModelAlarmsProps { Model = model, Latency = Duration.Seconds(20) });
        }

        private void AddFunction(IImportedModel model)
        {
            var chat = new Function(this, "Function", new FunctionProps
            {
                Runtime = Runtime.NODEJS_22_X,
                Code = Code.FromAsset("../chat-function"),
                Handler = "index.handler",
                Environment = new Dictionary<string, string> { ["MODEL_ARN"] = model.ModelArn },
                Timeout = Duration.Minutes(15), // a single attempt can take minutes while the model is loaded
            });
            model.GrantInvoke(chat);
            new CfnOutput(this, "FunctionName", new CfnOutputProps { Value = chat.FunctionName });
        }

        private void AddBatchInference(IImportedModel model)
        {
            var data = new Bucket(this, "Data", new BucketProps
            {
                EnforceSSL = true,
                BlockPublicAccess = BlockPublicAccess.BLOCK_ALL,
                LifecycleRules = new[] { new LifecycleRule { Prefix = "answers/_work/", Expiration = Duration.Days(7) } },
            });
            var answers = new BatchInference(this, "Answers", new BatchInferenceProps
            {
                Model = model,
                Input = BatchLocation.FromBucket(data, "questions/"),
                Output = BatchLocation.FromBucket(data, "answers/"),
                MaxConcurrency = 4,
                ToleratedFailurePercentage = 1,
            });
            answers.AddFailureAlarm("AnswersFailed");
            new CfnOutput(this, "DataBucket", new CfnOutputProps { Value = data.BucketName });
            new CfnOutput(this, "StateMachineArn", new CfnOutputProps { Value = answers.StateMachine.StateMachineArn });
        }
    }
}
