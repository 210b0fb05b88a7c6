import { CfnParameter, Duration, Fn, Lazy, RemovalPolicy, Stack, Tags, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ImportedModelProps, ModelEncryption, ModelImportProvider, ModelSource } from '../../src';
import { ENV, MODEL_ARN, newStack, weights } from '../../testing/support/stacks';
import { modelOf } from '../../testing/support/template';

/** The parts of a message. api-constraints.test.ts has the rules themselves. */
interface Complaint {
  readonly property: string;
  /** As in JSON, or its beginning. */
  readonly value: string;
  readonly rule: RegExp;
  readonly remedy: RegExp;
}

function expectComplaint(build: () => unknown, { property, value, rule, remedy }: Complaint, path = 'Stack/Llama'): void {
  let message = 'no message';
  try {
    build();
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain(`${property}: ${value}`);
  expect(message).toMatch(new RegExp(`(must be .*|got .*)(${rule.source})`));
  expect(message).toMatch(remedy);
  expect(message).toContain(`[${path}]`);
}

const newModel = (props: Partial<ImportedModelProps> | ((stack: Stack) => Partial<ImportedModelProps>), stack = newStack({ env: ENV })) =>
  new ImportedModel(stack, 'Llama', { source: weights(), ...typeof props === 'function' ? props(stack) : props });

const numberedTags = (count: number, prefix = 'tag') => Object.fromEntries([...Array(count).keys()].map(n => [`${prefix}${n}`, 'value']));

const newVpc = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-00000001', availabilityZones: ['a'], privateSubnetIds: ['subnet-00000001'] });
const subnets = (stack: Stack, count: number): ec2.SubnetSelection =>
  ({ subnets: [...Array(count).keys()].map(n => ec2.Subnet.fromSubnetId(stack, `Subnet${n}`, `subnet-${String(n).padStart(8, '0')}`)) });

describe('the source', () => {
  const complaint = (value: string): Complaint => ({ property: 'source', value, rule: /an S3 URI of at most 1024 characters.*lower-case/, remedy: /Copy the model to a prefix/ });

  test('is refused with a space in the URI', () => {
    expectComplaint(() => newModel({ source: ModelSource.fromS3Uri('s3://weights/llama 3/') }), complaint('"s3://weights/llama 3/"'));
  });

  test.each(['s3://weights/llama/model.safetensors', 's3://weights/llama/config.json', 's3://weights/llama.gguf'])('is refused if it is a file (%s)', (uri) => {
    expectComplaint(() => newModel({ source: ModelSource.fromS3Uri(uri) }), {
      property: 'source', value: JSON.stringify(uri), rule: /the folder of a model in the Hugging Face format/, remedy: /Omit the file name/,
    });
  });

  test.each([['weights', 'llama 3/'], ['We_ights', '']])('is refused with the bucket %j and the prefix %j', (bucket, prefix) => {
    expectComplaint(
      () => newModel(stack => ({ source: ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', bucket), prefix) })),
      complaint(JSON.stringify(`s3://${bucket}/${prefix}`)),
    );
  });

  test('is refused with a space in the prefix of a bucket of the app', () => {
    expectComplaint(
      () => newModel(stack => ({ source: ModelSource.fromBucket(new s3.Bucket(stack, 'Weights'), 'llama 3/') })),
      { property: 'source', value: '"llama 3/"', rule: /a prefix that makes an S3 URI/, remedy: /Copy the model to a prefix/ },
    );
  });
});

test('importedModelName is refused with a space', () => {
  expectComplaint(() => newModel({ importedModelName: 'llama 3' }), {
    property: 'importedModelName', value: '"llama 3"', rule: /1 to 63 letters and digits, with single "-" or "_" between them/, remedy: /omit it to have one generated/,
  });
});

test('jobNamePrefix is refused with an underscore', () => {
  expectComplaint(() => newModel({ jobNamePrefix: 'llama_8b' }), {
    property: 'jobNamePrefix', value: '"llama_8b"', rule: /1 to 28 letters, digits, "\+", "-" or "\."/, remedy: /the rest of the job name is always generated/,
  });
});

describe('the network', () => {
  test('is refused with 17 subnets', () => {
    expectComplaint(() => newModel(stack => ({ vpc: newVpc(stack), vpcSubnets: subnets(stack, 17) })), {
      property: 'vpcSubnets', value: 'got 17 subnets', rule: /Bedrock accepts 1 to 16/, remedy: /Select other subnets with vpcSubnets/,
    });
  });

  test('is refused without a security group', () => {
    expectComplaint(() => newModel(stack => ({ vpc: newVpc(stack), securityGroups: [] })), {
      property: 'securityGroups', value: 'got 0 security groups', rule: /Bedrock accepts 1 to 5/, remedy: /Combine the rules in fewer groups/,
    });
  });

  test.each([
    ['by type', { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, '"Isolated"'],
    ['by name', { subnetGroupName: 'import' }, '"import"'],
    ['by Availability Zone', { availabilityZones: ['us-east-1a'] }, '"a selection"'],
  ])('is refused with vpcSubnets %s but without vpc', (_, vpcSubnets, value) => {
    expectComplaint(() => newModel({ vpcSubnets }), { property: 'vpcSubnets', value, rule: /used together with vpc/, remedy: /Set vpc as well, or remove the property/ });
  });

  test('is refused with securityGroups but without vpc', () => {
    expectComplaint(() => newModel(stack => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-00000001')] })), {
      property: 'securityGroups', value: '"1 groups"', rule: /used together with vpc/, remedy: /Set vpc as well, or remove the property/,
    });
  });

  test('has no connections without vpc', () => {
    const model = newModel({});

    expect(() => model.connections).toThrow(/connections: only an import job in a VPC has network connections\. Set the property vpc\. \[Stack\/Llama\]/);
  });

  // IAM statements name each subnet, so their number must be known at synthesis.
  test('is refused with a list of subnets whose length is not known at synthesis', () => {
    expectComplaint(() => {
      const stack = newStack();
      const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-00000001', availabilityZones: ['a'], privateSubnetIds: Fn.split(',', Fn.importValue('Subnets')),
      });
      newModel({ vpc }, stack);
      return modelOf(stack);
    }, { property: 'vpcSubnets', value: '', rule: /known|number/, remedy: /Fn\.(select|split)\(/ });
  });
});

describe('importedModelTags', () => {
  const build = (importedModelTags: { [key: string]: string }) => modelOf(newModel({ importedModelTags }).stack);

  test('are refused with a key that AWS reserves', () => {
    expectComplaint(() => build({ 'aws:team': 'value' }), {
      property: 'importedModelTags key', value: '"aws:team"', rule: /1 to 128 letters.*not start with "aws:"/, remedy: /Rename the tag, or exclude this model from it/,
    });
  });

  test('are refused with a comma in a value', () => {
    expectComplaint(() => build({ team: 'a, b' }), {
      property: 'importedModelTags["team"]', value: '"a, b"', rule: /at most 256 letters, digits, spaces/, remedy: /Change the value, or exclude this model from the tag/,
    });
  });

  test('are limited to 50, including those of Tags.of()', () => {
    expectComplaint(() => {
      const model = newModel({ importedModelTags: numberedTags(26, 'property') });
      Object.entries(numberedTags(25, 'aspect')).forEach(([key, value]) => Tags.of(model.stack).add(key, value));
      return modelOf(model.stack);
    }, { property: 'importedModelTags', value: 'got 51 tags', rule: /Bedrock accepts 0 to 50/, remedy: /Remove tags, or exclude this model from some/ });
  });

  test('are limited to 49 with RETAIN, which is a tag as well', () => {
    expect(() => modelOf(newModel({ importedModelTags: numberedTags(50), removalPolicy: RemovalPolicy.RETAIN }).stack)).toThrow('importedModelTags: got 51 tags');
  });

  test('are counted once if they replace those of Tags.of()', () => {
    const model = newModel({ importedModelTags: numberedTags(50) });
    Tags.of(model).add('tag0', 'another value');

    expect(modelOf(model.stack).Properties.ImportedModelTags).toHaveLength(50);
  });

  test('are refused with a value of an outer scope that Bedrock does not accept', () => {
    expectComplaint(() => {
      const { stack } = newModel({});
      Tags.of(stack.node.root).add('city', 'Zürich');
      return modelOf(stack);
    }, { property: 'importedModelTags["city"]', value: '"Zürich"', rule: /letters, digits, spaces/, remedy: /Change the value, or exclude this model from/ });
  });

  test('are accepted if the model is excluded from such a value', () => {
    const model = newModel({});
    Tags.of(model.stack.node.root).add('city', 'Zürich');
    Tags.of(model).remove('city');

    expect(() => modelOf(model.stack)).not.toThrow();
  });
});

test('jobTags are refused with an ampersand in a key', () => {
  expectComplaint(() => modelOf(newModel({ jobTags: { 'team&co': 'value' } }).stack), {
    property: 'jobTags key', value: '"team&co"', rule: /letters, digits, spaces or the characters \. _ : \/ = \+ @ -/, remedy: /Rename the tag/,
  });
});

describe('importTimeout', () => {
  test.each([
    [Duration.minutes(0), '0'],
    [Duration.seconds(90), '1.5'],
    [Duration.minutes(721), '721'],
  ])('of %s is refused', (importTimeout, value) => {
    expectComplaint(() => newModel({ importTimeout }), {
      property: 'importTimeout', value: `${value} must`, rule: /a whole number of minutes, 1 to 720/, remedy: /Most imports take less than an hour/,
    });
  });

  test('is refused with a token, because it determines the number of resources', () => {
    expectComplaint(() => newModel({ importTimeout: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) }), {
      property: 'importTimeout', value: '', rule: /known at synthesis/, remedy: /Pass a number/,
    });
  });
});

test('source.bucketAccount is refused with hyphens', () => {
  expectComplaint(() => newModel({ source: ModelSource.fromS3Uri('s3://weights/', { bucketAccount: '1111-2222-3333' }) }), {
    property: 'source.bucketAccount', value: '"1111-2222-3333"', rule: /12 digits/, remedy: /account that owns the bucket/,
  });
});

describe('queryInterval', () => {
  test.each([
    ['4 seconds', Duration.seconds(4)],
    ['121 seconds', Duration.seconds(121)],
    ['5.5 seconds', Duration.millis(5500)],
    ['a token', Duration.seconds(Token.asNumber({ Ref: 'Seconds' }))],
  ])('of %s is refused', (_, queryInterval) => {
    expectComplaint(() => new ModelImportProvider(newStack(), 'Provider', { queryInterval }), {
      property: 'queryInterval', value: '', rule: /5 seconds to 2 minutes/, remedy: /30 seconds suit most imports/,
    }, 'Stack/Provider');
  });
});

test('removalPolicy is refused with SNAPSHOT', () => {
  expectComplaint(() => newModel({ removalPolicy: RemovalPolicy.SNAPSHOT }), {
    property: 'removalPolicy', value: '"snapshot"', rule: /DESTROY or RETAIN/, remedy: /the weights in Amazon S3 are the copy/,
  });
});

describe('encryption', () => {
  const complaint = (attribute: string, value: string): Complaint => ({
    property: `encryption.${attribute}`, value, rule: /SYMMETRIC_DEFAULT|ENCRYPT_DECRYPT/, remedy: /symmetric encryption keys only; pass such a key/,
  });
  const newModelWith = (keyIn: (stack: Stack) => kms.IKey) => newModel(stack => ({ encryption: ModelEncryption.customerManaged(keyIn(stack)) }));

  test('is refused with a key for another use', () => {
    const props = { keySpec: kms.KeySpec.HMAC_256, keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC };

    expectComplaint(() => newModelWith(stack => new kms.Key(stack, 'Key', props)), complaint('keyUsage', '"GENERATE_VERIFY_MAC"'));
  });

  test.each<[string, (stack: Stack) => kms.IKey]>([
    ['an RSA key', stack => new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 })],
    ['the alias of an RSA key', stack => new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 }).addAlias('models')],
    ['an RSA key of CfnKey', stack => kms.Key.fromCfnKey(new kms.CfnKey(stack, 'Key', { keySpec: 'RSA_2048', keyPolicy: { Version: '2012-10-17', Statement: [] } }))],
  ])('is refused with %s', (_, keyIn) => {
    expectComplaint(() => newModelWith(keyIn), complaint('keySpec', '"RSA_2048"'));
  });

  test('is refused with an imported alias, whose key is unknown', () => {
    expectComplaint(() => newModelWith(stack => kms.Alias.fromAliasName(stack, 'Alias', 'alias/models')), {
      property: 'encryption', value: '"alias/models"', rule: /a key: CDK does not know the key of an imported alias/, remedy: /Key\.fromKeyArn\(\) or Key\.fromLookup\(\)/,
    });
  });
});

