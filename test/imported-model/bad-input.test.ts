import { CfnParameter, Duration, Fn, Lazy, RemovalPolicy, Stack, Tags, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ImportedModelProps, ModelEncryption, ModelImportProvider, ModelSource } from '../../src';
import { ENV, KEY_ARN, MODEL_ARN, newStack, weights } from '../../testing/support/stacks';
import { modelOf } from '../../testing/support/template';

/** What a message must say: which property, what was given, what the rule is, what to do. */
interface Complaint {
  readonly property: string;
  /** As in JSON; the beginning will do, long values are abbreviated. */
  readonly value: string;
  readonly rule: RegExp;
  readonly remedy: RegExp;
}

function expectComplaint(build: () => unknown, { property, value, rule, remedy }: Complaint, path = 'Stack/Llama'): void {
  let message = 'nothing was said';
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

const tagsNumbering = (count: number, prefix = 'tag') => Object.fromEntries([...Array(count).keys()].map(n => [`${prefix}${n}`, 'value']));

const newVpc = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-00000001', availabilityZones: ['a'], privateSubnetIds: ['subnet-00000001'] });
const subnets = (stack: Stack, count: number): ec2.SubnetSelection =>
  ({ subnets: [...Array(count).keys()].map(n => ec2.Subnet.fromSubnetId(stack, `Subnet${n}`, `subnet-${String(n).padStart(8, '0')}`)) });
const groups = (stack: Stack, count: number) => [...Array(count).keys()].map(n => ec2.SecurityGroup.fromSecurityGroupId(stack, `Group${n}`, `sg-${String(n).padStart(8, '0')}`));

describe('the source', () => {
  const complaint = (value: string): Complaint => ({ property: 'source', value, rule: /an S3 URI of at most 1024 characters.*lower-case/, remedy: /Copy the model to a prefix/ });

  test.each([
    ['s3://weights/llama 3/', 'a space'],
    ['s3://weights/step=100/', '"="'],
    ['s3://weights/llama+lora/', '"+"'],
    ['s3://weights/llama@main/', '"@"'],
    ['s3://weights/models:8b/', '":"'],
    ['s3://weights/llamä/', 'a letter beyond ASCII'],
    ['s3://weights//llama/', 'an empty path segment'],
    ['s3://weights/llama//', 'an empty path segment at the end'],
    ['S3://weights/llama/', 'an upper-case scheme'],
    ['https://weights.s3.amazonaws.com/llama/', 'another scheme'],
    ['arn:aws:s3:::weights/llama/', 'an ARN'],
    ['weights/llama/', 'no scheme'],
    ['s3://Weights/llama/', 'an upper-case bucket'],
    ['s3://we_ights/llama/', 'a bucket with an underscore'],
    ['s3://ab/llama/', 'a bucket name of two characters'],
    ['s3:///llama/', 'no bucket'],
    ['s3://', 'neither bucket nor path'],
    ['', 'nothing'],
    ['s3://weights/llama/\n', 'a line break'],
  ])('%j is refused: %s', (uri) => {
    expectComplaint(() => newModel({ source: ModelSource.fromS3Uri(uri) }), complaint(JSON.stringify(uri)));
  });

  test.each(['s3://weights/llama/model.safetensors', 's3://weights/llama/config.json', 's3://weights/llama.gguf'])('%s is a file, and no folder', (uri) => {
    expectComplaint(() => newModel({ source: ModelSource.fromS3Uri(uri) }), {
      property: 'source', value: JSON.stringify(uri), rule: /the folder of a model in the Hugging Face format/, remedy: /Omit the file name/,
    });
  });

  test('is refused with more than 1024 characters, without repeating them all', () => {
    const uri = `s3://weights/${'a'.repeat(1024 - 's3://weights/'.length + 1)}`;

    expectComplaint(() => newModel({ source: ModelSource.fromS3Uri(uri) }), complaint(`${JSON.stringify(uri).slice(0, 120)}... (1027 characters)`));
  });

  test('may have 1024 characters', () => {
    expect(() => newModel({ source: ModelSource.fromS3Uri(`s3://weights/${'a'.repeat(1024 - 's3://weights/'.length)}`) })).not.toThrow();
  });

  test.each(['s3://abc', 's3://abc/', 's3://we.ig-hts/llama', "s3://weights/-!_*'().aZ0/8b/"])('may be %s', (uri) => {
    expect(() => newModel({ source: ModelSource.fromS3Uri(uri) })).not.toThrow();
  });

  const badPrefixes = ['llama 3/', 'step=100/', '/llama/', 'llama//8b/', 'llama//'];

  test.each(badPrefixes)('is refused as the prefix %j of a bucket', (prefix) => {
    expectComplaint(
      () => newModel(stack => ({ source: ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', 'weights'), prefix) })),
      complaint(JSON.stringify(`s3://weights/${prefix}`)),
    );
  });

  test.each([...badPrefixes, 'a'.repeat(1020)])('is refused as the prefix %j of a bucket whose name only the deployment knows', (prefix) => {
    expectComplaint(
      () => newModel(stack => ({ source: ModelSource.fromBucket(new s3.Bucket(stack, 'Weights'), prefix) })),
      { property: 'source', value: JSON.stringify(prefix).slice(0, 100), rule: /a prefix that makes an S3 URI/, remedy: /Copy the model to a prefix/ },
    );
  });

  test('is refused with the name of an imported bucket that cannot be one', () => {
    expectComplaint(
      () => newModel(stack => ({ source: ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Weights', 'We_ights'), '') })),
      complaint('"s3://We_ights/"'),
    );
  });
});

describe('importedModelName', () => {
  test.each(['', '-llama', '_llama', 'llama--8b', 'llama__8b', 'llama-_8b', 'llama3.1', 'llama 3', 'llama+lora', 'llamä', 'a'.repeat(64)])('%j is refused', (name) => {
    expectComplaint(() => newModel({ importedModelName: name }), {
      property: 'importedModelName', value: JSON.stringify(name), rule: /1 to 63 letters and digits, with single "-" or "_" between them/, remedy: /omit it to have one generated/,
    });
  });

  test.each(['a', '3', 'Llama-3_1-8b', 'llama-', 'a'.repeat(63)])('may be %j', (name) => {
    expect(() => newModel({ importedModelName: name })).not.toThrow();
  });

  test('that is wrong is found at once, however it is built', () => {
    const started = Date.now();
    expect(() => newModel({ importedModelName: `${'a-'.repeat(30)}!` })).toThrow();
    expect(Date.now() - started).toBeLessThan(1000);
  });
});

describe('jobNamePrefix', () => {
  test.each(['', '-llama', '.llama', '+llama', 'llama_8b', 'llama 3', 'llama/8b', 'llamä', 'a'.repeat(29)])('%j is refused', (prefix) => {
    expectComplaint(() => newModel({ jobNamePrefix: prefix }), {
      property: 'jobNamePrefix', value: JSON.stringify(prefix), rule: /1 to 28 letters, digits, "\+", "-" or "\."/, remedy: /the rest of the job name is always generated/,
    });
  });

  test.each(['a', '3', 'llama-3.1+8b', 'a--b', 'a'.repeat(28)])('may be %j', (prefix) => {
    expect(() => newModel({ jobNamePrefix: prefix })).not.toThrow();
  });

  test('that is wrong is found at once, however many hyphens it has', () => {
    const started = Date.now();
    expect(() => newModel({ jobNamePrefix: `a${'-'.repeat(28)}!` })).toThrow();
    expect(Date.now() - started).toBeLessThan(1000);
  });
});

describe('the network', () => {
  test.each([0, 17])('is refused with %i subnets', (count) => {
    expectComplaint(() => newModel(stack => ({ vpc: newVpc(stack), vpcSubnets: subnets(stack, count) })), {
      property: 'vpcSubnets', value: `got ${count} subnets`, rule: /Bedrock accepts 1 to 16/, remedy: /Select other subnets with vpcSubnets/,
    });
  });

  test.each([0, 6])('is refused with %i security groups', (count) => {
    expectComplaint(() => newModel(stack => ({ vpc: newVpc(stack), securityGroups: groups(stack, count) })), {
      property: 'securityGroups', value: `got ${count} security groups`, rule: /Bedrock accepts 1 to 5/, remedy: /Combine the rules in fewer groups/,
    });
  });

  test('may have 16 subnets and 5 security groups', () => {
    expect(() => newModel(stack => ({ vpc: newVpc(stack), vpcSubnets: subnets(stack, 16), securityGroups: groups(stack, 5) }))).not.toThrow();
  });

  test.each([
    ['a type', { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, '"Isolated"'],
    ['a group', { subnetGroupName: 'import' }, '"import"'],
    ['Availability Zones', { availabilityZones: ['us-east-1a'] }, '"a selection"'],
    ['nothing', {}, '"a selection"'],
  ])('is refused when vpcSubnets selects by %s without vpc', (_, vpcSubnets, value) => {
    expectComplaint(() => newModel({ vpcSubnets }), { property: 'vpcSubnets', value, rule: /used together with vpc/, remedy: /Set vpc as well, or remove the property/ });
  });

  test('is refused when there are securityGroups without vpc', () => {
    expectComplaint(() => newModel(stack => ({ securityGroups: groups(stack, 2) })), {
      property: 'securityGroups', value: '"2 groups"', rule: /used together with vpc/, remedy: /Set vpc as well, or remove the property/,
    });
  });

  test('is refused when it is asked for its connections, but there is no VPC', () => {
    const model = newModel({});

    expect(() => model.connections).toThrow(/connections: only an import job in a VPC has network connections\. Set the property vpc\. \[Stack\/Llama\]/);
  });

  // IAM statements name each subnet; what is one value until the deployment cannot be taken apart.
  test('is refused when the subnets are one list that only the deployment knows', () => {
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

describe.each(['importedModelTags', 'jobTags'] as const)('%s', (property) => {
  const bad: { readonly what: string; readonly tags: { [key: string]: string }; readonly complaint: Complaint }[] = [
    {
      what: 'more than 50',
      tags: tagsNumbering(51),
      complaint: { property, value: 'got 51 tags', rule: /Bedrock accepts 0 to 50/, remedy: /Remove tags, or exclude this model from some/ },
    },
    {
      what: 'a key of 129 characters',
      tags: { ['k'.repeat(129)]: 'value' },
      complaint: { property: `${property} key`, value: '"kkkk', rule: /1 to 128/, remedy: /Rename the tag/ },
    },
    {
      what: 'a key against the pattern',
      tags: { 'team&co': 'value' },
      complaint: { property: `${property} key`, value: '"team&co"', rule: /letters, digits, spaces or the characters \. _ : \/ = \+ @ -/, remedy: /Rename the tag/ },
    },
    {
      what: 'a key that AWS reserves',
      tags: { 'aws:team': 'value' },
      complaint: { property: `${property} key`, value: '"aws:team"', rule: /not start with "aws:"/, remedy: /exclude this model from/ },
    },
    {
      what: 'a value of 257 characters',
      tags: { team: 'v'.repeat(257) },
      complaint: { property: `${property}["team"]`, value: '"vvvv', rule: /at most 256/, remedy: /Change the value/ },
    },
    {
      what: 'a value against the pattern',
      tags: { team: 'a, b' },
      complaint: { property: `${property}["team"]`, value: '"a, b"', rule: /letters, digits, spaces/, remedy: /exclude this model from/ },
    },
  ];

  test.each(bad)('with $what are refused', ({ tags, complaint }) => {
    expectComplaint(() => modelOf(newModel({ [property]: tags }).stack), complaint);
  });

  test('with an empty key are refused', () => {
    expectComplaint(() => modelOf(newModel({ [property]: { '': 'value' } }).stack), {
      property: `${property} key`, value: '""', rule: /1 to 128/, remedy: /Rename the tag/,
    });
  });

  test.each(bad)('with $what are refused when they come from Tags.of()', ({ tags, complaint }) => {
    expectComplaint(() => {
      const model = newModel({});
      Object.entries(tags).forEach(([key, value]) => Tags.of(model).add(key, value));
      return modelOf(model.stack);
    }, complaint);
  });

  test('are counted together with those of Tags.of()', () => {
    expectComplaint(() => {
      const model = newModel({ [property]: tagsNumbering(26, 'property') });
      Object.entries(tagsNumbering(25, 'aspect')).forEach(([key, value]) => Tags.of(model.stack).add(key, value));
      return modelOf(model.stack);
    }, { property, value: 'got 51 tags', rule: /Bedrock accepts 0 to 50/, remedy: /Remove tags/ });
  });

  test('are counted once when they replace those of Tags.of()', () => {
    const model = newModel({ [property]: tagsNumbering(50) });
    Tags.of(model).add('tag0', 'another value');

    expect(() => modelOf(model.stack)).not.toThrow();
  });

  test('may be 50, with keys of 128 and values of 256 characters', () => {
    const { stack } = newModel({ [property]: { ...tagsNumbering(49), ['k ._:/=+@-'.padEnd(128, 'k')]: 'v ._:/=+@-'.padEnd(256, 'v') } });

    expect(modelOf(stack).Properties[property === 'jobTags' ? 'JobTags' : 'ImportedModelTags']).toHaveLength(50);
  });
});

test('tags of an outer scope that Bedrock does not take are refused at synth', () => {
  expectComplaint(() => {
    const { stack } = newModel({});
    Tags.of(stack.node.root).add('city', 'Zürich');
    return modelOf(stack);
  }, { property: 'importedModelTags["city"]', value: '"Zürich"', rule: /letters, digits, spaces/, remedy: /Change the value, or exclude this model from/ });
});

test('tags of an outer scope that Bedrock does not take are no problem when the model is excluded from them', () => {
  const model = newModel({});
  Tags.of(model.stack.node.root).add('city', 'Zürich');
  Tags.of(model).remove('city');

  expect(() => modelOf(model.stack)).not.toThrow();
});

describe('importTimeout', () => {
  test.each([
    [Duration.minutes(0), '0'],
    [Duration.seconds(30), '0.5'],
    [Duration.seconds(90), '1.5'],
    [Duration.minutes(721), '721'],
    [Duration.days(1), '1440'],
  ])('of %s is refused', (importTimeout, value) => {
    expectComplaint(() => newModel({ importTimeout }), {
      property: 'importTimeout', value: `${value} must`, rule: /a whole number of minutes, 1 to 720/, remedy: /Most imports take less than an hour/,
    });
  });

  test('that only the deployment knows is refused: it decides how many resources there are', () => {
    expectComplaint(() => newModel({ importTimeout: Duration.minutes(Token.asNumber({ Ref: 'Minutes' })) }), {
      property: 'importTimeout', value: '', rule: /known at synthesis/, remedy: /Pass a number/,
    });
  });
});

describe('source.bucketAccount', () => {
  test.each(['1111222233', '1111-2222-3333'])('%s is refused', bucketAccount => {
    expectComplaint(() => newModel({ source: ModelSource.fromS3Uri('s3://weights/', { bucketAccount }) }), {
      property: 'source.bucketAccount', value: `"${bucketAccount}"`, rule: /12 digits/, remedy: /account that owns the bucket/,
    });
  });
});

describe('queryInterval', () => {
  test.each([
    ['0 seconds', Duration.seconds(0)],
    ['4 seconds', Duration.seconds(4)],
    ['121 seconds', Duration.seconds(121)],
    ['an hour', Duration.hours(1)],
    ['half a second', Duration.millis(500)],
    ['5.5 seconds', Duration.millis(5500)],
    ['a time that only the deployment knows', Duration.seconds(Token.asNumber({ Ref: 'Seconds' }))],
  ])('of %s is refused', (_, queryInterval) => {
    expectComplaint(() => new ModelImportProvider(newStack(), 'Provider', { queryInterval }), {
      property: 'queryInterval', value: '', rule: /5 seconds to 2 minutes/, remedy: /30 seconds suit most imports/,
    }, 'Stack/Provider');
  });

  test.each([5, 120])('may be %i seconds', (seconds) => {
    expect(() => new ModelImportProvider(newStack(), 'Provider', { queryInterval: Duration.seconds(seconds) })).not.toThrow();
  });
});

test('a removalPolicy of SNAPSHOT is refused: there is no such thing', () => {
  expectComplaint(() => newModel({ removalPolicy: RemovalPolicy.SNAPSHOT }), {
    property: 'removalPolicy', value: '"snapshot"', rule: /DESTROY or RETAIN/, remedy: /the weights in Amazon S3 are the copy/,
  });
});

describe.each([
  ['encryption', (key: kms.IKey): Partial<ImportedModelProps> => ({ encryption: ModelEncryption.customerManaged(key) })],
  ['source.encryptionKey', (encryptionKey: kms.IKey): Partial<ImportedModelProps> => ({ source: ModelSource.fromS3Uri('s3://weights/', { encryptionKey }) })],
])('%s', (property, propsWith) => {
  const asymmetric = { rule: /SYMMETRIC_DEFAULT|ENCRYPT_DECRYPT/, remedy: /symmetric encryption keys only; pass such a key/ };

  test.each([
    ['an RSA key', { keySpec: kms.KeySpec.RSA_2048 }, 'keySpec', '"RSA_2048"'],
    ['an RSA key for signatures', { keySpec: kms.KeySpec.RSA_4096, keyUsage: kms.KeyUsage.SIGN_VERIFY }, 'keyUsage', '"SIGN_VERIFY"'],
    ['an elliptic curve key', { keySpec: kms.KeySpec.ECC_NIST_P256, keyUsage: kms.KeyUsage.SIGN_VERIFY }, 'keySpec', '"ECC_NIST_P256"'],
    ['an HMAC key', { keySpec: kms.KeySpec.HMAC_256, keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC }, 'keyUsage', '"GENERATE_VERIFY_MAC"'],
  ])('is refused when it is %s', (_, keyProps, attribute, value) => {
    expectComplaint(() => newModel(stack => propsWith(new kms.Key(stack, 'Key', keyProps))), { property: `${property}.${attribute}`, value, ...asymmetric });
  });

  test('is refused when it is the alias of an asymmetric key', () => {
    expectComplaint(
      () => newModel(stack => propsWith(new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048 }).addAlias('models'))),
      { property: `${property}.keySpec`, value: '"RSA_2048"', ...asymmetric },
    );
  });

  test('is refused when it is an asymmetric key that was made with CfnKey', () => {
    expectComplaint(
      () => newModel(stack => propsWith(kms.Key.fromCfnKey(new kms.CfnKey(stack, 'Key', { keySpec: 'RSA_2048', keyPolicy: { Version: '2012-10-17', Statement: [] } })))),
      { property: `${property}.keySpec`, value: '"RSA_2048"', ...asymmetric },
    );
  });

  test('is refused when it is an imported alias: nobody knows of which key', () => {
    expectComplaint(() => newModel(stack => propsWith(kms.Alias.fromAliasName(stack, 'Alias', 'alias/models'))), {
      property, value: '"alias/models"', rule: /a key: CDK does not know the key of an imported alias/, remedy: /Key\.fromKeyArn\(\) or Key\.fromLookup\(\)/,
    });
  });
});

test('a key of another Region is refused to encrypt the model', () => {
  expectComplaint(() => newModel(stack => ({ encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace('us-east-1', 'us-west-2'))) })), {
    property: 'encryption', value: '"us-west-2"', rule: /in the Region of the model, us-east-1/, remedy: /a replica of a multi-Region key/,
  });
});

describe('importedModelArn', () => {
  test.each([
    ['a name', 'llama'],
    ['an id', 'abcdefghijkl'],
    ['a foundation model', 'arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-8b-instruct-v1:0'],
    ['an import job', MODEL_ARN.replace('imported-model', 'model-import-job')],
    ['an id that is too short', MODEL_ARN.slice(0, -1)],
    ['an ARN without an account', MODEL_ARN.replace(/\d{12}/, '')],
    ['an ARN with something after it', `${MODEL_ARN}/1`],
    ['nothing', ''],
  ])('is refused when it is %s', (_, arn) => {
    expectComplaint(() => ImportedModel.fromImportedModelArn(newStack(), 'Llama', arn), {
      property: 'importedModelArn', value: JSON.stringify(arn), rule: /the ARN of an imported model, like arn:aws:bedrock:/, remedy: /Copy it from the output of the stack/,
    }, 'Stack');
  });
});

test('several mistakes are reported at once', () => {
  const build = () => newModel({ importedModelName: 'llama 3', jobNamePrefix: 'llama_3', importTimeout: Duration.hours(13) });

  expect(build).toThrow(/importedModelName: .*jobNamePrefix: .*importTimeout: /);
});

describe('a value that only the deployment knows passes through', () => {
  const parameter = (stack: Stack, id = 'Parameter') => new CfnParameter(stack, id).valueAsString;
  const lazy = (value: string) => Lazy.string({ produce: () => value });

  test.each<[string, (stack: Stack) => Partial<ImportedModelProps>, { [name: string]: unknown }]>([
    ['source', stack => ({ source: ModelSource.fromS3Uri(parameter(stack)) }), { S3Uri: '${Parameter}' }],
    ['source.prefix', stack => ({ source: ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'weights'), parameter(stack)) }), { S3Uri: 's3://weights/${Parameter}' }],
    ['source.version', stack => ({ source: ModelSource.fromS3Uri('s3://weights/', { version: parameter(stack) }) }), { SourceVersion: '${Parameter}' }],
    ['importedModelName', stack => ({ importedModelName: parameter(stack) }), { ImportedModelName: '${Parameter}' }],
    ['importedModelName, in part', stack => ({ importedModelName: `llama ${parameter(stack)}` }), { ImportedModelName: 'llama ${Parameter}' }],
    ['importedModelName, lazily', () => ({ importedModelName: lazy('llama') }), { ImportedModelName: 'llama' }],
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

  test('a key of whose kind only the deployment knows', () => {
    const stack = newStack();
    const key = new kms.CfnKey(stack, 'Key', { keySpec: parameter(stack), keyPolicy: { Version: '2012-10-17', Statement: [] } });

    expect(() => newModel({ encryption: ModelEncryption.customerManaged(kms.Key.fromCfnKey(key)) }, stack)).not.toThrow();
  });
});
