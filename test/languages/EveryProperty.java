package com.example.chat;

import io.github.cdkbedrockmodelimport.BatchEngine;
import io.github.cdkbedrockmodelimport.BatchInference;
import io.github.cdkbedrockmodelimport.BatchInferenceFragment;
import io.github.cdkbedrockmodelimport.BatchLocation;
import io.github.cdkbedrockmodelimport.BatchLocationOptions;
import io.github.cdkbedrockmodelimport.ImportedModel;
import io.github.cdkbedrockmodelimport.ImportedModelAttributes;
import io.github.cdkbedrockmodelimport.ImportedModelLookup;
import io.github.cdkbedrockmodelimport.InferenceProfileModel;
import io.github.cdkbedrockmodelimport.ModelEncryption;
import io.github.cdkbedrockmodelimport.ModelFormatCheck;
import io.github.cdkbedrockmodelimport.ModelFormatCheckOptions;
import io.github.cdkbedrockmodelimport.ModelImportProvider;
import io.github.cdkbedrockmodelimport.ModelInvocationOptions;
import io.github.cdkbedrockmodelimport.ModelInvocationType;
import io.github.cdkbedrockmodelimport.ModelSource;
import io.github.cdkbedrockmodelimport.ModelSourceOptions;
import io.github.cdkbedrockmodelimport.ModelVerification;
import io.github.cdkbedrockmodelimport.ReplacementStrategy;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.Tags;
import software.amazon.awscdk.services.bedrock.FoundationModel;
import software.amazon.awscdk.services.bedrock.FoundationModelIdentifier;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointOptions;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetSelection;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.events.EventPattern;
import software.amazon.awscdk.services.events.OnEventOptions;
import software.amazon.awscdk.services.iam.AccountRootPrincipal;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketEncryption;
import software.amazon.awscdk.services.stepfunctions.DefinitionBody;
import software.amazon.awscdk.services.stepfunctions.StateMachine;
import software.amazon.awscdk.services.stepfunctions.TaskInput;
import software.amazon.awscdk.services.stepfunctions.tasks.BedrockInvokeModel;

/** The app of every-property.mts, in Java. */
public final class EveryProperty {
    private EveryProperty() {}

    public static void main(final String[] args) {
        final App app = new App(AppProps.builder().outdir(args[0]).build());
        everyProperty(new Stack(app, "Full"));
        requiredProperties(new Stack(app, "Small"));
        batchInference(new Stack(app, "Batch"));
        app.synth();
    }

