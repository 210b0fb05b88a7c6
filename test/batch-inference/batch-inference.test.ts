import { CfnResource, Duration, Fn, NestedStack, PermissionsBoundary, PhysicalName, PropertyInjectors, RemovalPolicy, Stack, Stage, Tags } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { bucketIn, type Build, definitionIn, foundationModel, importedModel, inferenceProfile, locations, newBatch, PROFILE_ARN, settingsIn, statesIn, statesOf, vpcIn } from './batches';
import { BatchEngine, BatchInference, BatchInferenceFragment, type BatchInferenceFragmentProps, type BatchInferenceProps, BatchLocation, ImportedModel, ModelInvocationType } from '../../src';
import { METRICS } from '../../src/batch-inference/contract';
import { BUSY, FUNCTION_FAULT } from '../../src/batch-inference/patience';
import { ENV, KEY_ARN, newApp, newStack, OTHER_ACCOUNT, REGION, ROLE_ARN, weights } from '../../testing/support/stacks';
import { inTemplate, logicalIdOf, madeBefore, resourceFor, resourceOf, resourcesOf, type Statement, statementsIn, statementsOf } from '../../testing/support/template';

const JOB_STATES = ['Create job', 'Find job', 'Get job', 'Wait for job', 'Is the job running'];
const MAP_STATES = ['Invoke model for each record', 'Invoke model', 'Invoke model by reference'];
const hasAll = (stack: Stack, names: string[]) => names.every(name => name in statesIn(stack));
const hasAny = (stack: Stack, names: string[]) => names.some(name => name in statesIn(stack));

const stackWith = (props: Partial<BatchInferenceProps> | Build<Partial<BatchInferenceProps>>, stack = newStack()) => {
  newBatch(props, stack);
  return stack;
};
const createJobIn = (stack: Stack) => statesIn(stack)['Create job'].Parameters!;

