package com.example.chat;

import io.github.cdkbedrockmodelimport.ImportedModel;
import io.github.cdkbedrockmodelimport.ModelEncryption;
import io.github.cdkbedrockmodelimport.ModelInvocationOptions;
import io.github.cdkbedrockmodelimport.ModelSource;
import io.github.cdkbedrockmodelimport.ModelSourceOptions;
import io.github.cdkbedrockmodelimport.ModelVerification;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpoint;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointOptions;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.iam.AnyPrincipal;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.IBucket;
import software.constructs.Construct;

/** Imports the model and publishes its ARN in a parameter for other stacks. */
public final class ModelsStack extends Stack {
    private final Key modelKey;

    /** The location of the weights. A new version at the same prefix starts a new import. */
    public record Weights(String bucket, String prefix, String version) {}

    public ModelsStack(
            final Construct scope,
            final String id,
            final StackProps props,
            final Weights weights,
            final String parameterName) {
        super(scope, id, props);
        final IBucket bucket = Bucket.fromBucketName(this, "Weights", weights.bucket());
        modelKey = Key.Builder.create(this, "ModelKey").enableKeyRotation(true).build();

        final ImportedModel model = ImportedModel.Builder.create(this, "Llama")
                .source(ModelSource.fromBucket(
                        bucket,
                        weights.prefix(),
                        ModelSourceOptions.builder().version(weights.version()).build()))
                .encryption(ModelEncryption.customerManaged(modelKey))
                .vpc(addNetwork(bucket, weights.prefix()))
                .importedModelTags(Map.of("weights", weights.version()))
                .verification(ModelVerification.invoke(ModelInvocationOptions.builder()
                        .prompt("The capital of France is")
                        .expect("Paris")
                        .build()))
                .keepPrevious(true) // the other stack invokes the previous model until it is deployed, too
                .build();
        model.publishArn(parameterName);

        CfnOutput.Builder.create(this, "ModelArn").value(model.getModelArn()).build();
        CfnOutput.Builder.create(this, "ModelName").value(model.getImportedModelName()).build();
    }

    public Key getModelKey() {
        return modelKey;
    }

    /** A VPC whose only way out is Amazon S3, and there the weights. */
    private Vpc addNetwork(final IBucket weights, final String prefix) {
        final Vpc vpc = Vpc.Builder.create(this, "Vpc")
                .natGateways(0)
                .subnetConfiguration(List.of(SubnetConfiguration.builder()
                        .name("isolated")
                        .subnetType(SubnetType.PRIVATE_ISOLATED)
                        .build()))
                .build();
        final GatewayVpcEndpoint endpoint = vpc.addGatewayEndpoint(
                "S3",
                GatewayVpcEndpointOptions.builder()
                        .service(GatewayVpcEndpointAwsService.S3)
                        .build());
        endpoint.addToPolicy(PolicyStatement.Builder.create()
                .principals(List.of(new AnyPrincipal()))
                .actions(List.of("s3:GetObject", "s3:ListBucket"))
                .resources(List.of(weights.getBucketArn(), weights.arnForObjects(prefix + "*")))
                .build());
        return vpc;
    }
}