    private static void everyProperty(final Stack full) {
        final Bucket weights = Bucket.Builder.create(full, "Weights").encryption(BucketEncryption.KMS).build();
        final Key modelKey = Key.Builder.create(full, "ModelKey").enableKeyRotation(true).build();
        final Vpc vpc = Vpc.Builder.create(full, "Vpc")
                .maxAzs(2)
                .natGateways(0)
                .subnetConfiguration(List.of(SubnetConfiguration.builder()
                        .name("import")
                        .subnetType(SubnetType.PRIVATE_ISOLATED)
                        .build()))
                .build();
        vpc.addGatewayEndpoint("S3", GatewayVpcEndpointOptions.builder()
                .service(GatewayVpcEndpointAwsService.S3)
                .build());
        final ModelImportProvider provider = ModelImportProvider.Builder.create(full, "ModelImport")
                .queryInterval(Duration.minutes(1))
                .build();

        final ImportedModel model = ImportedModel.Builder.create(full, "Llama")
                .source(ModelSource.fromBucket(weights, "llama/", ModelSourceOptions.builder().version("2").build()))
                .jobNamePrefix("languages")
                .encryption(ModelEncryption.customerManaged(modelKey))
                .vpc(vpc)
                .vpcSubnets(SubnetSelection.builder().subnetType(SubnetType.PRIVATE_ISOLATED).build())
                .securityGroups(List.of(
                        SecurityGroup.Builder.create(full, "ImportNetwork").vpc(vpc).allowAllOutbound(false).build()))
                // Map.of() has another order in each run.
                .importedModelTags(Map.of("team", "platform", "owner", "jane", "stage", "test"))
                .jobTags(Map.of("purpose", "test", "cost", "4711"))
                .removalPolicy(RemovalPolicy.RETAIN)
                .importTimeout(Duration.minutes(30))
                .formatCheck(ModelFormatCheck.enabled(ModelFormatCheckOptions.builder()
                        .acknowledge(List.of("unsupported-architecture"))
                        .build()))
                .verification(ModelVerification.invoke(ModelInvocationOptions.builder()
                        .body(Map.of(
                                "messages", List.of(Map.of("role", "user", "content", "Hello")),
                                "max_tokens", 8,
                                "stop", List.of("\n")))
                        .build()))
                .provider(provider)
                .build();
        final ImportedModel versions = ImportedModel.Builder.create(full, "Versions")
                .source(ModelSource.fromBucket(weights, "mistral/"))
                .formatCheck(ModelFormatCheck.disabled())
                .verification(ModelVerification.invoke(ModelInvocationOptions.builder()
                        .prompt("The capital of France is")
                        .expect("Paris")
                        .build()))
                .keepPrevious(true)
                .provider(provider)
                .build();
        output(full, "VersionsArn", versions.getModelArn());
        model.getConnections().allowToAnyIpv4(Port.tcp(443), "Amazon S3");
        Tags.of(model).add("app", "languages");

        final Role caller = Role.Builder.create(full, "Caller").assumedBy(new AccountRootPrincipal()).build();
        model.grantInvoke(caller);
        final BedrockInvokeModel ask = BedrockInvokeModel.Builder.create(full, "Ask")
                .model(model)
                .body(TaskInput.fromObject(Map.of("prompt", "Hello")))
                .build();
        StateMachine.Builder.create(full, "Chat").definitionBody(DefinitionBody.fromChainable(ask)).build();

        output(full, "ModelArn", model.getModelArn());
        output(full, "ModelName", model.getImportedModelName());
        output(full, "FilesDigest", model.getFilesDigest());
        output(full, "JobArn", model.getJobArn());
        output(full, "JobName", model.getJobName());
        output(full, "Architecture", model.getModelArchitecture());
        output(full, "InstructSupported", model.getInstructSupported());
        output(full, "UnitsPerCopy", model.getCustomModelUnitsPerModelCopy());
        output(full, "UnitsVersion", model.getCustomModelUnitsVersion());
        output(full, "ServiceRole", model.getRole().getRoleArn());
        output(full, "ProviderRole", model.getProvider().getRole().getRoleArn());
    }

    /** The required properties only, and a model from another stack. */
    private static void requiredProperties(final Stack small) {
        final Role reader = Role.Builder.create(small, "Reader").assumedBy(new AccountRootPrincipal()).build();
        ImportedModel.Builder.create(small, "Llama")
                .source(ModelSource.fromS3Uri("s3://amzn-s3-demo-bucket/llama/"))
                .build()
                .grantInvoke(reader);
        ImportedModel.fromImportedModelArn(
                        small, "Elsewhere", "arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl")
                .grantInvoke(reader);

        // What excludes other properties, a property without a value, and models that exist.
        ImportedModel.Builder.create(small, "Named")
                .source(ModelSource.fromS3Uri(
                        "s3://amzn-s3-demo-bucket/mistral/",
                        ModelSourceOptions.builder().bucketAccount("111122223333").build()))
                .importedModelName("mistral")
                .jobNamePrefix(null)
                .role(Role.Builder.create(small, "ImportRole")
                        .assumedBy(new ServicePrincipal("bedrock.amazonaws.com"))
                        .build())
                .encryption(ModelEncryption.awsOwnedKey())
                .replacementStrategy(ReplacementStrategy.DELETE_FIRST)
                .build();
        ImportedModel.fromImportedModelAttributes(
                        small,
                        "Encrypted",
                        ImportedModelAttributes.builder()
                                .importedModelArn("arn:aws:bedrock:us-east-1:111122223333:imported-model/mnopqrstuvwx")
                                .encryptionKey(new Key(small, "Key"))
                                .build())
                .grantInvoke(reader);
        ImportedModelLookup.Builder.create(small, "Lookup").importedModelName("llama-8b").build().grantInvoke(reader);
    }

