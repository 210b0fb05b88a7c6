import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ImportedModel, ImportedModelLookup, ModelEncryption, ModelSource, ReplacementStrategy } from '../../src';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const source = (version?: string) => ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/llama/', { version });

/** Apps that may be deployed. They must not change; others can be added. */
export const APPS: { readonly [name: string]: (stack: Stack) => void } = {
  'the plainest model': stack => { new ImportedModel(stack, 'Llama', { source: source() }); },
  'an exact name, retained': stack => {
    const model = new ImportedModel(stack, 'Llama', { source: source(), importedModelName: 'llama', removalPolicy: RemovalPolicy.RETAIN });
    new ImportedModelLookup(stack, 'Found', { importedModelName: 'llama' }).node.addDependency(model);
  },
  'everything, in three windows': stack => {
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-0bb1c79de3EXAMPLE', availabilityZones: ['us-east-1a'] });
    const model = new ImportedModel(stack, 'Llama', {
      source: source('2026-11-25'),
      encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', KEY)),
      jobNamePrefix: 'nightly',
      vpc,
      vpcSubnets: { subnets: [ec2.Subnet.fromSubnetId(stack, 'Subnet', 'subnet-0bb1c79de3EXAMPLE')] },
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0bb1c79de3EXAMPLE')],
      importedModelTags: { team: 'platform' },
      jobTags: { 'cost-center': '42' },
      replacementStrategy: ReplacementStrategy.DELETE_FIRST,
      importTimeout: Duration.hours(3),
    });
    model.publishArn('/models/llama');
    Tags.of(model).add('stage', 'prod');
  },
  'with a key of its own': stack => { new ImportedModel(stack, 'Llama', { source: source(), encryption: ModelEncryption.customerManaged() }); },
};

/** Creates an app. Its output is deleted after `use`. */
export async function withApp<T>(name: string, use: (app: App, stack: Stack) => T | Promise<T>): Promise<T> {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'compatibility-'));
  try {
    const app = new App({ outdir, analyticsReporting: false, treeMetadata: false, context: { 'aws:cdk:disable-asset-staging': true } });
    const stack = new Stack(app, 'Models', { env: { account: '111122223333', region: 'us-east-1' } });
    APPS[name](stack);
    return await use(app, stack);
  } finally {
    fs.rmSync(outdir, { recursive: true });
  }
}
