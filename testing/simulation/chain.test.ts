import { Duration, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DEFAULT_MODEL, templateOf } from './template';
import {
  ImportedModel, ModelEncryption, ModelFormatCheck, ModelImportProvider, ModelSource, ModelVerification, ReplacementStrategy,
} from '../../src';
import { RESOURCE_TYPES } from '../../src/imported-model/provider/contract';
import { newApp } from '../support/stacks';

interface Synthesized {
  readonly Type: string;
  readonly Properties: { readonly [name: string]: unknown };
  readonly DependsOn?: string[];
}

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/00000001-0000-0000-0000-000000000000';
const TYPES: readonly string[] = Object.values(RESOURCE_TYPES);

/** The chains that the library synthesizes, with construct IDs instead of logical IDs. */
function synthesizedChains(oneImportAtATime: boolean, _waitWindowMinutes: number) {
  const app = newApp();
  const stack = new Stack(app, 'A', { env: { account: '111122223333', region: 'us-east-1' } });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['us-east-1a'], privateSubnetIds: ['subnet-1'] });
  const provider = new ModelImportProvider(stack, 'Provider', { oneImportAtATime });
  const bucket = Bucket.fromBucketName(stack, 'Bucket', 'amzn-s3-demo-bucket');
  const plain = new ImportedModel(stack, 'M0', {
    source: ModelSource.fromBucket(bucket, 'weights-0/'),
    provider,
    _waitWindowMinutes,
    importTimeout: Duration.minutes(_waitWindowMinutes),
    formatCheck: ModelFormatCheck.disabled(),
  });
  const rich = new ImportedModel(stack, 'M1', {
    source: ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/weights-1/', { version: '2' }),
    provider,
    _waitWindowMinutes,
    importTimeout: Duration.minutes(4 * _waitWindowMinutes - 3),
    formatCheck: ModelFormatCheck.enabled(),
    importedModelName: 'exact',
    jobNamePrefix: 'nightly',
    role: iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111122223333:role/user-1', { mutable: false }),
    encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', KEY)),
    vpc,
    vpcSubnets: { subnets: vpc.privateSubnets },
    securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1', { mutable: false })],
    importedModelTags: { team: 'a' },
    jobTags: { cost: '1' },
    replacementStrategy: ReplacementStrategy.DELETE_FIRST,
  });
  // With the longest window, the last one leaves time for the verification: the chain has one link more than without it.
  new ImportedModel(stack, 'M2', {
    source: ModelSource.fromBucket(bucket, 'weights-1/'),
    provider,
    _waitWindowMinutes,
    importTimeout: Duration.minutes(2 * _waitWindowMinutes),
    formatCheck: ModelFormatCheck.enabled({ acknowledge: ['unsupported-architecture'] }),
    verification: ModelVerification.invoke({ prompt: 'The capital of France is', expect: 'Paris' }),
    keepPrevious: true,
  });
  Tags.of(plain).add('team', 'b');
  expect(rich.node.path).toBe('A/M1');

  const resources = Object.entries((Template.fromStack(stack).toJSON() as { Resources: { [id: string]: Synthesized } }).Resources);
  const shortNames = new Map(resources.map(([id, { Type }]) => [id, shortName(id, Type)]));
  return Object.fromEntries(resources.filter(([, { Type }]) => TYPES.includes(Type)).map(([id, { Type, Properties, DependsOn = [] }]) => {
    const { ServiceToken, NameBase, ...properties } = Properties;
    expect(ServiceToken).toBeDefined();
    if (Properties.Link === 'import') expect(NameBase).toMatch(/^[A-Za-z0-9]+$/);
    const references = JSON.stringify(properties).match(/(?<="Fn::GetAtt":\["|"Ref":")\w+/g) ?? [];
    return [shortNames.get(id), {
      type: Type,
      properties: JSON.parse(JSON.stringify(properties), (_, value: unknown) => resolved(value, shortNames)) as object,
      dependsOn: [...new Set([...DependsOn, ...references].map(other => shortNames.get(other) ?? '').filter(other => /^M\d/.test(other)))].sort(),
    }];
  }));
}

function shortName(id: string, type: string): string {
  if (TYPES.includes(type)) return id.replace(/[0-9A-F]{8}$/, '').replace(/^(M\d)$/, '$1Resource');
  return type === 'AWS::IAM::Role' && /^M\d/.test(id) ? id.slice(0, 2) + 'ServiceRole' : '';
}

function resolved(value: unknown, shortNames: Map<string, string>): unknown {
  const reference = (value as { Ref?: string } | null)?.Ref;
  if (reference !== undefined) return `${shortNames.get(reference) || reference}.Ref`;
  const [id, attribute] = (value as { 'Fn::GetAtt'?: [string, string] } | null)?.['Fn::GetAtt'] ?? [];
  if (id !== undefined) return `${id}.${attribute}`; // the reviver has already replaced the logical ID
  return typeof value === 'string' ? shortNames.get(value) || value : value;
}

/** The chains of the simulation. */
function simulatedChains(oneImportAtATime: boolean, windowMinutes: number) {
  const world = { windowMinutes, oneImportAtATime } as Parameters<typeof templateOf>[0];
  const { definitions } = templateOf(world, 'A', [
    { ...DEFAULT_MODEL, windows: 1, modelTags: { team: 'b' }, jobTags: { team: 'b' } },
    {
      ...DEFAULT_MODEL,
      weights: 1,
      version: 2,
      key: 1,
      name: 'exact',
      prefix: 'nightly',
      role: 'user-1',
      vpc: true,
      modelTags: { team: 'a' },
      jobTags: { cost: '1' },
      windows: 4,
      lessMinutes: 3,
      strategy: 'DELETE_FIRST',
      check: 'on',
    },
    { ...DEFAULT_MODEL, weights: 1, check: 'acknowledged', verification: 'on', keepPrevious: true },
  ], undefined, 0);
  return Object.fromEntries([...definitions.values()].filter(({ kind }) => kind === 'link').map(({ logicalId, link, properties, dependsOn }) => {
    const { ServiceToken: _, NameBase: __, ...rest } = properties((id, attribute) => `${id}.${attribute}`);
    return [logicalId, { type: RESOURCE_TYPES[link ?? 'model'], properties: rest, dependsOn: [...new Set(dependsOn)].sort() }];
  }));
}

test.each([[true, 20], [false, 20], [true, 55]])('the simulation uses the same chains as the library (one import at a time: %s, windows of %i minutes)', (...world) => {
  expect(simulatedChains(...world)).toEqual(synthesizedChains(...world));
});