describe('with an imported model', () => {
  const stack = stackWith(s => ({ model: importedModel(s) }));
  const states = statesIn(stack);
  const map = states['Invoke model for each record'] as unknown as { ItemReader: object; ResultWriter: object; ItemProcessor: { ProcessorConfig: object } };

  test('the engine is a distributed map, without job states and service role', () => {
    const batch = newBatch({ model: importedModel(newStack()) });
    expect(batch.engine).toBe(BatchEngine.DISTRIBUTED_MAP);
    expect(batch.role).toBeUndefined();
    expect(hasAny(stack, JOB_STATES)).toBe(false);
    expect(resourcesOf(stack, 'AWS::IAM::Role').map(({ id }) => id)).toEqual([expect.stringMatching(/RecordsRole/), expect.stringMatching(/StateMachineRole/)]);
    expect(settingsIn(stack)).toMatchObject({ engine: 'map', onDemand: true });
  });

  test('each part goes to the map, and then its results are collected until it is finished', () => {
    expect(states['Choose engine']).toMatchObject({ Choices: [{ Variable: '$.part.engine', StringEquals: 'map', Next: 'Invoke model for each record' }], Default: 'Part is finished' });
    expect(states['Invoke model for each record'].Next).toBe('Collect results');
    expect(states['Collect results'].Next).toBe('Choose engine');
    // Only what the manifest needs: the parts of an execution are in its state.
    expect(Object.keys(states['Part is finished'].Parameters!)).toEqual([
      'successRecordCount.$', 'errorRecordCount.$', 'inputTokenCount.$', 'outputTokenCount.$', 'files.$', 'jobs.$', 'mapRuns.$', 'failure.$',
    ]);
  });

  test('the map reads the JSONL file of the part', () => {
    expect(map.ItemReader).toEqual({
      Resource: 'arn:${AWS::Partition}:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSONL' },
      Parameters: { 'Bucket': 'amzn-s3-demo-bucket', 'Key.$': '$.part.inputKey' },
    });
    expect(map.ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
  });

  test('the map writes one line for each record to the folder of the part', () => {
    expect(map.ResultWriter).toEqual({
      Resource: 'arn:${AWS::Partition}:states:::s3:putObject',
      Parameters: { 'Bucket': 'amzn-s3-demo-bucket', 'Prefix.$': '$.part.outputPrefix' },
      WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' },
    });
  });

  test('the map has the concurrency of the execution, tolerates no failure, and hands over where it has written', () => {
    expect(map).toMatchObject({
      MaxConcurrencyPath: '$.run.maxConcurrency',
      ResultSelector: { 'engine': 'map', 'manifestKey.$': '$.ResultWriterDetails.Key' },
      ResultPath: '$.ending',
    });
    expect(Object.keys(map).filter(name => name.startsWith('Tolerated'))).toEqual([]);
  });

  // https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html
  test('a record is invoked with its body, or by reference if it is large', () => {
    const request = { ModelId: 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl', ContentType: 'application/json', Accept: 'application/json' };
    expect(states['Is the record large']).toMatchObject({ Choices: [{ Variable: '$.modelInputUri', IsPresent: true, Next: 'Invoke model by reference' }], Default: 'Invoke model' });
    expect(states['Invoke model']).toMatchObject({
      Resource: 'arn:${AWS::Partition}:states:::bedrock:invokeModel', Parameters: { ...request, 'Body.$': '$.modelInput' }, ResultSelector: { 'modelOutput.$': '$.Body' }, ResultPath: '$.result',
    });
    expect(states['Invoke model by reference']).toMatchObject({
      Resource: 'arn:${AWS::Partition}:states:::bedrock:invokeModel',
      Parameters: { ...request, Input: { 'S3Uri.$': '$.modelInputUri' }, Output: { 'S3Uri.$': '$.modelOutputUri' } },
      ResultPath: null,
    });
  });

  // A record that Bedrock refuses has an error. What keeps all records from an answer ends the map run, which can be redriven.
  test.each(['Invoke model', 'Invoke model by reference'])('%s: only errors of the record are its error', (name) => {
    const caught = states[name].Catch!;
    expect(caught).toHaveLength(1);
    expect(caught[0]).toMatchObject({ Next: 'Record has failed', ResultPath: '$.error' });
    expect([...caught[0].ErrorEquals].sort()).toEqual([
      ...['Bedrock', 'BedrockRuntime'].flatMap(service => ['ModelErrorException', 'ModelTimeoutException', 'ValidationException'].map(error => `${service}.${error}`)),
      'States.DataLimitExceeded', 'States.Timeout',
    ]);
  });

  test.each(['Invoke model', 'Invoke model by reference'])('%s: waits for a model that is not loaded, and repeats what was throttled', (name) => {
    const attempts = (error: string) => states[name].Retry!.find(({ ErrorEquals }) => ErrorEquals.includes(error))?.MaxAttempts;
    expect(['ModelNotReadyException', 'ThrottlingException', 'ServiceUnavailableException', 'ModelErrorException', 'AccessDeniedException', 'ValidationException']
      .map(error => attempts(`Bedrock.${error}`))).toEqual([30, 300, 300, 3, 20, undefined]);
  });

  // https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cx-api/FEATURE_FLAGS.md
  test.each([undefined, true, false])('CDK\'s feature flag for the format of results does not matter: %s', (flag) => {
    const context = flag === undefined ? {} : { '@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2': flag };
    const flagged = stackWith(s => ({ model: importedModel(s) }), new Stack(newApp(context), 'Stack'));
    expect(definitionIn(flagged)).toEqual(definitionIn(stack));
    // It is the app's: other state machines follow it.
    expect(flagged.node.tryGetContext('@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2')).toBe(flag);
  });

  test('the model of this stack exists before the state machine', () => {
    const own = newStack();
    const model = new ImportedModel(own, 'Llama', { source: weights() });
    const batch = newBatch({ model }, own);
    expect(batch.engine).toBe(BatchEngine.DISTRIBUTED_MAP);
    expect(madeBefore(own, resourceFor(batch.stateMachine))).toContain(logicalIdOf(model));
  });
});

describe.each<[string, Build<bedrock.IModel>, string]>([
  ['a foundation model', foundationModel, 'arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/amazon.nova-lite-v1:0'],
  ['an inference profile', inferenceProfile, PROFILE_ARN],
  ['a token as the ARN of the model', () => ({ modelArn: Fn.importValue('ModelArn') }), '${import ModelArn}'],
])('with %s', (_, model, arn) => {
  const stack = newStack();
  const batch = newBatch({ model: model(stack) }, stack);
  const states = statesIn(stack);

  test('the engine are jobs, and the map for the rest', () => {
    expect(batch.engine).toBe(BatchEngine.MODEL_INVOCATION_JOB);
    expect(batch.role).toBeDefined();
    expect(hasAll(stack, [...JOB_STATES, ...MAP_STATES])).toBe(true);
    expect(states['Choose engine'].Choices).toEqual([
      { Variable: '$.part.engine', StringEquals: 'job', Next: 'Create job' },
      { Variable: '$.part.engine', StringEquals: 'map', Next: 'Invoke model for each record' },
    ]);
    expect(settingsIn(stack)).toMatchObject({ engine: 'job', onDemand: true, modelId: arn });
  });

  test('with a deadline, a part that starts after it starts no job, as if its job had been stopped', () => {
    const isJob = { Variable: '$.part.engine', StringEquals: 'job' };
    const late = statesIn(stackWith(s => ({ model: model(s), deadline: Duration.hours(30) })));
    expect(late['Choose engine']).toMatchObject({
      Choices: [
        { And: [isJob, { Variable: '$$.State.EnteredTime', TimestampGreaterThanEqualsPath: '$.run.deadline' }], Next: 'Too late for a job' },
        { ...isJob, Next: 'Create job' },
        { Variable: '$.part.engine', StringEquals: 'map', Next: 'Invoke model for each record' },
      ],
      Default: 'Part is finished',
    });
    expect(late['Too late for a job']).toMatchObject({
      Parameters: { engine: 'job', jobArn: '', state: { Status: 'Stopped' }, stopped: true }, ResultPath: '$.ending', Next: 'Collect results',
    });
  });

  test('with bodies of Converse there is no map', () => {
    const converse = stackWith(s => ({ model: model(s), modelInvocationType: ModelInvocationType.CONVERSE }));
    expect(hasAll(converse, JOB_STATES)).toBe(true);
    expect(hasAny(converse, MAP_STATES)).toBe(false);
    expect(settingsIn(converse)).toMatchObject({ engine: 'job', onDemand: false });
  });

  test('the engine can be the map', () => {
    const mapped = stackWith(s => ({ model: model(s), engine: BatchEngine.DISTRIBUTED_MAP }));
    expect(hasAny(mapped, JOB_STATES)).toBe(false);
    expect(statesIn(mapped)['Invoke model'].Parameters).toMatchObject({ ModelId: arn });
  });

  test('a job has the model', () => {
    expect(createJobIn(stack)).toMatchObject({ ModelId: arn });
  });
});

describe('a job', () => {
  const OTHER_KEY = KEY_ARN.replace('12345678', '87654321');

  test('has only what it needs by default', () => {
    const stack = newStack();
    const batch = newBatch({}, stack);
    expect(createJobIn(stack)).toEqual({
      'JobName.$': '$.part.jobName',
      'ClientRequestToken.$': '$.part.jobName',
      'RoleArn': inTemplate(stack, batch.role!.roleArn),
      'ModelId': expect.stringContaining('foundation-model/'),
      'InputDataConfig': { S3InputDataConfig: { 'S3InputFormat': 'JSONL', 'S3Uri.$': expect.stringMatching(/^States\.Format\('s3:\/\/\{\}\/\{\}', '.+', \$\.part\.inputKey\)$/), 'S3BucketOwner': '${AWS::AccountId}' } },
      'OutputDataConfig': { S3OutputDataConfig: { 'S3Uri.$': '$.part.outputUri', 'S3BucketOwner': '${AWS::AccountId}' } },
      'TimeoutDurationInHours.$': '$.run.timeoutDurationInHours',
      'Tags': [],
    });
  });

  test('has every field of CreateModelInvocationJob', () => {
    const stack = newStack();
    const batch = newBatch({
      output: BatchLocation.fromBucket(bucketIn(stack, 'Out'), 'out/', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', OTHER_KEY), bucketAccount: OTHER_ACCOUNT }),
      modelInvocationType: ModelInvocationType.CONVERSE,
      timeoutDuration: Duration.hours(48),
      role: iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN),
      vpc: vpcIn(stack),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-00000001')],
      jobTags: { team: 'research' },
    }, stack);

    expect(createJobIn(stack)).toMatchObject({
      'JobName.$': '$.part.jobName',
      'RoleArn': ROLE_ARN,
      'ModelInvocationType': 'Converse',
      'InputDataConfig': { S3InputDataConfig: { 'S3InputFormat': 'JSONL', 'S3Uri.$': expect.stringMatching(/^States\.Format\('s3:\/\/\{\}\/\{\}', '.+', \$\.part\.inputKey\)$/), 'S3BucketOwner': OTHER_ACCOUNT } },
      'OutputDataConfig': { S3OutputDataConfig: { 'S3Uri.$': '$.part.outputUri', 'S3EncryptionKeyId': OTHER_KEY, 'S3BucketOwner': OTHER_ACCOUNT } },
      'VpcConfig': { SubnetIds: ['subnet-00000001', 'subnet-00000002'], SecurityGroupIds: ['sg-00000001'] },
      'TimeoutDurationInHours.$': '$.run.timeoutDurationInHours',
      'Tags': [{ Key: 'team', Value: 'research' }],
    });
    expect(settingsIn(stack)).toMatchObject({ timeoutDurationInHours: 48, outputKeyId: OTHER_KEY, output: { bucketOwner: OTHER_ACCOUNT } });
    expect(batch.role!.roleArn).toBe(ROLE_ARN);
  });

  // The service deduplicates by the token. If the response of a call is lost, the next call has both again.
  test('has the same name and token in each attempt', () => {
    const { 'JobName.$': name, 'ClientRequestToken.$': token } = createJobIn(stackWith({})) as { [name: string]: string };
    expect(token).toBe(name);
    expect(name).toBe('$.part.jobName');
  });

  test('is adopted if its name is in use and its output is that of the part', () => {
    const states = statesIn(stackWith({}));
    const found = '$.found.InvocationJobSummaries[0]';
    expect(states['Create job'].Catch).toEqual([{ ErrorEquals: ['Bedrock.ConflictException', 'BedrockRuntime.ConflictException'], ResultPath: '$.conflict', Next: 'Wait for list' }]);
    // A list may not have yet what a call before it has created.
    expect(states['Wait for list']).toMatchObject({ Type: 'Wait', Seconds: 60, Next: 'Find job' });
    expect(states['Find job'].Parameters).toEqual({ 'NameContains.$': '$.part.jobName' });
    expect(states['Is it the job of this part']).toMatchObject({
      Choices: [{
        And: [
          { Variable: `${found}.JobArn`, IsPresent: true },
          { Variable: `${found}.OutputDataConfig.S3OutputDataConfig.S3Uri`, StringEqualsPath: '$.part.outputUri' },
        ],
        Next: 'Job was found',
      }],
      Default: 'Job name is in use',
    });
    expect(states['Job was found']).toMatchObject({ Parameters: { 'JobArn.$': `${found}.JobArn` }, ResultPath: '$.job', Next: 'Start polling' });
    expect(states['Job name is in use']).toMatchObject({ Type: 'Fail', ErrorPath: '$.conflict.Error', CausePath: '$.conflict.Cause' });
  });

  test('is created again for days if the quota is exhausted, and for minutes if the role is new', () => {
    const attempts = (error: string) => statesIn(stackWith({}))['Create job'].Retry!.find(({ ErrorEquals }) => ErrorEquals.includes(error))?.MaxAttempts;
    expect(['ServiceQuotaExceededException', 'ThrottlingException', 'ValidationException', 'ConflictException'].map(error => attempts(`Bedrock.${error}`))).toEqual([300, 20, 20, undefined]);
  });

  // A job that does not exist does not appear later.
  test.each(['Get job', 'Find job', 'Stop job'])('%s is tried again if it was throttled, and not if it is invalid', (name) => {
    const retries = statesIn(stackWith({ deadline: Duration.hours(30) }))[name].Retry!;
    const attempts = (error: string) => retries.find(({ ErrorEquals }) => ErrorEquals.includes(error))?.MaxAttempts;
    expect(['ThrottlingException', 'AccessDeniedException', 'ValidationException', 'ServiceQuotaExceededException'].map(error => attempts(`Bedrock.${error}`)))
      .toEqual([20, 20, undefined, undefined]);
  });

  test('leaves its ARN, status and message for the function', () => {
    const states = statesIn(stackWith({}));
    expect(states['Get job']).toMatchObject({ Parameters: { 'JobIdentifier.$': '$.job.JobArn' }, ResultPath: '$.job.State' });
    // A job that has not failed has no message: a path to it would be an error.
    expect(states['Get job']).not.toHaveProperty('ResultSelector');
    expect(states['Job has ended']).toMatchObject({
      Parameters: { 'engine': 'job', 'jobArn.$': '$.job.JobArn', 'state.$': '$.job.State', 'stopped.$': '$.poll.stopped' },
      ResultPath: '$.ending',
      Next: 'Collect results',
    });
  });

  test('can run in a VPC, with a security group of its own for the function as well', () => {
    const stack = stackWith(s => ({ vpc: vpcIn(s) }));
    const group = resourceOf(stack, 'AWS::EC2::SecurityGroup');
    const network = { SubnetIds: ['subnet-00000001', 'subnet-00000002'], SecurityGroupIds: [`\${${group.id}.GroupId}`] };
    expect(group.Properties.SecurityGroupEgress).toEqual([expect.objectContaining({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })]);
    expect(createJobIn(stack).VpcConfig).toEqual(network);
    expect(resourceOf(stack, 'AWS::Lambda::Function').Properties.VpcConfig).toEqual(network);
  });

  test('starts after the routes of its VPC to Amazon S3', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'jobs', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    const endpoint = vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    const batch = newBatch({ vpc }, stack);
    expect(madeBefore(stack, resourceFor(batch.handler))).toContain(logicalIdOf(endpoint));
  });

  describe('has tags', () => {
    const tagsOf = (stack: Stack) => createJobIn(stack).Tags;

    test.each([['app', (batch: BatchInference) => batch.node.root], ['stack', (batch: BatchInference) => Stack.of(batch)], ['batch', (batch: BatchInference) => batch]])(
      'of the %s', (_, scopeOf) => {
        const stack = newStack();
        Tags.of(scopeOf(newBatch({}, stack))).add('team', 'platform');
        expect(tagsOf(stack)).toEqual([{ Key: 'team', Value: 'platform' }]);
      });

    test('of the property, which override those of Tags.of(), in the order of their keys', () => {
      const stack = newStack();
      Tags.of(newBatch({ jobTags: { team: 'research', city: 'Berlin' } }, stack)).add('team', 'platform', { priority: 1000 });
      Tags.of(stack).add('stage', 'prod');
      expect(tagsOf(stack)).toEqual([{ Key: 'city', Value: 'Berlin' }, { Key: 'stage', Value: 'prod' }, { Key: 'team', Value: 'research' }]);
    });

    test('that can be included and excluded by a resource type', () => {
      const stack = newStack();
      newBatch({}, stack);
      Tags.of(stack).add('only', 'jobs', { includeResourceTypes: ['AWS::Bedrock::ModelInvocationJob'] });
      Tags.of(stack).add('no', 'jobs', { excludeResourceTypes: ['AWS::Bedrock::ModelInvocationJob'] });
      expect(tagsOf(stack)).toEqual([{ Key: 'only', Value: 'jobs' }]);
      expect(resourceOf(stack, 'AWS::StepFunctions::StateMachine').Properties.Tags).toEqual([{ Key: 'no', Value: 'jobs' }]);
    });
  });
});

