// Every property, with the same result in each language. An ES module, which names what it imports.
import { App, CfnOutput, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { FoundationModel, FoundationModelIdentifier } from 'aws-cdk-lib/aws-bedrock';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Port, SecurityGroup, SubnetType, GatewayVpcEndpointAwsService, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountRootPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, StateMachine, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { BedrockInvokeModel } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import {
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
} from 'cdk-bedrock-model-import';

const app = new App({ outdir: process.argv[2] });

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
  formatCheck: ModelFormatCheck.enabled({ acknowledge: ['unsupported-architecture'] }),
  verification: ModelVerification.invoke({ body: { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 8, stop: ['\n'] } }),
  provider,
});
const versions = new ImportedModel(full, 'Versions', {
  source: ModelSource.fromBucket(weights, 'mistral/'),
  formatCheck: ModelFormatCheck.disabled(),
  verification: ModelVerification.invoke({ prompt: 'The capital of France is', expect: 'Paris' }),
  keepPrevious: true,
  provider,
});
new CfnOutput(full, 'VersionsArn', { value: versions.modelArn });
model.connections.allowToAnyIpv4(Port.tcp(443), 'Amazon S3');
Tags.of(model).add('app', 'languages');

const caller = new Role(full, 'Caller', { assumedBy: new AccountRootPrincipal() });
model.grantInvoke(caller);
const ask = new BedrockInvokeModel(full, 'Ask', { model, body: TaskInput.fromObject({ prompt: 'Hello' }) });
new StateMachine(full, 'Chat', { definitionBody: DefinitionBody.fromChainable(ask) });

new CfnOutput(full, 'ModelArn', { value: model.modelArn });
new CfnOutput(full, 'ModelName', { value: model.importedModelName });
new CfnOutput(full, 'FilesDigest', { value: model.filesDigest! });
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

// What excludes other properties, a property without a value, and models that exist.
new ImportedModel(small, 'Named', {
  source: ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/mistral/', { bucketAccount: '111122223333' }),
  importedModelName: 'mistral',
  jobNamePrefix: undefined,
  role: new Role(small, 'ImportRole', { assumedBy: new ServicePrincipal('bedrock.amazonaws.com') }),
  encryption: ModelEncryption.awsOwnedKey(),
  replacementStrategy: ReplacementStrategy.DELETE_FIRST,
});
ImportedModel.fromImportedModelAttributes(small, 'Encrypted', {
  importedModelArn: 'arn:aws:bedrock:us-east-1:111122223333:imported-model/mnopqrstuvwx',
  encryptionKey: new Key(small, 'Key'),
}).grantInvoke(reader);
new ImportedModelLookup(small, 'Lookup', { importedModelName: 'llama-8b' }).grantInvoke(reader);

// Batch inference with every property, on both engines.
const batch = new Stack(app, 'Batch');
const data = new Bucket(batch, 'Data', { encryption: BucketEncryption.KMS });
const batchVpc = new Vpc(batch, 'Vpc', {
  maxAzs: 2,
  natGateways: 0,
  subnetConfiguration: [{ name: 'batch', subnetType: SubnetType.PRIVATE_ISOLATED }],
});
batchVpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
const batchKey = new Key(batch, 'BatchKey', { enableKeyRotation: true });

const jobs = new BatchInference(batch, 'Jobs', {
  model: FoundationModel.fromFoundationModelId(batch, 'Nova', new FoundationModelIdentifier('amazon.nova-lite-v1:0')),
  input: BatchLocation.fromBucket(data, 'in/'),
  output: BatchLocation.fromBucket(data, 'out/', { encryptionKey: batchKey, bucketAccount: '111122223333' }),
  engine: BatchEngine.MODEL_INVOCATION_JOB,
  modelInvocationType: ModelInvocationType.INVOKE_MODEL,
  maxConcurrency: 5,
  maxConcurrentJobs: 20,
  retryRounds: 2,
  toleratedFailurePercentage: 0.5,
  timeoutDuration: Duration.hours(48),
  deadline: Duration.hours(24),
  jobNamePrefix: 'languages',
  jobTags: { purpose: 'test', cost: '4711' },
  role: new Role(batch, 'JobRole', { assumedBy: new ServicePrincipal('bedrock.amazonaws.com') }),
  vpc: batchVpc,
  vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
  securityGroups: [new SecurityGroup(batch, 'BatchNetwork', { vpc: batchVpc, allowAllOutbound: false })],
  logGroup: new LogGroup(batch, 'Log'),
  stateMachineName: 'languages',
  tracingEnabled: true,
});
Tags.of(jobs).add('app', 'languages');

const map = new BatchInference(batch, 'Map', {
  model: ImportedModel.fromImportedModelArn(batch, 'Llama', 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl'),
  input: BatchLocation.fromBucket(data, 'questions.jsonl'),
  output: BatchLocation.fromBucket(data, 'answers/'),
  maxConcurrency: 1,
  toleratedFailureCount: 3,
});

const fragment = new BatchInferenceFragment(batch, 'Fragment', {
  model: InferenceProfileModel.fromInferenceProfileArn('arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0'),
  input: BatchLocation.fromBucket(data, 'in/'),
  output: BatchLocation.fromBucket(data, 'profile/'),
  modelInvocationType: ModelInvocationType.CONVERSE,
  optionsPath: '$.batch',
});
const nightly = new StateMachine(batch, 'Nightly', { definitionBody: DefinitionBody.fromChainable(fragment) });
fragment.allowMapRuns(nightly);

const starter = new Role(batch, 'Starter', { assumedBy: new AccountRootPrincipal() });
jobs.grantStart(starter);
map.grantRead(starter);
jobs.addFailureAlarm('Alarm');
jobs.onJobStateChange('JobEvents', { eventPattern: { detail: { status: ['Failed'] } } });
map.onExecutionStatusChange('ExecutionEvents');
new Alarm(batch, 'FailedRecords', { metric: map.metricFailedRecords(), threshold: 10, evaluationPeriods: 1 });

new CfnOutput(batch, 'StateMachine', { value: jobs.stateMachine.stateMachineArn });
new CfnOutput(batch, 'JobsRole', { value: jobs.role!.roleArn });
new CfnOutput(batch, 'JobsHandler', { value: jobs.handler.functionName });
new CfnOutput(batch, 'JobsPrefix', { value: jobs.jobNamePrefix });
new CfnOutput(batch, 'JobsEngine', { value: jobs.engine });
new CfnOutput(batch, 'MapEngine', { value: map.engine });
new CfnOutput(batch, 'MapPrefix', { value: map.jobNamePrefix });

app.synth();
