import { CfnParameter, Duration, Fn, Lazy, PhysicalName, Stack, Tags, Token } from 'aws-cdk-lib';
import * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { bucketIn, type Build, foundationModel, importedModel, locations, newBatch, settingsIn, statesIn, vpcIn } from './batches';
import { BatchEngine, BatchInferenceFragment, type BatchInferenceProps, BatchLocation, type BatchLocationOptions, ImportedModel, InferenceProfileModel, ModelInvocationType } from '../../src';
import { ENV, KEY_ARN, MODEL_ARN, newApp, newStack, OTHER_ACCOUNT, REGION, ROLE_ARN, weights } from '../../testing/support/stacks';
import { resourceOf } from '../../testing/support/template';

/** The message of an error, without the path of the construct. */
function messageOf(build: () => unknown, path = 'Stack/Answers/Workflow'): string {
  try {
    build();
  } catch (error) {
    const { message } = error as Error;
    if (!message.endsWith(` [${path}]`)) throw new Error(`Not at ${path}: ${message}`, { cause: error });
    return message.slice(0, -` [${path}]`.length);
  }
  return 'no message';
}

type Props = Partial<BatchInferenceProps>;
const refusal = (props: Props | Build<Props>) => messageOf(() => newBatch(props, newStack({ env: ENV })));
/** The message for a location of the bucket amzn-s3-demo-bucket. */
const place = (stack: Stack, prefix: string, options?: BatchLocationOptions) => BatchLocation.fromBucket(bucketIn(stack, `Bucket${prefix}`), prefix, options);

const IMPORTED: Build<Props> = stack => ({ model: importedModel(stack) });
const asMap = { engine: BatchEngine.DISTRIBUTED_MAP };

