using System.Collections.Generic;
using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.S3;
using Cdk.Bedrock.ModelImport;
using Constructs;

namespace Chat
{
    public class ModelsStackProps : StackProps
    {
        /// <summary>The name of the bucket with the weights.</summary>
        public string WeightsBucket { get; set; }

        /// <summary>The prefix of the weights in the bucket, like <c>llama-3.1-8b-instruct/</c>.</summary>
        public string WeightsPrefix { get; set; }

        /// <summary>The version of the weights. A new version at the same prefix starts a new import.</summary>
        public string WeightsVersion { get; set; }

        /// <summary>The name of the parameter to publish the ARN of the model in.</summary>
        public string ParameterName { get; set; }
    }

    /// <summary>Imports the model and publishes its ARN in a parameter for other stacks.</summary>
    public class ModelsStack : Stack
    {
        public Key ModelKey { get; }

        public ModelsStack(Construct scope, string id, ModelsStackProps props) : base(scope, id, props)
        {
            var weights = Bucket.FromBucketName(this, "Weights", props.WeightsBucket);
            ModelKey = new Key(this, "ModelKey", new KeyProps { EnableKeyRotation = true });

            var model = new ImportedModel(this, "Llama", new ImportedModelProps
            {
                Source = ModelSource.FromBucket(weights, props.WeightsPrefix, new ModelSourceOptions { Version = props.WeightsVersion }),
                Encryption = ModelEncryption.CustomerManaged(ModelKey),
                Vpc = AddNetwork(weights, props.WeightsPrefix),
                ImportedModelTags = new Dictionary<string, string> { ["weights"] = props.WeightsVersion },
                Verification = ModelVerification.Invoke(new ModelInvocationOptions { Prompt = "The capital of France is", Expect = "Paris" }),
                KeepPrevious = true, // the other stack invokes the previous model until it is deployed, too
            });
            model.PublishArn(props.ParameterName);

            new CfnOutput(this, "ModelArn", new CfnOutputProps { Value = model.ModelArn });
            new CfnOutput(this, "ModelName", new CfnOutputProps { Value = model.ImportedModelName });
        }

        /// <summary>A VPC whose only way out is Amazon S3, and there the weights.</summary>
        private Vpc AddNetwork(IBucket weights, string prefix)
        {
            var vpc = new Vpc(this, "Vpc", new VpcProps
            {
                NatGateways = 0,
                SubnetConfiguration = new[] { new SubnetConfiguration { Name = "isolated", SubnetType = SubnetType.PRIVATE_ISOLATED } },
            });
            var endpoint = vpc.AddGatewayEndpoint("S3", new GatewayVpcEndpointOptions { Service = GatewayVpcEndpointAwsService.S3 });
            endpoint.AddToPolicy(new PolicyStatement(new PolicyStatementProps
            {
                Principals = new[] { new AnyPrincipal() },
                Actions = new[] { "s3:GetObject", "s3:ListBucket" },
                Resources = new[] { weights.BucketArn, weights.ArnForObjects($"{prefix}*") },
            }));
            return vpc;
        }
    }
}
