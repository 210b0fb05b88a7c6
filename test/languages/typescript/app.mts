import { App, CfnOutput, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Port, SecurityGroup, SubnetType, GatewayVpcEndpointAwsService, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, StateMachine, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { BedrockInvokeModel } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { ImportedModel, ModelEncryption, ModelImportProvider, ModelSource } from 'cdk-bedrock-model-import';

const app = new App({ outdir: process.argv[2] });

// Every property.
const full = new Stack(app, 'Full');

const weights = new Bucket(full, 'Weights', { encryption: BucketEncryption.KMS });
const modelKey = new Key(full, 'ModelKey', { enableKeyRotation: true });
const vpc = new Vpc(full, 'Vpc', {
  maxAzs: 2,
  natGateways: 0,
  subnetConfiguration: [{ name: 'import', subnetType: SubnetType.PRIVATE_ISOLATED }],
});
vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
const provider = new ModelImportProvider(full, 'ModelImport', { queryInterval: Duration.minutes(1) });

const model = new ImportedModel(full, 'Llama', {
  source: ModelSource.fromBucket(weights, 'llama/', { version: '2' }),
  jobNamePrefix: 'languages',
  encryption: ModelEncryption.customerManaged(modelKey),
  vpc,
  vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
  securityGroups: [new SecurityGroup(full, 'ImportNetwork', { vpc, allowAllOutbound: false })],
  importedModelTags: { team: 'platform', owner: 'jane', stage: 'test' },
  jobTags: { purpose: 'test', cost: '4711' },
  removalPolicy: RemovalPolicy.RETAIN,
  importTimeout: Duration.minutes(30),
  provider,
});
model.connections.allowToAnyIpv4(Port.tcp(443), 'Amazon S3');
Tags.of(model).add('app', 'languages');

const caller = new Role(full, 'Caller', { assumedBy: new AccountRootPrincipal() });
model.grantInvoke(caller);
const ask = new BedrockInvokeModel(full, 'Ask', { model, body: TaskInput.fromObject({ prompt: 'Hello' }) });
new StateMachine(full, 'Chat', { definitionBody: DefinitionBody.fromChainable(ask) });

new CfnOutput(full, 'ModelArn', { value: model.modelArn });
new CfnOutput(full, 'ModelName', { value: model.importedModelName });
new CfnOutput(full, 'JobArn', { value: model.jobArn });
new CfnOutput(full, 'JobName', { value: model.jobName });
new CfnOutput(full, 'Architecture', { value: model.modelArchitecture });
new CfnOutput(full, 'InstructSupported', { value: model.instructSupported });
new CfnOutput(full, 'UnitsPerCopy', { value: model.customModelUnitsPerModelCopy });
new CfnOutput(full, 'UnitsVersion', { value: model.customModelUnitsVersion });
new CfnOutput(full, 'ServiceRole', { value: model.role.roleArn });
new CfnOutput(full, 'ProviderRole', { value: model.provider.role.roleArn });

// The required properties only, and a model from another stack.
const small = new Stack(app, 'Small');
const reader = new Role(small, 'Reader', { assumedBy: new AccountRootPrincipal() });
new ImportedModel(small, 'Llama', { source: ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/llama/') }).grantInvoke(reader);
ImportedModel.fromImportedModelArn(small, 'Elsewhere', 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl').grantInvoke(reader);

app.synth();