describe('the model', () => {
  const rule = 'engine: "MODEL_INVOCATION_JOB" must be DISTRIBUTED_MAP for an imported model, because Bedrock accepts none in batch inference jobs. Remove the property.';

  test.each<[string, Build<bedrock.IModel>]>([
    ['of this stack', stack => new ImportedModel(stack, 'Llama', { source: weights() })],
    ['of another stack', importedModel],
    ['with a token as its ARN', stack => ImportedModel.fromImportedModelArn(stack, 'Llama', Fn.importValue('ModelArn'))],
    ['with an ARN of another class', () => ({ modelArn: MODEL_ARN })],
  ])('is refused if it is an imported one %s and the engine is that of jobs', (_, modelIn) => {
    expect(refusal(stack => ({ model: modelIn(stack), engine: BatchEngine.MODEL_INVOCATION_JOB }))).toBe(rule);
  });

  test.each([
    ['provisioned-model', (stack: Stack) => bedrock.ProvisionedModel.fromProvisionedModelArn(stack, 'Model', 'arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl')],
    ['custom-model-deployment', () => ({ modelArn: 'arn:aws:bedrock:us-east-1:111122223333:custom-model-deployment/abcdefghijkl' })],
  ] as const)('is refused if it is a %s, which jobs do not accept, and accepted with the map', (type, modelIn) => {
    expect(refusal(stack => ({ model: modelIn(stack) }))).toBe(
      `model: "arn:aws:bedrock:us-east-1:111122223333:${type}/abcdefghijkl" must be a model that Bedrock accepts in batch inference jobs, and not of the type `
      + `${type}. Set engine to BatchEngine.DISTRIBUTED_MAP, which invokes the model for each record.`);
    expect(refusal(stack => ({ ...asMap, model: modelIn(stack) }))).toBe('no message');
  });

  test.each<[string, Build<bedrock.IModel>]>([
    ['an imported model', stack => ImportedModel.fromImportedModelArn(stack, 'Llama', MODEL_ARN.replace(REGION, 'us-west-2'))],
    ['a model of another class', () => ({ modelArn: 'arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0' })],
  ])('is refused if it is %s of another Region', (_, modelIn) => {
    expect(refusal(stack => ({ model: modelIn(stack) }))).toMatch(
      /^model: "arn:aws:bedrock:us-west-2:.*" must be in the Region of the stack, us-east-1, because an execution calls Bedrock there\. Define the batch in a stack of the Region of the model\.$/);
  });

  test.each([
    ['an application inference profile', 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl'],
    ['a name without a model', 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/mine'],
    ['no ARN', 'us.amazon.nova-lite-v1:0'],
  ])('is refused if the models behind %s are unknown', (_, arn) => {
    expect(() => InferenceProfileModel.fromInferenceProfileArn(arn)).toThrow(new Error(
      `foundationModelArns: undefined must be set for a profile whose name does not say its model. Pass the ARNs of the models of ${arn}, as GetInferenceProfile returns them.`));
    expect(InferenceProfileModel.fromInferenceProfileArn(arn, ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0']).modelArn).toBe(arn);
  });

  test('is refused if it is an inference profile with a token as its name', () => {
    expect(() => InferenceProfileModel.fromInferenceProfileArn(Fn.importValue('ProfileArn'))).toThrow(/^foundationModelArns: undefined must be set/);
  });
});

describe('a custom model', () => {
  const CUSTOM_ARN = 'arn:aws:bedrock:us-east-1:111122223333:custom-model/amazon.nova-lite-v1:0:300k/abcdefghijkl';
  const custom = { model: { modelArn: CUSTOM_ARN } };

  test('is accepted by jobs', () => {
    expect(refusal(custom)).toBe('no message');
  });

  test('is refused with the map, because InvokeModel takes its deployment only', () => {
    expect(refusal({ ...asMap, ...custom })).toBe(
      `model: "${CUSTOM_ARN}" must be a model that InvokeModel takes, and not a custom model. `
      + 'Pass the deployment of the custom model, or set engine to BatchEngine.MODEL_INVOCATION_JOB.');
  });

  test('is refused with a deadline, after which the records go to InvokeModel', () => {
    expect(refusal({ ...custom, deadline: Duration.hours(30) })).toBe(
      'deadline: "Duration.hours(30)" must be used with a model that InvokeModel takes, and not with a custom model, because the remaining records go to InvokeModel. '
      + 'Remove the property.');
  });

  test('is not known if its ARN is a token', () => {
    const token: Props = { model: { modelArn: Fn.importValue('CustomModel') } };
    expect(refusal({ ...asMap, ...token })).toBe('no message');
    expect(refusal({ ...token, deadline: Duration.hours(30) })).toBe('no message');
  });
});

describe('Converse', () => {
  test('is refused with the map, also by default', () => {
    const message = 'modelInvocationType: "Converse" must be used with BatchEngine.MODEL_INVOCATION_JOB, because the engine DISTRIBUTED_MAP starts no batch inference jobs. '
      + 'Remove the property, or choose that engine.';
    expect(refusal({ ...asMap, modelInvocationType: ModelInvocationType.CONVERSE })).toBe(message);
    expect(refusal(stack => ({ ...IMPORTED(stack), modelInvocationType: ModelInvocationType.CONVERSE }))).toBe(message);
  });

  test('is refused with a deadline', () => {
    expect(refusal({ deadline: Duration.hours(30), modelInvocationType: ModelInvocationType.CONVERSE })).toBe(
      'deadline: "Duration.hours(30)" must be used with ModelInvocationType.INVOKE_MODEL, because the remaining records go to InvokeModel. '
      + 'Remove deadline, or write the records as bodies of InvokeModel.');
  });
});

describe('with the map, a property of jobs is refused:', () => {
  test.each<[string, Build<Props>, string]>([
    ['maxConcurrentJobs', () => ({ maxConcurrentJobs: 3 }), '3'],
    ['timeoutDuration', () => ({ timeoutDuration: Duration.hours(48) }), '"Duration.hours(48)"'],
    ['deadline', () => ({ deadline: Duration.hours(30) }), '"Duration.hours(30)"'],
    ['jobTags', () => ({ jobTags: { team: 'research' } }), '{"team":"research"}'],
    ['role', stack => ({ role: iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN) }), '"Stack/Role"'],
  ])('%s', (name, props, value) => {
    expect(refusal(stack => ({ ...asMap, ...props(stack) }))).toBe(
      `${name}: ${value} must be used with BatchEngine.MODEL_INVOCATION_JOB, because the engine DISTRIBUTED_MAP starts no batch inference jobs. `
      + 'Remove the property, or choose that engine.');
  });
});

describe('a number out of its range is refused:', () => {
  const rules = {
    maxConcurrency: 'a whole number, 1 to 1000. Start with 2, and raise it while the model is not throttled.',
    maxConcurrentJobs: 'a whole number, 1 to 100. The quota of submitted and running jobs of a model is 100.',
    retryRounds: 'a whole number, 0 to 3. A record that fails four times will fail again; 0 turns retries off.',
    toleratedFailureCount: 'a whole number of records. Use 0 to fail with the first record that has no result.',
    toleratedFailurePercentage: 'a number, 0 to 100. Use 100 to succeed whatever the records.',
  };

  test.each<[keyof typeof rules, number]>([
    ['maxConcurrency', 0], ['maxConcurrency', 1001], ['maxConcurrency', 1.5],
    ['maxConcurrentJobs', 0], ['maxConcurrentJobs', 101], ['maxConcurrentJobs', 2.5],
    ['retryRounds', -1], ['retryRounds', 4], ['retryRounds', 0.5],
    ['toleratedFailureCount', -1], ['toleratedFailureCount', 100_000_001], ['toleratedFailureCount', 0.1],
    ['toleratedFailurePercentage', -0.1], ['toleratedFailurePercentage', 100.1],
  ])('%s %d', (name, value) => {
    expect(refusal({ [name]: value })).toBe(`${name}: ${value} must be ${rules[name]}`);
  });

  test.each<[keyof typeof rules, number]>([
    ['maxConcurrency', 1], ['maxConcurrency', 1000], ['maxConcurrentJobs', 1], ['maxConcurrentJobs', 100], ['retryRounds', 0], ['retryRounds', 3],
    ['toleratedFailureCount', 0], ['toleratedFailureCount', 100_000_000], ['toleratedFailurePercentage', 0], ['toleratedFailurePercentage', 100], ['toleratedFailurePercentage', 0.5],
  ])('but not %s %d', (name, value) => {
    expect(refusal({ [name]: value })).toBe('no message');
  });

  test('both tolerances', () => {
    expect(refusal({ toleratedFailureCount: 0, toleratedFailurePercentage: 1 })).toBe('toleratedFailurePercentage: 1 must be used without toleratedFailureCount. Set one of the two.');
  });
});

describe('a time is refused:', () => {
  test.each([[Duration.hours(23), '23'], [Duration.hours(169), '169'], [Duration.hours(24.5), '24.5'], [Duration.minutes(1441), '24.016666666666666'], [Duration.days(8), '192']])(
    'timeoutDuration of %s', (timeoutDuration, value) => {
      expect(refusal({ timeoutDuration })).toBe(`timeoutDuration: ${value} must be whole hours, 24 to 168. Bedrock accepts one day to seven days; for less, set deadline.`);
    });

  test.each([[Duration.hours(24), 24], [Duration.days(7), 168], [Duration.minutes(1500), 25]])('but not timeoutDuration of %s', (timeoutDuration, hours) => {
    const stack = newStack();
    newBatch({ timeoutDuration }, stack);
    expect(settingsIn(stack).timeoutDurationInHours).toBe(hours);
  });

  test.each([Duration.minutes(9), Duration.seconds(630), Duration.hours(169)])('deadline of %s', (deadline) => {
    expect(refusal({ deadline })).toBe(`deadline: "${deadline.toString()}" must be whole minutes, 10 minutes to 168 hours. Bedrock itself ends a job after 168 hours.`);
  });

  test.each([[Duration.minutes(10), 10], [Duration.seconds(660), 11], [Duration.days(7), 10_080]])('but not deadline of %s', (deadline, minutes) => {
    const stack = newStack();
    newBatch({ deadline }, stack);
    expect(settingsIn(stack).deadlineMinutes).toBe(minutes);
  });

  test('deadline with a token, because it decides about states', () => {
    expect(refusal({ deadline: Duration.hours(Token.asNumber({ Ref: 'Hours' })) })).toMatch(/^deadline: ".*" must be known at synthesis\. Pass a number\.$/);
  });
});

describe('jobNamePrefix', () => {
  test.each(['', 'a'.repeat(40), 'team_a', 'team.a', '-team', 'team-', 'te-am', 'te--am', 'Zürich'])('is refused if it is %j', (jobNamePrefix) => {
    expect(refusal({ jobNamePrefix })).toBe(
      `jobNamePrefix: "${jobNamePrefix}" must be 1 to 39 letters and digits. `
      + 'Shorten or change the prefix, or omit it to have one generated; the rest of a job name is always generated.');
  });

  test.each(['a', '1', 'A1b', 'a'.repeat(39)])('is accepted if it is %j', (jobNamePrefix) => {
    expect(refusal({ jobNamePrefix })).toBe('no message');
  });
});

describe.each(['input', 'output'] as const)('the %s', (property) => {
  const with_ = (prefix: string, options?: BatchLocationOptions): Build<Props> => stack => ({ [property]: place(stack, prefix, options) });

  test.each(['/data/', 'data//more/', 'data/*/', 'data/?', 'da\nta/', 'a'.repeat(513)])('is refused with the prefix %j', (prefix) => {
    const value = prefix.length > 160 ? `${JSON.stringify(prefix).slice(0, 120)}... (515 characters)` : JSON.stringify(prefix);
    const rule = {
      input: 'at most 512 characters, without "/" at the beginning, "//", "*", "?" and control characters. Choose another prefix, like batch/input/.',
      output: 'at most 512 letters, digits and the characters - ! _ \' ( ) . /, without "/" at the beginning and "//". Choose another prefix, like batch/output/.',
    }[property];
    expect(refusal(with_(prefix))).toBe(`${property}: ${value} must be ${rule}`);
  });

  // A date in the notation of Hive. The URIs of a job have fewer characters than the keys of Amazon S3.
  test('may have other characters, if it is the input', () => {
    expect(refusal(with_('date=2026-11-26/Zürich/'))).toContain(property === 'input' ? 'no message' : 'must be at most 512 letters, digits');
  });

  test('is refused with a token as its prefix', () => {
    expect(refusal(stack => with_(new CfnParameter(stack, 'Prefix').valueAsString)(stack))).toMatch(new RegExp(
      `^${property}: ".*" must be a prefix that is known at synthesis, because permissions are limited to it\\. Pass a string; each execution can choose a place within it\\.$`));
  });

  test('is refused with hyphens in the account', () => {
    expect(refusal(with_('data/', { bucketAccount: '1111-2222-3333' }))).toBe(
      `${property}.bucketAccount: "1111-2222-3333" must be an account id of 12 digits. Copy it from the account that owns the bucket.`);
  });

  const imported = (attributes: Partial<s3.BucketAttributes>): Build<Props> => stack =>
    ({ [property]: BatchLocation.fromBucket(s3.Bucket.fromBucketAttributes(stack, 'Theirs', { bucketName: 'theirs', ...attributes }), 'data/') });

  test('is refused in a bucket of another Region', () => {
    expect(refusal(imported({ region: 'us-west-2' }))).toBe(
      `${property}: "us-west-2" must be in the Region of the model, us-east-1. Copy the records to a bucket there.`);
  });

  test.each<[string, Partial<s3.BucketAttributes>]>([['the same Region', { region: REGION }], ['a Region that is a token', { region: Fn.importValue('Region') }], ['no known Region', {}]])(
    'is accepted in a bucket of %s', (_, attributes) => {
      expect(refusal(imported(attributes))).toBe('no message');
    });

  test('is refused with the name of a key whose ARN is unknown', () => {
    expect(refusal(stack => with_('data/', { encryptionKey: kms.Alias.fromAliasName(stack, 'Alias', 'alias/records') })(stack))).toBe(
      `${property}.encryptionKey: "alias/records" must be a key: CDK does not know the key of an imported alias, and IAM permissions on an alias have no effect. `
      + 'Import the key itself with Key.fromKeyArn() or Key.fromLookup().');
  });

  test('is refused with an RSA key', () => {
    expect(refusal(stack => with_('data/', { encryptionKey: new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 }) })(stack))).toBe(
      `${property}.encryptionKey.keySpec: "RSA_2048" must be SYMMETRIC_DEFAULT. Bedrock encrypts with symmetric encryption keys only; pass such a key.`);
  });
});

describe('the output', () => {
  const outside = (output: string, input: string) =>
    `output: "${output}" must be outside the input "${input}": the next execution would read the results as its input. Choose another prefix, or another bucket.`;
  const both = (input: string, output: string): Build<Props> => stack => {
    const bucket = bucketIn(stack);
    return { input: BatchLocation.fromBucket(bucket, input), output: BatchLocation.fromBucket(bucket, output) };
  };

  test.each([['data/', 'data/out/'], ['data', 'data/out'], ['data/', 'data/'], ['data', 'data/'], ['', 'out/'], ['', '']])('is refused below the input: %j and %j', (input, output) => {
    const folder = (prefix: string) => prefix && `${prefix.replace(/\/$/, '')}/`;
    expect(refusal(both(input, output))).toBe(outside(folder(output), folder(input)));
  });

  test('is refused below the input also if the name of the bucket is a token', () => {
    expect(refusal(stack => locations(new s3.Bucket(stack, 'Own')))).toBe('no message');
    expect(refusal((stack) => {
      const bucket = new s3.Bucket(stack, 'Own');
      return { input: BatchLocation.fromBucket(bucket, 'data/'), output: BatchLocation.fromBucket(s3.Bucket.fromBucketName(stack, 'Same', bucket.bucketName), 'data/out/') };
    })).toBe(outside('data/out/', 'data/'));
  });

  test('is refused if it is an object', () => {
    expect(refusal(both('in/', 'out/answers.jsonl'))).toBe('output: "out/answers.jsonl" must be a prefix and not an object. Choose a prefix like out/.');
  });

  test.each([['data/in/', 'data/'], ['data', 'data-out'], ['data/records.jsonl', 'data/'], ['data/records.jsonl', 'data/records/'], ['records.jsonl', 'records.jsonl-out/']])('is accepted beside or above the input: %j and %j', (input, output) => {
    expect(refusal(both(input, output))).toBe('no message');
  });

  test('is accepted in another bucket with the same prefix', () => {
    expect(refusal(stack => ({
      input: BatchLocation.fromBucket(s3.Bucket.fromBucketName(stack, 'In', 'records'), 'data/'),
      output: BatchLocation.fromBucket(s3.Bucket.fromBucketName(stack, 'Out', 'answers'), 'data/'),
    }))).toBe('no message');
  });

  test('is refused with a key of another account whose ARN is not known at synthesis', () => {
    const app = newApp();
    const other = new Stack(app, 'Other', { env: { account: OTHER_ACCOUNT, region: REGION } });
    const data = new s3.Bucket(other, 'Data', { bucketName: PhysicalName.GENERATE_IF_NEEDED, encryptionKey: new kms.Key(other, 'Key') });
    const stack = new Stack(app, 'Stack', { env: ENV });

    expect(messageOf(() => newBatch(locations(data), stack))).toBe(
      'output.encryptionKey: "Other/Key" must be a key with a known ARN, because it is in another account. Deploy the key first, and pass Key.fromKeyArn().');
  });
});

describe('the network', () => {
  test.each<[string, Build<Props>, string]>([
    ['subnets', () => ({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }), 'vpcSubnets: "Isolated"'],
    ['security groups', stack => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-00000001')] }), 'securityGroups: "1 groups"'],
  ])('is refused with %s but without a VPC', (_, props, beginning) => {
    expect(refusal(props)).toBe(`${beginning} must be used together with vpc. Set vpc as well, or remove the property.`);
  });

  test('is refused without a security group', () => {
    expect(refusal(stack => ({ vpc: vpcIn(stack), securityGroups: [] }))).toBe(
      'securityGroups: got 0 security groups, Bedrock accepts 1 to 5. Combine the rules in fewer groups, or omit the property.');
  });
});

test('a service role of another account is refused', () => {
  const role: Build<Props> = stack => ({ role: iam.Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${OTHER_ACCOUNT}:role/batch`) });

  expect(refusal(role)).toBe(`role: "${OTHER_ACCOUNT}" must be in the account of the model, 111122223333. Pass a role of that account: iam:PassRole is limited to the account.`);
});

describe('tags of jobs', () => {
  const errorsOf = (build: (stack: Stack) => unknown): string => {
    const stack = newStack();
    build(stack);
    try {
      resourceOf(stack, 'AWS::StepFunctions::StateMachine');
    } catch (error) {
      return (error as Error).message;
    }
    return 'no message';
  };

  test('are refused with a value that Bedrock does not accept, also of an outer scope', () => {
    const message = 'jobTags["city"]: "Zürich" must be at most 256 letters, digits, spaces or the characters . _ : / = + @ -. '
      + 'Change the value, or exclude these jobs from the tag with excludeResourceTypes: ["AWS::Bedrock::ModelInvocationJob"].';
    expect(errorsOf(stack => newBatch({ jobTags: { city: 'Zürich' } }, stack))).toContain(message);
    expect(errorsOf((stack) => {
      newBatch({}, stack);
      Tags.of(stack).add('city', 'Zürich');
    })).toContain(message);
    expect(errorsOf((stack) => {
      newBatch({}, stack);
      Tags.of(stack).add('city', 'Zürich', { excludeResourceTypes: ['AWS::Bedrock::ModelInvocationJob'] });
    })).toBe('no message');
  });

  test('are refused with a key that AWS reserves', () => {
    expect(errorsOf(stack => newBatch({ jobTags: { 'aws:team': 'a' } }, stack))).toContain(
      'jobTags key: "aws:team" must be 1 to 128 letters, digits, spaces or the characters . _ : / = + @ -, and not start with "aws:". '
      + 'Rename the tag, or exclude these jobs from it with excludeResourceTypes: ["AWS::Bedrock::ModelInvocationJob"].');
  });

  test('are limited to 50', () => {
    const tags = (count: number) => Object.fromEntries([...Array(count).keys()].map(n => [`tag${n}`, 'a']));
    expect(errorsOf(stack => newBatch({ jobTags: tags(51) }, stack))).toContain(
      'jobTags: got 51 tags, Bedrock accepts 0 to 50. Remove tags, or exclude these jobs from some of them.');
    expect(errorsOf(stack => newBatch({ jobTags: tags(50) }, stack))).toBe('no message');
  });

  test('are no matter with the map', () => {
    expect(errorsOf((stack) => {
      newBatch(asMap, stack);
      Tags.of(stack).add('city', 'Zürich');
    })).toBe('no message');
  });
});

test('the prefix of the states of a fragment is refused if it is too long for the names', () => {
  const stack = newStack();
  const id = 'A'.repeat(49);

  expect(messageOf(() => new BatchInferenceFragment(stack, id, { ...locations(bucketIn(stack)), model: foundationModel(stack) }), `Stack/${id}`)).toBe(
    `statePrefix: "${id}: " must be at most 50 characters, without control characters. Set a shorter statePrefix; by default it is the id of the fragment.`);
});

test('several mistakes are reported together', () => {
  expect(refusal({ maxConcurrency: 0, jobNamePrefix: 'a b', timeoutDuration: Duration.hours(1) })).toMatch(/^maxConcurrency: .* timeoutDuration: .* jobNamePrefix: /);
});

describe('a token is not validated:', () => {
  const number = (stack: Stack, id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
  const text = (stack: Stack) => resourceOf(stack, 'AWS::StepFunctions::StateMachine').Properties.DefinitionString as string;

  test.each<[string, Build<Props>, string]>([
    ['maxConcurrency', stack => ({ maxConcurrency: number(stack, 'N') }), '"maxConcurrency":${N}'],
    ['maxConcurrency, with a lazy value', () => ({ maxConcurrency: Lazy.number({ produce: () => 7 }) }), '"maxConcurrency":7'],
    ['maxConcurrentJobs', stack => ({ maxConcurrentJobs: number(stack, 'N') }), '"maxConcurrentJobs":${N}'],
    ['retryRounds', stack => ({ retryRounds: number(stack, 'N') }), '"retryRounds":${N}'],
    ['toleratedFailureCount', stack => ({ toleratedFailureCount: number(stack, 'N') }), '"toleratedFailureCount":${N}'],
    ['toleratedFailurePercentage', stack => ({ toleratedFailurePercentage: number(stack, 'N') }), '"toleratedFailurePercentage":${N}'],
    ['timeoutDuration', stack => ({ timeoutDuration: Duration.hours(number(stack, 'N')) }), '"timeoutDurationInHours":${N}'],
    ['jobNamePrefix', () => ({ jobNamePrefix: Fn.importValue('Prefix') }), '"jobNamePrefix":"${import Prefix}"'],
    ['the bucket', stack => locations(s3.Bucket.fromBucketName(stack, 'Own', Fn.importValue('Bucket'))), '"bucket":"${import Bucket}"'],
    ['bucketAccount', stack => ({ output: place(stack, 'out/', { bucketAccount: new CfnParameter(stack, 'N').valueAsString }) }), '"bucketOwner":"${N}"'],
    ['the ARN of the model', () => ({ model: { modelArn: Fn.importValue('Model') } }), '"modelId":"${import Model}"'],
    ['a tag', stack => ({ jobTags: { team: new CfnParameter(stack, 'N').valueAsString } }), '{"Key":"team","Value":"${N}"}'],
    ['a key', stack => ({ output: place(stack, 'out/', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', Fn.importValue('Key')) }) }), '"S3EncryptionKeyId":"${import Key}"'],
  ])('%s', (_, props, expected) => {
    const stack = newStack();
    newBatch(props, stack);
    expect(text(stack)).toContain(expected);
  });

  test('the ARN of a key of another account', () => {
    const stack = newStack({ env: ENV });
    newBatch({ output: place(stack, 'out/', { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('111122223333', OTHER_ACCOUNT)) }) }, stack);
    expect(statesIn(stack)['Create job'].Parameters).toMatchObject({ OutputDataConfig: { S3OutputDataConfig: { S3EncryptionKeyId: KEY_ARN.replace('111122223333', OTHER_ACCOUNT) } } });
  });

  test('the Region and the account of an inference profile', () => {
    const stack = newStack();
    const arn = stack.formatArn({ service: 'bedrock', resource: 'inference-profile', resourceName: 'us.amazon.nova-lite-v1:0' });
    const { foundationModelArns } = InferenceProfileModel.fromInferenceProfileArn(arn);
    expect(stack.resolve(foundationModelArns)).toEqual([{ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':bedrock:*::foundation-model/amazon.nova-lite-v1:0']] }]);
  });
});