describe('the settings of the function', () => {
  const bucketOfOther = (stack: Stack) => s3.Bucket.fromBucketAttributes(stack, 'In', { bucketName: 'theirs', account: OTHER_ACCOUNT });

  test('have defaults', () => {
    const stack = newStack();
    const batch = newBatch({}, stack);
    expect(settingsIn(stack)).toEqual({
      modelId: expect.any(String),
      engine: 'job',
      onDemand: true,
      jobNamePrefix: batch.jobNamePrefix,
      input: { bucket: 'amzn-s3-demo-bucket', key: 'in/', bucketOwner: '${AWS::AccountId}' },
      output: { bucket: 'amzn-s3-demo-bucket', key: 'out/', bucketOwner: '${AWS::AccountId}' },
      maxConcurrency: 2,
      maxConcurrentJobs: 10,
      retryRounds: 1,
      timeoutDurationInHours: 72,
    });
  });

  test.each<[string, Build<BatchLocation>, string]>([
    ['the account of the stack', stack => BatchLocation.fromBucket(bucketIn(stack, 'In'), 'in/'), ENV.account],
    ['the account of the bucket', stack => BatchLocation.fromBucket(bucketOfOther(stack), 'in/'), OTHER_ACCOUNT],
    ['the given account', stack => BatchLocation.fromBucket(bucketIn(stack, 'In'), 'in/', { bucketAccount: OTHER_ACCOUNT }), OTHER_ACCOUNT],
  ])('have %s as the owner of a bucket', (_, input, bucketOwner) => {
    const settings = settingsIn(stackWith(stack => ({ input: input(stack) }), newStack({ env: ENV })));
    expect(settings).toMatchObject({ input: { bucketOwner }, output: { bucketOwner: ENV.account } });
  });

  test('have the properties', () => {
    const numbers = { maxConcurrency: 20, maxConcurrentJobs: 3, retryRounds: 0, toleratedFailureCount: 0 };
    expect(settingsIn(stackWith({ ...numbers, timeoutDuration: Duration.days(7), deadline: Duration.hours(30), jobNamePrefix: 'nightly' }))).toMatchObject({
      ...numbers, timeoutDurationInHours: 168, deadlineMinutes: 1800, jobNamePrefix: 'nightly',
    });
    expect(settingsIn(stackWith({ toleratedFailurePercentage: 2.5 }))).toMatchObject({ toleratedFailurePercentage: 2.5 });
  });

  test.each([['in', 'in/'], ['in/', 'in/'], ['', ''], ['in/records.jsonl', 'in/records.jsonl']])('have the input %j as %j', (prefix, key) => {
    const stack = newStack();
    newBatch({ input: BatchLocation.fromBucket(bucketIn(stack, 'In'), prefix), output: BatchLocation.fromBucket(s3.Bucket.fromBucketName(stack, 'Out', 'answers'), '') }, stack);
    expect(settingsIn(stack)).toMatchObject({ input: { key }, output: { bucket: 'answers', key: '' } });
  });

  test('allow one object only, if the input is one', () => {
    const stack = newStack();
    const batch = newBatch({ input: BatchLocation.fromBucket(bucketIn(stack, 'In'), 'in/records.jsonl') }, stack);
    expect(statementsOf(batch.handler.role!).slice(0, 2)).toMatchObject([
      { resources: ['arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket/in/records.jsonl'] }, { conditions: { StringLike: { 's3:prefix': ['in/records.jsonl'] } } },
    ]);
  });

  test('have the encryption key of the bucket, or the given one', () => {
    const stack = newStack();
    const [own, given] = ['Own', 'Given'].map(id => new kms.Key(stack, id));
    const data = new s3.Bucket(stack, 'Data', { encryptionKey: own });
    const one = newBatch(locations(data), stack, 'One');
    const two = newBatch({ input: BatchLocation.fromBucket(data, 'in/'), output: BatchLocation.fromBucket(data, 'out/', { encryptionKey: given }) }, stack, 'Two');
    const keyOf = (batch: BatchInference) => /"S3EncryptionKeyId":"(.*?)"/.exec(resourceFor(batch.stateMachine).Properties.DefinitionString as string)?.[1];
    expect([one, two].map(keyOf)).toEqual([own, given].map(key => inTemplate(stack, key.keyArn)));
  });
});

