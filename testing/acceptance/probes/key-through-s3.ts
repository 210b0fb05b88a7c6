import { outcomeOf, type Outcome } from './bedrock/imports';
import { createKey } from './bedrock/keys';
import { createRole } from './bedrock/roles';
import type { Probe } from './probe';
import type { World } from '../world';

const KEY = 'through-s3/config.json';
const LOOK_MS = 10_000;
/** The longest time until new roles and their policies can be used. */
const PATIENCE_MS = 3 * 60_000;

/** How the function of the provider may decrypt the files that it checks. */
export const keyThroughS3: Probe = {
  name: 'key-through-s3',
  title: 'Read an encrypted object with roles whose permission on the key is limited to Amazon S3, and to another service',
  ids: ['ASK-17'],
  makes: 'a stack with a KMS key, two roles, an object',
  minutes: 10,
  cents: 1,
  async run(world, report) {
    const keyArn = await createKey(world, 's3');
    await world.aws.s3.putObject({ Bucket: world.bucket, Key: KEY, Body: '{}', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyArn });
    const throughS3 = await readWith(world, 's3', keyArn);
    const throughOther = await readWith(world, 'dynamodb', keyArn);
    const { holds, evidence } = judgeReads(throughS3, throughOther);
    if (holds === undefined) report.notObserved('ASK-17', evidence);
    else report.judge('ASK-17', holds, evidence);
  },
};

/** Undefined if the key is not what decides. */
export function judgeReads(throughS3: Outcome<unknown>, throughOther: Outcome<unknown>): { readonly holds?: boolean; readonly evidence: string } {
  const evidence = `kms:ViaService of Amazon S3: ${throughS3.text}; of Amazon DynamoDB: ${throughOther.text}`;
  const isOfKey = ({ error, text }: Outcome<unknown>) => error?.name === 'AccessDenied' && /kms/i.test(text);
  if (throughS3.error === undefined) return { holds: isOfKey(throughOther) ? true : undefined, evidence };
  return { holds: isOfKey(throughS3) ? false : undefined, evidence };
}

/** Reads the object with a role that may use the key through one service only. Repeats what may be refused because the role is new. */
async function readWith(world: World, service: string, keyArn: string): Promise<Outcome<unknown>> {
  const { account, bucket, partition, region, time } = world;
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:${partition}:iam::${account}:root` } } as const;
  const viaService = { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } };
  const { s3 } = await world.as(await createRole(world, `through-${service}`, trust, [
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:${partition}:s3:::${bucket}/${KEY}` },
    { Effect: 'Allow', Action: 'kms:Decrypt', Resource: keyArn, Condition: viaService },
  ]));
  const deadline = time.now() + PATIENCE_MS;
  for (;;) {
    const outcome = await outcomeOf(s3.getObject({ Bucket: bucket, Key: KEY }));
    if (outcome.error === undefined || time.now() > deadline) return outcome;
    await time.sleep(LOOK_MS);
  }
}