test('source.encryptionKey is refused with an RSA key', () => {
  expectComplaint(() => newModel(stack => ({
    source: ModelSource.fromS3Uri('s3://weights/', { encryptionKey: new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 }) }),
  })), { property: 'source.encryptionKey.keySpec', value: '"RSA_2048"', rule: /SYMMETRIC_DEFAULT/, remedy: /symmetric encryption keys only; pass such a key/ });
});

describe('importedModelArn', () => {
  test.each([
    ['a name', 'llama'],
    ['the ARN of an import job', MODEL_ARN.replace('imported-model', 'model-import-job')],
    ['an ARN with a short id', MODEL_ARN.slice(0, -1)],
    ['an ARN without an account', MODEL_ARN.replace(/\d{12}/, '')],
    ['an ARN with a suffix', `${MODEL_ARN}/1`],
  ])('is refused if it is %s', (_, arn) => {
    expectComplaint(() => ImportedModel.fromImportedModelArn(newStack(), 'Llama', arn), {
      property: 'importedModelArn', value: JSON.stringify(arn), rule: /the ARN of an imported model, like arn:aws:bedrock:/, remedy: /Copy it from the output of the stack/,
    }, 'Stack');
  });
});

test('several mistakes are reported together', () => {
  const build = () => newModel({ importedModelName: 'llama 3', jobNamePrefix: 'llama_3', importTimeout: Duration.hours(13) });

  expect(build).toThrow(/importedModelName: .*jobNamePrefix: .*importTimeout: /);
});