describe('the state machine', () => {
  test('logs errors, and no data of executions, because records may be confidential', () => {
    const stack = newStack();
    newBatch({}, stack);
    expect(resourceOf(stack, 'AWS::StepFunctions::StateMachine').Properties.LoggingConfiguration).toEqual({
      Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: `\${${resourceOf(stack, 'AWS::Logs::LogGroup').id}.Arn}` } }], IncludeExecutionData: false, Level: 'ERROR',
    });
  });

  test('can have a name and traces', () => {
    const { Properties } = resourceOf(stackWith({ stateMachineName: 'nightly', tracingEnabled: true }), 'AWS::StepFunctions::StateMachine');
    expect(Properties).toMatchObject({ StateMachineName: 'nightly', TracingConfiguration: { Enabled: true } });
  });

  test('gives the options of an execution to the function, which checks them first', () => {
    const states = statesIn(stackWith({}));
    expect(definitionIn(stackWith({})).StartAt).toBe('Prepare records');
    expect(states['Prepare records'].Parameters).toMatchObject({
      Payload: {
        'action': 'prepare', 'executionArn.$': '$$.Execution.Id', 'executionName.$': '$$.Execution.Name', 'startTime.$': '$$.Execution.StartTime', 'options.$': '$',
      },
    });
    expect(states['For each part']).toMatchObject({
      ItemsPath: '$.parts', ItemSelector: { 'run.$': '$.run', 'part.$': '$$.Map.Item.Value' }, MaxConcurrencyPath: '$.run.maxConcurrentParts', ResultPath: '$.parts', Next: 'Write manifest',
    });
  });

  test('fails with the message of the function if the input is invalid, without another attempt', () => {
    const states = statesIn(stackWith({}));
    expect(states['Is the input valid']).toMatchObject({ Choices: [{ Variable: '$.error', IsPresent: true, Next: 'Input is invalid' }], Default: 'For each part' });
    expect(states['Input is invalid']).toMatchObject({ Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' });
  });

  test.each(['Prepare records', 'Collect results', 'Write manifest'])('%s: waits for Lambda if it is busy, and tries a function that fails again', (name) => {
    const { Retry = [] } = statesIn(stackWith({}))[name];
    expect(Retry.map(({ ErrorEquals, MaxAttempts }) => [ErrorEquals, MaxAttempts])).toEqual([
      [['Lambda.TooManyRequestsException', 'Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException'], BUSY.attempts],
      [['States.ALL'], FUNCTION_FAULT.attempts],
    ]);
    expect(BUSY.attempts).toBeGreaterThan(FUNCTION_FAULT.attempts);
  });

  test('ends with the result, or fails as the function says', () => {
    const states = statesIn(stackWith({}));
    expect(states['Write manifest'].Parameters).toMatchObject({ Payload: { 'action': 'finish', 'run.$': '$.run', 'parts.$': '$.parts' } });
    expect(states['Has it succeeded']).toMatchObject({ Choices: [{ Variable: '$.succeeded', BooleanEquals: true, Next: 'Results' }], Default: 'Batch has failed' });
    expect(states.Results).toMatchObject({ OutputPath: '$.result', End: true });
    expect(states['Batch has failed']).toMatchObject({ Type: 'Fail', ErrorPath: '$.error', CausePath: '$.cause' });
  });

  test('is the default child, for escape hatches, and the function is a property', () => {
    const batch = newBatch();
    expect(batch.node.defaultChild).toBeInstanceOf(sfn.CfnStateMachine);
    expect(batch.node.defaultChild).toBe(batch.stateMachine.node.defaultChild);
    expect(batch.handler).toBeInstanceOf(lambda.Function);
    expect(resourceFor(batch).Type).toBe('AWS::StepFunctions::StateMachine');
  });
});

