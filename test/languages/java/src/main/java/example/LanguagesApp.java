package example;

import io.github.cdkbedrockmodelimport.ImportedModel;
import io.github.cdkbedrockmodelimport.ModelEncryption;
import io.github.cdkbedrockmodelimport.ModelImportProvider;
import io.github.cdkbedrockmodelimport.ModelSource;
import io.github.cdkbedrockmodelimport.ModelSourceOptions;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.Tags;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointOptions;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetSelection;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.iam.AccountRootPrincipal;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketEncryption;
import software.amazon.awscdk.services.stepfunctions.DefinitionBody;
import software.amazon.awscdk.services.stepfunctions.StateMachine;
import software.amazon.awscdk.services.stepfunctions.TaskInput;
import software.amazon.awscdk.services.stepfunctions.tasks.BedrockInvokeModel;

/** The app of ../typescript/app.mts, in Java. */
public final class LanguagesApp {
    private LanguagesApp() {}

    public static void main(final String[] args) {
        final App app = new App(AppProps.builder().outdir(args[0]).build());
        everyProperty(new Stack(app, "Full"));
        requiredProperties(new Stack(app, "Small"));
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
                .provider(provider)
                .build();
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
    }

    private static void output(final Stack stack, final String id, final String value) {
        CfnOutput.Builder.create(stack, id).value(value).build();
    }
}