    /** Batch inference with every property, on both engines. */
    private static void batchInference(final Stack batch) {
        final Bucket data = Bucket.Builder.create(batch, "Data").encryption(BucketEncryption.KMS).build();
        final Vpc vpc = Vpc.Builder.create(batch, "Vpc")
                .maxAzs(2)
                .natGateways(0)
                .subnetConfiguration(List.of(SubnetConfiguration.builder()
                        .name("batch")
                        .subnetType(SubnetType.PRIVATE_ISOLATED)
                        .build()))
                .build();
        vpc.addGatewayEndpoint("S3", GatewayVpcEndpointOptions.builder()
                .service(GatewayVpcEndpointAwsService.S3)
                .build());
        final Key key = Key.Builder.create(batch, "BatchKey").enableKeyRotation(true).build();

        final BatchInference jobs = BatchInference.Builder.create(batch, "Jobs")
                .model(FoundationModel.fromFoundationModelId(
                        batch, "Nova", new FoundationModelIdentifier("amazon.nova-lite-v1:0")))
                .input(BatchLocation.fromBucket(data, "in/"))
                .output(BatchLocation.fromBucket(data, "out/", BatchLocationOptions.builder()
                        .encryptionKey(key)
                        .bucketAccount("111122223333")
                        .build()))
                .engine(BatchEngine.MODEL_INVOCATION_JOB)
                .modelInvocationType(ModelInvocationType.INVOKE_MODEL)
                .maxConcurrency(5)
                .maxConcurrentJobs(20)
                .retryRounds(2)
                .toleratedFailurePercentage(0.5)
                .timeoutDuration(Duration.hours(48))
                .deadline(Duration.hours(24))
                .jobNamePrefix("languages")
                .jobTags(Map.of("purpose", "test", "cost", "4711"))
                .role(Role.Builder.create(batch, "JobRole")
                        .assumedBy(new ServicePrincipal("bedrock.amazonaws.com"))
                        .build())
                .vpc(vpc)
                .vpcSubnets(SubnetSelection.builder().subnetType(SubnetType.PRIVATE_ISOLATED).build())
                .securityGroups(List.of(
                        SecurityGroup.Builder.create(batch, "BatchNetwork").vpc(vpc).allowAllOutbound(false).build()))
                .logGroup(new LogGroup(batch, "Log"))
                .stateMachineName("languages")
                .tracingEnabled(true)
                .build();
        Tags.of(jobs).add("app", "languages");

        final BatchInference map = BatchInference.Builder.create(batch, "Map")
                .model(ImportedModel.fromImportedModelArn(
                        batch, "Llama", "arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl"))
                .input(BatchLocation.fromBucket(data, "questions.jsonl"))
                .output(BatchLocation.fromBucket(data, "answers/"))
                .maxConcurrency(1)
                .toleratedFailureCount(3)
                .build();

        final BatchInferenceFragment fragment = BatchInferenceFragment.Builder.create(batch, "Fragment")
                .model(InferenceProfileModel.fromInferenceProfileArn(
                        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0"))
                .input(BatchLocation.fromBucket(data, "in/"))
                .output(BatchLocation.fromBucket(data, "profile/"))
                .modelInvocationType(ModelInvocationType.CONVERSE)
                .optionsPath("$.batch")
                .build();
        final StateMachine nightly = StateMachine.Builder.create(batch, "Nightly")
                .definitionBody(DefinitionBody.fromChainable(fragment)).build();
        fragment.allowMapRuns(nightly);

        final Role starter = Role.Builder.create(batch, "Starter").assumedBy(new AccountRootPrincipal()).build();
        jobs.grantStart(starter);
        map.grantRead(starter);
        jobs.addFailureAlarm("Alarm");
        jobs.onJobStateChange("JobEvents", OnEventOptions.builder()
                .eventPattern(EventPattern.builder().detail(Map.of("status", List.of("Failed"))).build())
                .build());
        map.onExecutionStatusChange("ExecutionEvents");
        Alarm.Builder.create(batch, "FailedRecords")
                .metric(map.metricFailedRecords())
                .threshold(10)
                .evaluationPeriods(1)
                .build();

        output(batch, "StateMachine", jobs.getStateMachine().getStateMachineArn());
        output(batch, "JobsRole", jobs.getRole().getRoleArn());
        output(batch, "JobsHandler", jobs.getHandler().getFunctionName());
        output(batch, "JobsPrefix", jobs.getJobNamePrefix());
        output(batch, "JobsEngine", jobs.getEngine().name());
        output(batch, "MapEngine", map.getEngine().name());
        output(batch, "MapPrefix", map.getJobNamePrefix());
    }

    private static void output(final Stack stack, final String id, final String value) {
        CfnOutput.Builder.create(stack, id).value(value).build();
    }
}