describe('the log group', () => {
  test('is deleted with the stack and after a month', () => {
    expect(resourceOf(stackWith({}), 'AWS::Logs::LogGroup')).toMatchObject({ DeletionPolicy: 'Delete', Properties: { RetentionInDays: 30 } });
  });

  test('can be another one', () => {
    const stack = newStack();
    const own = new logs.LogGroup(stack, 'Own', { removalPolicy: RemovalPolicy.RETAIN });
    newBatch({ logGroup: own }, stack);
    const { id, DeletionPolicy } = resourceOf(stack, 'AWS::Logs::LogGroup');
    expect(DeletionPolicy).toBe('Retain');
    expect(resourceOf(stack, 'AWS::Lambda::Function').Properties.LoggingConfig).toEqual({ LogGroup: `\${${id}}` });
    expect(JSON.stringify(resourceOf(stack, 'AWS::StepFunctions::StateMachine').Properties.LoggingConfiguration)).toContain(id);
  });
});

describe('grants', () => {
  const caller = (stack: Stack) => new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'), roleName: PhysicalName.GENERATE_IF_NEEDED });

  test('to start executions', () => {
    const stack = newStack();
    const batch = newBatch({}, stack);
    const role = caller(stack);
    expect(batch.grantStart(role).success).toBe(true);
    expect(statementsOf(role)).toEqual([{ effect: 'Allow', actions: ['states:StartExecution'], resources: [`\${${logicalIdOf(batch.stateMachine)}}`] }]);
  });

  test('to read the results only', () => {
    const stack = newStack();
    const role = caller(stack);
    newBatch({}, stack).grantRead(role);
    expect(statementsOf(role)).toEqual([
      { effect: 'Allow', actions: ['s3:GetObject'], resources: ['arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket/out/*'] },
      { effect: 'Allow', actions: ['s3:ListBucket'], resources: ['arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket'], conditions: { StringLike: { 's3:prefix': ['out', 'out/*'] } } },
    ]);
  });

  test('to read the results with their key, before later resources', () => {
    const stack = newStack();
    const key = new kms.Key(stack, 'Key');
    const role = caller(stack);
    const later = new CfnResource(stack, 'Later', { type: 'Test::Later' });
    newBatch(locations(new s3.Bucket(stack, 'Own', { encryptionKey: key })), stack).grantRead(role).applyBefore(later);
    expect(statementsOf(role)[2]).toEqual({ effect: 'Allow', actions: ['kms:Decrypt'], resources: [inTemplate(stack, key.keyArn)] });
    expect(resourceFor(later).DependsOn).toEqual([expect.stringMatching(/^CallerDefaultPolicy/)]);
  });

  test('to a role of another account are in the policies of bucket and key, with the same limits', () => {
    const app = newApp();
    const stack = new Stack(app, 'Stack', { env: ENV });
    const role = caller(new Stack(app, 'Other', { env: { account: OTHER_ACCOUNT, region: REGION } }));
    const data = new s3.Bucket(stack, 'Own', { bucketName: PhysicalName.GENERATE_IF_NEEDED, encryptionKey: new kms.Key(stack, 'Key') });
    newBatch(locations(data), stack).grantRead(role);

    const principal = { AWS: expect.stringMatching(new RegExp(`:iam::${OTHER_ACCOUNT}:role/`)) };
    expect(statementsIn(resourceOf(stack, 'AWS::S3::BucketPolicy').Properties.PolicyDocument)).toEqual([
      { effect: 'Allow', actions: ['s3:GetObject'], resources: [`\${${logicalIdOf(data)}.Arn}/out/*`], principal },
      { effect: 'Allow', actions: ['s3:ListBucket'], resources: [`\${${logicalIdOf(data)}.Arn}`], principal, conditions: { StringLike: { 's3:prefix': ['out', 'out/*'] } } },
    ]);
    expect(statementsIn(resourceOf(stack, 'AWS::KMS::Key').Properties.KeyPolicy)).toContainEqual(expect.objectContaining({ actions: ['kms:Decrypt'], principal }));
  });
});