describe('a token is not validated', () => {
  const parameter = (stack: Stack, id = 'Parameter') => new CfnParameter(stack, id).valueAsString;
  const lazy = (value: string) => Lazy.string({ produce: () => value });

  test.each<[string, (stack: Stack) => Partial<ImportedModelProps>, { [name: string]: unknown }]>([
    ['source', stack => ({ source: ModelSource.fromS3Uri(parameter(stack)) }), { S3Uri: '${Parameter}' }],
    ['source.prefix', stack => ({ source: ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'weights'), parameter(stack)) }), { S3Uri: 's3://weights/${Parameter}' }],
    ['source.version', stack => ({ source: ModelSource.fromS3Uri('s3://weights/', { version: parameter(stack) }) }), { SourceVersion: '${Parameter}' }],
    ['importedModelName', stack => ({ importedModelName: parameter(stack) }), { ImportedModelName: '${Parameter}' }],
    ['importedModelName, in a part', stack => ({ importedModelName: `llama ${parameter(stack)}` }), { ImportedModelName: 'llama ${Parameter}' }],
    ['importedModelName, with a lazy value', () => ({ importedModelName: lazy('llama') }), { ImportedModelName: 'llama' }],
    ['jobNamePrefix', () => ({ jobNamePrefix: Fn.importValue('Prefix') }), { JobNamePrefix: '${import Prefix}' }],
    ['role', stack => ({ role: iam.Role.fromRoleArn(stack, 'Role', parameter(stack)) }), { RoleArn: '${Parameter}' }],
    ['encryption', stack => ({ encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', Fn.importValue('KeyArn'))) }), { ImportedModelKmsKeyId: '${import KeyArn}' }],
    ['vpcSubnets', (stack) => {
      const ids = Fn.split(',', Fn.importValue('Subnets'), 2);
      return { vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: parameter(stack), availabilityZones: ['a', 'b'], privateSubnetIds: ids }) };
    }, { SubnetIds: [0, 1].map(n => `\${select ${n} of "\${split \${import Subnets} at ,}"}`) }],
    ['securityGroups', stack => ({ vpc: newVpc(stack), securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', parameter(stack))] }), { SecurityGroupIds: ['${Parameter}'] }],
    ['importedModelTags', stack => ({ importedModelTags: { team: parameter(stack) } }), { ImportedModelTags: [{ key: 'team', value: '${Parameter}' }] }],
    ['jobTags', stack => ({ jobTags: { team: `team of ${parameter(stack)}` } }), { JobTags: [{ key: 'team', value: 'team of ${Parameter}' }] }],
  ])('%s', (_, props, expected) => {
    const { stack } = newModel(props, newStack());

    expect(modelOf(stack).Properties).toMatchObject(expected);
  });

  test('Tags.of()', () => {
    const model = newModel({}, newStack());
    Tags.of(model).add('team', parameter(model.stack));

    expect(modelOf(model.stack).Properties.ImportedModelTags).toEqual([{ key: 'team', value: '${Parameter}' }]);
  });

  test('a token for the kind of a key', () => {
    const stack = newStack();
    const key = new kms.CfnKey(stack, 'Key', { keySpec: parameter(stack), keyPolicy: { Version: '2012-10-17', Statement: [] } });

    expect(() => newModel({ encryption: ModelEncryption.customerManaged(kms.Key.fromCfnKey(key)) }, stack)).not.toThrow();
  });
});
