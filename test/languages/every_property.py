"""The app of every-property.mts, in Python."""

import sys

from aws_cdk import App, CfnOutput, Duration, RemovalPolicy, Stack, Tags
from aws_cdk import aws_bedrock as bedrock
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_stepfunctions_tasks as tasks
from cdk_bedrock_model_import import (
    BatchEngine,
    BatchInference,
    BatchInferenceFragment,
    BatchLocation,
    ImportedModel,
    ImportedModelLookup,
    InferenceProfileModel,
    ModelEncryption,
    ModelFormatCheck,
    ModelImportProvider,
    ModelInvocationType,
    ModelSource,
    ModelVerification,
    ReplacementStrategy,
)

app = App(outdir=sys.argv[1])

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
    format_check=ModelFormatCheck.enabled(acknowledge=["unsupported-architecture"]),
    verification=ModelVerification.invoke(
        body={"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8, "stop": ["\n"]}
    ),
    provider=provider,
)
versions = ImportedModel(
    full,
    "Versions",
    source=ModelSource.from_bucket(weights, "mistral/"),
    format_check=ModelFormatCheck.disabled(),
    verification=ModelVerification.invoke(prompt="The capital of France is", expect="Paris"),
    keep_previous=True,
    provider=provider,
)
CfnOutput(full, "VersionsArn", value=versions.model_arn)
model.connections.allow_to_any_ipv4(ec2.Port.tcp(443), "Amazon S3")
Tags.of(model).add("app", "languages")

caller = iam.Role(full, "Caller", assumed_by=iam.AccountRootPrincipal())
model.grant_invoke(caller)
ask = tasks.BedrockInvokeModel(full, "Ask", model=model, body=stepfunctions.TaskInput.from_object({"prompt": "Hello"}))
stepfunctions.StateMachine(full, "Chat", definition_body=stepfunctions.DefinitionBody.from_chainable(ask))

CfnOutput(full, "ModelArn", value=model.model_arn)
CfnOutput(full, "ModelName", value=model.imported_model_name)
CfnOutput(full, "FilesDigest", value=model.files_digest)
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

# What excludes other properties, a property without a value, and models that exist.
ImportedModel(
    small,
    "Named",
    source=ModelSource.from_s3_uri("s3://amzn-s3-demo-bucket/mistral/", bucket_account="111122223333"),
    imported_model_name="mistral",
    job_name_prefix=None,
    role=iam.Role(small, "ImportRole", assumed_by=iam.ServicePrincipal("bedrock.amazonaws.com")),
    encryption=ModelEncryption.aws_owned_key(),
    replacement_strategy=ReplacementStrategy.DELETE_FIRST,
)
ImportedModel.from_imported_model_attributes(
    small,
    "Encrypted",
    imported_model_arn="arn:aws:bedrock:us-east-1:111122223333:imported-model/mnopqrstuvwx",
    encryption_key=kms.Key(small, "Key"),
).grant_invoke(reader)
ImportedModelLookup(small, "Lookup", imported_model_name="llama-8b").grant_invoke(reader)

# Batch inference with every property, on both engines.
batch = Stack(app, "Batch")
data = s3.Bucket(batch, "Data", encryption=s3.BucketEncryption.KMS)
batch_vpc = ec2.Vpc(
    batch,
    "Vpc",
    max_azs=2,
    nat_gateways=0,
    subnet_configuration=[ec2.SubnetConfiguration(name="batch", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)],
)
batch_vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
batch_key = kms.Key(batch, "BatchKey", enable_key_rotation=True)

jobs = BatchInference(
    batch,
    "Jobs",
    model=bedrock.FoundationModel.from_foundation_model_id(
        batch, "Nova", bedrock.FoundationModelIdentifier("amazon.nova-lite-v1:0")
    ),
    input=BatchLocation.from_bucket(data, "in/"),
    output=BatchLocation.from_bucket(data, "out/", encryption_key=batch_key, bucket_account="111122223333"),
    engine=BatchEngine.MODEL_INVOCATION_JOB,
    model_invocation_type=ModelInvocationType.INVOKE_MODEL,
    max_concurrency=5,
    max_concurrent_jobs=20,
    retry_rounds=2,
    tolerated_failure_percentage=0.5,
    timeout_duration=Duration.hours(48),
    deadline=Duration.hours(24),
    job_name_prefix="languages",
    job_tags={"purpose": "test", "cost": "4711"},
    role=iam.Role(batch, "JobRole", assumed_by=iam.ServicePrincipal("bedrock.amazonaws.com")),
    vpc=batch_vpc,
    vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
    security_groups=[ec2.SecurityGroup(batch, "BatchNetwork", vpc=batch_vpc, allow_all_outbound=False)],
    log_group=logs.LogGroup(batch, "Log"),
    state_machine_name="languages",
    tracing_enabled=True,
)
Tags.of(jobs).add("app", "languages")

batch_map = BatchInference(
    batch,
    "Map",
    model=ImportedModel.from_imported_model_arn(
        batch, "Llama", "arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl"
    ),
    input=BatchLocation.from_bucket(data, "questions.jsonl"),
    output=BatchLocation.from_bucket(data, "answers/"),
    max_concurrency=1,
    tolerated_failure_count=3,
)

fragment = BatchInferenceFragment(
    batch,
    "Fragment",
    model=InferenceProfileModel.from_inference_profile_arn(
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0"
    ),
    input=BatchLocation.from_bucket(data, "in/"),
    output=BatchLocation.from_bucket(data, "profile/"),
    model_invocation_type=ModelInvocationType.CONVERSE,
    options_path="$.batch",
)
nightly = stepfunctions.StateMachine(batch, "Nightly", definition_body=stepfunctions.DefinitionBody.from_chainable(fragment))
fragment.allow_map_runs(nightly)

starter = iam.Role(batch, "Starter", assumed_by=iam.AccountRootPrincipal())
jobs.grant_start(starter)
batch_map.grant_read(starter)
jobs.add_failure_alarm("Alarm")
jobs.on_job_state_change("JobEvents", event_pattern=events.EventPattern(detail={"status": ["Failed"]}))
batch_map.on_execution_status_change("ExecutionEvents")
cloudwatch.Alarm(
    batch, "FailedRecords", metric=batch_map.metric_failed_records(), threshold=10, evaluation_periods=1
)

CfnOutput(batch, "StateMachine", value=jobs.state_machine.state_machine_arn)
CfnOutput(batch, "JobsRole", value=jobs.role.role_arn)
CfnOutput(batch, "JobsHandler", value=jobs.handler.function_name)
CfnOutput(batch, "JobsPrefix", value=jobs.job_name_prefix)
CfnOutput(batch, "JobsEngine", value=jobs.engine.value)
CfnOutput(batch, "MapEngine", value=batch_map.engine.value)
CfnOutput(batch, "MapPrefix", value=batch_map.job_name_prefix)

app.synth()