describe('a bucket of another account', () => {
  function batchOf(withKey: boolean) {
    const app = newApp();
    const other = new Stack(app, 'Other', { env: { account: OTHER_ACCOUNT, region: REGION } });
    const encryptionKey = withKey ? new kms.Key(other, 'Key') : undefined;
    const [input, output] = [encryptionKey, undefined].map((key, n) => new s3.Bucket(other, `Data${n}`, { bucketName: PhysicalName.GENERATE_IF_NEEDED, encryptionKey: key }));
    const stack = new Stack(app, 'Stack', { env: ENV });
    return { other, stack, batch: newBatch({ input: BatchLocation.fromBucket(input, 'in/'), output: BatchLocation.fromBucket(output, 'out/') }, stack) };
  }

  test('allows all three roles what they need, before they exist', () => {
    const { other, stack } = batchOf(true);
    const policies = resourcesOf(other, 'AWS::S3::BucketPolicy').map(({ Properties }) => statementsIn(Properties.PolicyDocument));
    const roles = resourcesOf(stack, 'AWS::IAM::Role').map(({ Properties }) => `arn:\${AWS::Partition}:iam::111122223333:role/${Properties.RoleName as string}`);
    const roleIn = ({ conditions }: Statement) => (conditions as { ArnEquals: { 'aws:PrincipalArn': string } }).ArnEquals['aws:PrincipalArn'];
    const rolesIn = (statements: Statement[]) => [...new Set(statements.map(roleIn))];

    expect(roles).toHaveLength(3);
    expect(rolesIn(policies[0])).toEqual([roles[0]]);
    expect(rolesIn(policies[1]).sort()).toEqual([...roles].sort());
    expect(policies[0].map(({ actions }) => actions)).toEqual([['s3:GetObject'], ['s3:ListBucket']]);
    expect(statementsIn(resourceOf(other, 'AWS::KMS::Key').Properties.KeyPolicy)).toContainEqual(expect.objectContaining({
      actions: ['kms:Decrypt'], conditions: { ArnEquals: { 'aws:PrincipalArn': roles[0] } },
    }));
    expect(other.dependencies).toEqual([]);
  });

  test('is the bucket owner of jobs, and the resource account of their role', () => {
    const { stack, batch } = batchOf(false);
    expect(createJobIn(stack)).toMatchObject({
      InputDataConfig: { S3InputDataConfig: { S3BucketOwner: OTHER_ACCOUNT } },
      OutputDataConfig: { S3OutputDataConfig: { S3BucketOwner: OTHER_ACCOUNT } },
    });
    expect(settingsIn(stack)).toMatchObject({ input: { bucketOwner: OTHER_ACCOUNT }, output: { bucketOwner: OTHER_ACCOUNT } });
    expect(statementsOf(batch.role!)[0].conditions).toEqual({ StringEquals: { 'aws:ResourceAccount': OTHER_ACCOUNT } });
  });

  test('has a key whose id is unknown: the function may decrypt with the keys of that account that allow it', () => {
    const { batch } = batchOf(true);
    expect(statementsOf(batch.handler.role!)).toContainEqual({
      effect: 'Allow', actions: ['kms:Decrypt'], resources: [`arn:\${AWS::Partition}:kms:${REGION}:${OTHER_ACCOUNT}:key/*`],
    });
  });

  test('that is not defined in the app gets statements from the location', () => {
    const stack = newStack({ env: ENV });
    const location = BatchLocation.fromBucket(bucketIn(stack), 'out');
    const role = iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN);
    const json = (write?: boolean) =>
      location.bucketPolicyStatements(role, write).map(statement => statement.toStatementJson() as { Action: unknown });
    expect(json().map(({ Action }) => Action)).toEqual(['s3:GetObject', 's3:ListBucket']);
    expect(json(true).map(({ Action }) => Action)).toEqual([['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], 's3:ListBucket']);
    expect(inTemplate(stack, json()[0])).toMatchObject({ Resource: 'arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket/out/*', Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE_ARN } } });
  });
});

describe('metrics', () => {
  const stack = newStack();
  const batch = newBatch({}, stack);

  test.each([['metricSucceededRecords', 'SucceededRecords'], ['metricFailedRecords', 'FailedRecords']] as const)('%s are those that the function writes', (method, metricName) => {
    expect(batch[method]()).toMatchObject({ namespace: 'CdkBedrockModelImport', metricName, statistic: 'Sum', dimensions: { BatchInference: batch.jobNamePrefix } });
    expect(batch[method]({ period: Duration.hours(1), label: 'records' })).toMatchObject({ period: Duration.hours(1), label: 'records' });
    expect(Object.values(METRICS)).toContain(metricName);
  });

  test('failed executions count each way to fail, also if it occurs alone', () => {
    const metric = batch.metricFailedExecutions({ period: Duration.hours(1) }) as cloudwatch.MathExpression;
    expect(metric.expression).toBe('SUM([FILL(failed, 0), FILL(aborted, 0), FILL(timedOut, 0)])');
    const used = Object.entries(metric.usingMetrics as { [id: string]: cloudwatch.Metric });
    expect(used.map(([id, { metricName, statistic, period }]) => [id, metricName, statistic, period.toSeconds()])).toEqual([
      ['failed', 'ExecutionsFailed', 'Sum', 3600], ['aborted', 'ExecutionsAborted', 'Sum', 3600], ['timedOut', 'ExecutionsTimedOut', 'Sum', 3600],
    ]);
  });

  test('the alarm is for one failed execution, and not for none', () => {
    const alarmed = newStack();
    newBatch({}, alarmed).addFailureAlarm('Failures');
    expect(resourceOf(alarmed, 'AWS::CloudWatch::Alarm').Properties).toMatchObject({
      Threshold: 1, EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'notBreaching',
    });
    expect((resourceOf(alarmed, 'AWS::CloudWatch::Alarm').Properties.Metrics as { MetricStat?: { Metric: { MetricName: string }; Period: number } }[]).flatMap(({ MetricStat }) => MetricStat ? [[MetricStat.Metric.MetricName, MetricStat.Period]] : [])).toEqual([
      ['ExecutionsFailed', 300], ['ExecutionsAborted', 300], ['ExecutionsTimedOut', 300],
    ]);
  });

  test('the alarm can have other properties', () => {
    const alarmed = newStack();
    newBatch({}, alarmed).addFailureAlarm('Failures', { threshold: 3, evaluationPeriods: 2, alarmName: 'batch' });
    expect(resourceOf(alarmed, 'AWS::CloudWatch::Alarm').Properties).toMatchObject({ Threshold: 3, EvaluationPeriods: 2, AlarmName: 'batch', TreatMissingData: 'notBreaching' });
  });
});

