import { S3Folder } from '../../../src/model-format/folders/s3-folder';
import type { Report } from '../findings';
import type { World } from '../world';
import { outcomeOf } from './bedrock/imports';
import { RecordedStack } from './cloudformation/recorded-stack';
import type { Probe } from './probe';

const FOLDER = 'services';

/** What CloudFormation, Amazon S3 and Amazon EC2 do besides. */
export const services: Probe = {
  name: 'services',
  title: 'Look for resource types of Bedrock, list a bucket from another Region, replace an object, and describe a security group in Greek',
  ids: ['ASK-8', 'CHK-5', 'CHK-9', 'ASK-2'],
  makes: 'an object in the bucket of the run, and a stack that is refused',
  minutes: 5,
  cents: 0,
  async run(world, report) {
    await lookForTypes(world, report);
    await listFromElsewhere(world, report);
    await replaceObject(world, report);
    await describeInGreek(world, report);
  },
};

async function lookForTypes({ aws: { cloudFormation } }: World, report: Report): Promise<void> {
  const seen: string[] = [];
  let provisionable = false;
  for (const TypeName of ['AWS::Bedrock::ImportedModel', 'AWS::Bedrock::ModelImportJob']) {
    const { error, result, text } = await outcomeOf(cloudFormation.describeType({ Type: 'RESOURCE', TypeName }));
    if (error !== undefined && error.name !== 'TypeNotFoundException') {
      report.notObserved('ASK-8', text);
      return;
    }
    provisionable ||= result !== undefined && result.ProvisioningType !== 'NON_PROVISIONABLE';
    seen.push(`${TypeName}: ${error === undefined ? result!.ProvisioningType : text}`);
  }
  report.judge('ASK-8', !provisionable, seen.join('; '));
}

/** The folder as the check of files reads it. */
async function listFromElsewhere(world: World, report: Report): Promise<void> {
  const { aws: { s3 }, bucket, region } = world;
  const { credentials, endpoint, forcePathStyle } = s3.config;
  const elsewhere = { credentials, forcePathStyle, region: region === 'us-west-2' ? 'us-east-1' : 'us-west-2', ...endpoint && { endpoint: await endpoint() } };
  const redirected = new S3Folder({ bucket, prefix: FOLDER }, elsewhere);
  const refused = new S3Folder({ bucket, prefix: FOLDER, expectedBucketOwner: '111122223333' }, elsewhere);
  const listed = await outcomeOf(redirected.list());
  const denied = await outcomeOf(refused.list());
  const known = [redirected, refused].map(({ bucketRegion }) => bucketRegion ?? 'not said');
  report.judge('CHK-5', known.every(one => one === region), `ListObjectsV2 from ${elsewhere.region}: ${listed.text}, Region of the bucket: ${known[0]}; `
    + `with another owner: ${denied.text.split('\n')[0]}, Region of the bucket: ${known[1]}`);
}

async function replaceObject({ aws: { s3 }, bucket: Bucket }: World, report: Report): Promise<void> {
  const Key = `${FOLDER}/config.json`;
  const tagOf = async (Body: string) => (await s3.putObject({ Bucket, Key, Body })).ETag;
  const [first, second] = [await tagOf('{"a":1}'), await tagOf('{"a":2}')];
  report.judge('CHK-9', first !== second, `two contents of one size and their entity tags: ${first}, ${second}`);
}

/** Through CloudFormation, as a stack of the library would. */
async function describeInGreek(world: World, report: Report): Promise<void> {
  const stack = new RecordedStack(world, '', `acceptance-${world.run}-greek`);
  const { error } = await outcomeOf(stack.deploy({ Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'Imports μοντέλα' } } }));
  const message = error?.message ?? 'accepted';
  if (error === undefined || /GroupDescription|ASCII|character/i.test(message)) report.judge('ASK-2', error !== undefined, message);
  else report.notObserved('ASK-2', message); // for example, because the account has no default VPC
}
