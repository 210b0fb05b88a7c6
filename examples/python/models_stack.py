from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from cdk_bedrock_model_import import ImportedModel, ModelEncryption, ModelSource, ModelVerification
from constructs import Construct


class ModelsStack(Stack):
    """Imports the model and publishes its ARN in a parameter for other stacks."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        weights_bucket: str,
        weights_prefix: str,
        weights_version: str,
        parameter_name: str,
        **kwargs,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        weights = s3.Bucket.from_bucket_name(self, "Weights", weights_bucket)
        self.model_key = kms.Key(self, "ModelKey", enable_key_rotation=True)

        model = ImportedModel(
            self,
            "Llama",
            # A new version at the same prefix starts a new import.
            source=ModelSource.from_bucket(weights, weights_prefix, version=weights_version),
            encryption=ModelEncryption.customer_managed(self.model_key),
            vpc=self._add_network(weights, weights_prefix),
            imported_model_tags={"weights": weights_version},
            verification=ModelVerification.invoke(prompt="The capital of France is", expect="Paris"),
            keep_previous=True,  # the other stack invokes the previous model until it is deployed, too
        )
        model.publish_arn(parameter_name)

        CfnOutput(self, "ModelArn", value=model.model_arn)
        CfnOutput(self, "ModelName", value=model.imported_model_name)

    def _add_network(self, weights: s3.IBucket, prefix: str) -> ec2.Vpc:
        """A VPC whose only way out is Amazon S3, and there the weights."""
        vpc = ec2.Vpc(
            self,
            "Vpc",
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        endpoint = vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject", "s3:ListBucket"],
                resources=[weights.bucket_arn, weights.arn_for_objects(f"{prefix}*")],
            )
        )
        return vpc