describe('event rules', () => {
  const target = { bind: () => ({ arn: 'arn:aws:sqs:us-east-1:111122223333:queue' }) };
  const ruleOf = (add: (batch: BatchInference) => unknown, props: Partial<BatchInferenceProps> = {}) => {
    const stack = newStack();
    const batch = newBatch(props, stack);
    add(batch);
    return { batch, ...resourceOf(stack, 'AWS::Events::Rule').Properties } as { batch: BatchInference; EventPattern: unknown; Targets?: unknown; Name?: string; Description?: string };
  };

  // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
  test('are for executions of this state machine', () => {
    const { batch, EventPattern } = ruleOf(one => one.onExecutionStatusChange('Rule'));
    expect(EventPattern).toEqual({
      'source': ['aws.states'], 'detail-type': ['Step Functions Execution Status Change'], 'detail': { stateMachineArn: [`\${${logicalIdOf(batch.stateMachine)}}`] },
    });
  });

  // https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-eventbridge.html
  test('are for jobs of this batch', () => {
    const { EventPattern } = ruleOf(one => one.onJobStateChange('Rule'), { jobNamePrefix: 'nightly' });
    expect(EventPattern).toEqual({ 'source': ['aws.bedrock'], 'detail-type': ['Batch Inference Job State Change'], 'detail': { batchJobName: [{ prefix: 'nightly-' }] } });
  });

  test('can be limited further, and have a target, a name and a description', () => {
    const options = { target, ruleName: 'failures', description: 'Failures', eventPattern: { detail: { status: ['FAILED', 'TIMED_OUT'] } } };
    const { batch, EventPattern, Targets, Name, Description } = ruleOf(one => one.onExecutionStatusChange('Rule', options));
    expect(EventPattern).toMatchObject({ source: ['aws.states'], detail: { stateMachineArn: [`\${${logicalIdOf(batch.stateMachine)}}`], status: ['FAILED', 'TIMED_OUT'] } });
    expect([Targets, Name, Description]).toEqual([[{ Id: 'Target0', Arn: 'arn:aws:sqs:us-east-1:111122223333:queue' }], 'failures', 'Failures']);
    expect(ruleOf(one => one.onJobStateChange('Rule', { eventPattern: { detail: { status: ['Failed'] } } }), { jobNamePrefix: 'a' }).EventPattern)
      .toMatchObject({ detail: { batchJobName: [{ prefix: 'a-' }], status: ['Failed'] } });
  });

  test('can be limited by other members of an event', () => {
    const limits = { account: ['111122223333'], region: ['us-east-1'], resources: ['arn:aws:states:us-east-1:111122223333:execution:Nightly:monday'] };
    const { EventPattern } = ruleOf(one => one.onExecutionStatusChange('Rule', { eventPattern: limits }));
    expect(EventPattern).toMatchObject({ 'source': ['aws.states'], 'detail-type': ['Step Functions Execution Status Change'], ...limits });
  });

  // EventBridge matches any of the values, so a merged list would match the events of others.
  test('cannot be widened to the events of others', () => {
    const wide = {
      source: ['aws.s3'], detailType: ['Object Created'], detail: { stateMachineArn: [{ prefix: '' }], batchJobName: [{ prefix: '' }], status: ['Failed'] },
    };
    const { batch, EventPattern } = ruleOf(one => one.onExecutionStatusChange('Rule', { eventPattern: wide }));
    expect(EventPattern).toEqual({
      'source': ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      'detail': { ...wide.detail, stateMachineArn: [`\${${logicalIdOf(batch.stateMachine)}}`] },
    });
    expect(ruleOf(one => one.onJobStateChange('Rule', { eventPattern: wide }), { jobNamePrefix: 'nightly' }).EventPattern).toEqual({
      'source': ['aws.bedrock'], 'detail-type': ['Batch Inference Job State Change'], 'detail': { ...wide.detail, batchJobName: [{ prefix: 'nightly-' }] },
    });
  });

  test('can be in the stack of their target', () => {
    const app = newApp();
    const [stack, consumer] = ['Batch', 'Consumer'].map(id => new Stack(app, id));
    const rule = newBatch({ jobNamePrefix: 'nightly' }, stack).onJobStateChange('Rule', { crossStackScope: consumer, target });
    expect(Stack.of(rule)).toBe(consumer);
    expect(resourcesOf(stack, 'AWS::Events::Rule')).toEqual([]);
    expect(resourceOf(consumer, 'AWS::Events::Rule').Properties).toMatchObject({ EventPattern: { detail: { batchJobName: [{ prefix: 'nightly-' }] } }, Targets: [{ Id: 'Target0' }] });
  });
});

describe('the prefix of job names', () => {
  test('is unique in an account: it has the stage, the stack and the path', () => {
    const app = newApp();
    const stacks = [new Stack(app, 'One'), new Stack(app, 'Two'), new Stack(new Stage(app, 'Dev'), 'One'), new Stack(new Stage(app, 'Prod'), 'One')];
    const prefixes = stacks.flatMap(stack => ['A', 'B'].map(id => newBatch({}, stack, id).jobNamePrefix));
    expect(new Set(prefixes).size).toBe(8);
    prefixes.forEach(prefix => expect(prefix).toMatch(/^[a-zA-Z0-9]{1,39}$/));
  });

  test('is short for a long path', () => {
    expect(newBatch({}, newStack(), 'Answers of all customers -- für alle, with a name that is far too long for a job').jobNamePrefix).toMatch(/^[a-zA-Z0-9]{1,39}$/);
  });

  // Frozen by the first release: names of jobs, metrics and rules depend on it.
  test('is frozen', () => {
    expect(newBatch().jobNamePrefix).toBe('StackAnswersWorkflow4202244C');
  });
});

describe('a fragment', () => {
  const fragmentIn = (stack: Stack, id = 'Answers', props: Partial<BatchInferenceFragmentProps> = {}) =>
    new BatchInferenceFragment(stack, id, { model: importedModel(new Stack(stack, `${id}Model`)), ...locations(bucketIn(stack, `${id}Data`)), ...props });
  const machineOf = (stack: Stack, start: sfn.IChainable, ...fragments: BatchInferenceFragment[]) => {
    const machine = new sfn.StateMachine(stack, 'Nightly', { definitionBody: sfn.DefinitionBody.fromChainable(start) });
    fragments.forEach(fragment => fragment.allowMapRuns(machine));
    return machine;
  };
  const machineOfOne = (stack: Stack, fragment: BatchInferenceFragment) => machineOf(stack, fragment, fragment);
  const optionsIn = (stack: Stack, name: string) => (statesIn(stack)[name].Parameters as { Payload: { [name: string]: unknown } }).Payload;

  test('is a part of another state machine, which gets its permissions', () => {
    const stack = newStack();
    const fragment = fragmentIn(stack);
    const machine = machineOf(stack, new sfn.Pass(stack, 'Before').next(fragment).next(new sfn.Pass(stack, 'After')), fragment);
    const definition = definitionIn(stack);

    expect(definition.StartAt).toBe('Before');
    expect(definition.States.Before.Next).toBe('Answers: Prepare records');
    expect(definition.States['Answers: Results'].Next).toBe('After');
    expect(statementsOf(machine.role).flatMap(({ actions }) => actions)).toEqual(expect.arrayContaining(['lambda:InvokeFunction', 's3:ListMultipartUploadParts', 'bedrock:InvokeModel', 'states:StartExecution']));
  });

  // Otherwise, a map run could not be redriven or stopped, and the policies of other accounts would not know the role.
  test('must be told its state machine', () => {
    const stack = newStack();
    const fragment = fragmentIn(stack);
    const machine = machineOf(stack, fragment);
    const message = 'allowMapRuns() must be called with the state machine that this fragment is part of.';
    expect(() => resourceOf(stack, 'AWS::StepFunctions::StateMachine')).toThrow(`[Stack/Answers] ${message}`);

    fragment.allowMapRuns(machine);
    const executions = (path: string) => `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:execution:\${${logicalIdOf(machine)}.Name}${path}`;
    const [policy] = resourcesOf(stack, 'AWS::IAM::Policy').filter(({ id }) => id.includes('MapRuns'));
    expect(statementsIn(policy.Properties.PolicyDocument).flatMap(({ resources }) => resources)).toEqual(expect.arrayContaining([executions(':*'), executions('/*')]));
  });

  test('has no options by default, and those at a path', () => {
    const [none, path] = [newStack(), newStack()];
    machineOfOne(none, fragmentIn(none));
    machineOfOne(path, fragmentIn(path, 'Answers', { optionsPath: '$.batch' }));
    expect(optionsIn(none, 'Answers: Prepare records')).toMatchObject({ options: {} });
    expect(optionsIn(path, 'Answers: Prepare records')).toMatchObject({ 'options.$': '$.batch' });
  });

  test('has names of states with its id, another prefix, or none', () => {
    const namesWith = (statePrefix?: string) => {
      const stack = newStack();
      machineOfOne(stack, fragmentIn(stack, 'Answers', { statePrefix }));
      return Object.keys(statesIn(stack));
    };
    const names = namesWith('');
    expect(names).toContain('Invoke model');
    expect(namesWith().sort()).toEqual(names.map(name => `Answers: ${name}`).sort());
    expect(namesWith('A-').sort()).toEqual(names.map(name => `A-${name}`).sort());
  });

  // Step Functions accepts 80 characters.
  test('has names of at most 80 characters with the longest prefix', () => {
    const stack = newStack();
    machineOfOne(stack, fragmentIn(stack, 'Answers', { statePrefix: 'A'.repeat(50) }));
    expect(Object.keys(statesIn(stack)).filter(name => name.length > 80)).toEqual([]);
  });

  test('can be twice in a state machine, and have any names in a user\'s states', () => {
    const stack = newStack();
    const user = new sfn.Pass(stack, 'Invoke model');
    const [one, two] = ['One', 'Two'].map(id => fragmentIn(stack, id));
    machineOf(stack, user.next(one).next(two), one, two);
    const definition = definitionIn(stack);
    expect(definition.States['One: Results'].Next).toBe('Two: Prepare records');
    expect(Object.keys(statesOf(definition)).filter(name => name.endsWith('Invoke model'))).toEqual(expect.arrayContaining(['Invoke model', 'One: Invoke model', 'Two: Invoke model']));
  });

  test('can have another prefix of prefixStates(), in addition', () => {
    const stack = newStack();
    const fragment = fragmentIn(stack, 'Answers', { statePrefix: '' });
    machineOf(stack, fragment.prefixStates('Batch '), fragment);
    const definition = definitionIn(stack);
    expect(Object.keys(definition.States)).toEqual(expect.arrayContaining(['Batch Prepare records', 'Batch Results']));
    expect(definition.StartAt).toBe('Batch Prepare records');
  });

  test('has the properties of a batch', () => {
    const stack = newStack();
    const fragment = fragmentIn(stack, 'Answers', { model: foundationModel(stack), jobNamePrefix: 'nightly' });
    machineOfOne(stack, fragment);
    Tags.of(fragment).add('team', 'platform');
    expect(fragment).toMatchObject({ engine: BatchEngine.MODEL_INVOCATION_JOB, jobNamePrefix: 'nightly' });
    expect(resourceFor(fragment.logGroup).Type).toBe('AWS::Logs::LogGroup');
    expect(fragment.endStates).toHaveLength(1);
    expect(statesIn(stack)['Answers: Create job'].Parameters).toMatchObject({ RoleArn: inTemplate(stack, fragment.role!.roleArn), Tags: [{ Key: 'team', Value: 'platform' }] });
  });
});

