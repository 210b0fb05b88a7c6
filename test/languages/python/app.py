"""The app of ../typescript/app.mts, in Python."""

import sys

from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Stack, Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_stepfunctions_tasks as tasks
from cdk_bedrock_model_import import ImportedModel, ModelEncryption, ModelImportProvider, ModelSource

app = App(outdir=sys.argv[1])

# Every property.
full = Stack(app, "Full")

weights = s3.Bucket(full, "Weights", encryption=s3.BucketEncryption.KMS)
model_key = kms.Key(full, "ModelKey", enable_key_rotation=True)
vpc = ec2.Vpc(
    full,
    "Vpc",
    max_azs=2,
    nat_gateways=0,
    subnet_configuration=[ec2.SubnetConfiguration(name="import", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)],
)
vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
provider = ModelImportProvider(full, "ModelImport", query_interval=Duration.minutes(1))

model = ImportedModel(
    full,
    "Llama",
    source=ModelSource.from_bucket(weights, "llama/", version="2"),
    job_name_prefix="languages",
    encryption=ModelEncryption.customer_managed(model_key),
    vpc=vpc,
    vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    security_groups=[ec2.SecurityGroup(full, "ImportNetwork", vpc=vpc, allow_all_outbound=False)],
    imported_model_tags={"team": "platform", "owner": "jane", "stage": "test"},
    job_tags={"purpose": "test", "cost": "4711"},
    removal_policy=RemovalPolicy.RETAIN,
    import_timeout=Duration.minutes(30),
    provider=provider,
)
model.connections.allow_to_any_ipv4(ec2.Port.tcp(443), "Amazon S3")
Tags.of(model).add("app", "languages")

caller = iam.Role(full, "Caller", assumed_by=iam.AccountRootPrincipal())
model.grant_invoke(caller)
ask = tasks.BedrockInvokeModel(full, "Ask", model=model, body=stepfunctions.TaskInput.from_object({"prompt": "Hello"}))
stepfunctions.StateMachine(full, "Chat", definition_body=stepfunctions.DefinitionBody.from_chainable(ask))

CfnOutput(full, "ModelArn", value=model.model_arn)
CfnOutput(full, "ModelName", value=model.imported_model_name)
CfnOutput(full, "JobArn", value=model.job_arn)
CfnOutput(full, "JobName", value=model.job_name)
CfnOutput(full, "Architecture", value=model.model_architecture)
CfnOutput(full, "InstructSupported", value=model.instruct_supported)
CfnOutput(full, "UnitsPerCopy", value=model.custom_model_units_per_model_copy)
CfnOutput(full, "UnitsVersion", value=model.custom_model_units_version)
CfnOutput(full, "ServiceRole", value=model.role.role_arn)
CfnOutput(full, "ProviderRole", value=model.provider.role.role_arn)

# The required properties only, and a model from another stack.
small = Stack(app, "Small")
reader = iam.Role(small, "Reader", assumed_by=iam.AccountRootPrincipal())
ImportedModel(small, "Llama", source=ModelSource.from_s3_uri("s3://amzn-s3-demo-bucket/llama/")).grant_invoke(reader)
ImportedModel.from_imported_model_arn(
    small, "Elsewhere", "arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl"
).grant_invoke(reader)

app.synth()