describe('scopes', () => {
  test('a nested stack', () => {
    const parent = newStack();
    const nested = new NestedStack(parent, 'Nested');
    const batch = newBatch({}, nested);
    batch.grantStart(new iam.Role(parent, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
    expect(resourcesOf(nested, 'AWS::StepFunctions::StateMachine')).toHaveLength(1);
    expect(resourcesOf(parent, 'AWS::StepFunctions::StateMachine')).toEqual([]);
  });

  test('each stage, with the same logical ids', () => {
    const app = newApp();
    const [dev, prod] = ['Dev', 'Prod'].map(id => stackWith({}, new Stack(new Stage(app, id), 'Batch')));
    expect(resourcesOf(prod).map(({ id }) => id)).toEqual(resourcesOf(dev).map(({ id }) => id));
  });

  test('a bucket and a model of other stacks', () => {
    const app = newApp();
    const [data, models, stack] = ['Data', 'Models', 'Batch'].map(id => new Stack(app, id));
    const bucket = new s3.Bucket(data, 'Bucket', { encryptionKey: new kms.Key(data, 'Key') });
    newBatch({ ...locations(bucket), model: new ImportedModel(models, 'Llama', { source: weights() }) }, stack);
    app.synth();
    expect(stack.dependencies.map(({ node }) => node.id).sort()).toEqual(['Data', 'Models']);
    expect([...data.dependencies, ...models.dependencies]).toEqual([]);
  });

  test('no account, Region and partition are needed', () => {
    const text = JSON.stringify(resourcesOf(stackWith(stack => ({ ...locations(new s3.Bucket(stack, 'Own')) }))).map(({ Properties }) => Properties));
    expect(text.match(/arn:aws[:-]|us-east-1|111122223333/g)).toBeNull();
    expect(text).toContain('arn:${AWS::Partition}:states:::aws-sdk:bedrock:createModelInvocationJob');
  });

  test('a stack of China has ARNs of its partition', () => {
    const stack = stackWith({}, new Stack(newApp(), 'Stack', { env: { account: '111122223333', region: 'cn-north-1' } }));
    expect(JSON.stringify(resourcesOf(stack)).match(/arn:aws:/g)).toBeNull();
  });

  test('a permissions boundary is on every role', () => {
    const stage = new Stage(newApp(), 'Prod', { permissionsBoundary: PermissionsBoundary.fromName('developers') });
    const roles = resourcesOf(stackWith({}, new Stack(stage, 'Batch')), 'AWS::IAM::Role');
    expect(roles).toHaveLength(3);
    roles.forEach(role => expect(role.Properties.PermissionsBoundary).toMatch(/policy\/developers$/));
  });

  test('property injectors set defaults', () => {
    const app = newApp();
    const inject = (props: object) => ({ retryRounds: 3, ...props });
    PropertyInjectors.of(app).add({ constructUniqueId: BatchInference.PROPERTY_INJECTION_ID, inject });
    expect(BatchInference.PROPERTY_INJECTION_ID).toBe('cdk-bedrock-model-import.BatchInference');
    expect(settingsIn(stackWith({}, new Stack(app, 'Stack')))).toMatchObject({ retryRounds: 3 });
  });

  test('logical ids are frozen, because they are part of deployed stacks', () => {
    expect(resourcesOf(stackWith({})).map(({ id }) => id)).toEqual([
      'AnswersWorkflowLogGroup3ABBD8F1', 'AnswersWorkflowRecordsRoleB76E8818', 'AnswersWorkflowRecordsRolePolicy57515507', 'AnswersWorkflowRecords0DE3C57D',
      'AnswersWorkflowServiceRoleBD5DDB3B', 'AnswersWorkflowServiceRolePolicyA88D4356', 'AnswersWorkflowMapRunsPolicy5C3C7F30', 'AnswersStateMachineRoleD3E9DF11',
      'AnswersStateMachineRoleDefaultPolicyD47CA3A7', 'AnswersStateMachineBFD8285E', 'AnswersStateMachineDistributedMapPolicy84910679',
    ]);
  });
});
