import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketLocationConstraint } from '@aws-sdk/client-s3';
import type { Ledger } from './ledger';
import { clientsOf, type Clients, type Credentials, type Time, type World } from './world';
import { runCdk } from '../local-aws/cdk-cli';
import { ProcessGuard } from '../local-aws/process-guard';
import { validModel } from '../model-files';
import { bytesOf } from '../model-files/model-files';

const CDK_SECONDS = 6 * 3600;
const ASSUME_ROLE_PATIENCE_MS = 2 * 60_000;
const LOOK_MS = 10_000;

export interface AccountProps {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly made: Ledger;
  readonly run: string;
  /** A model of the user. @default - the smallest model of the tests, in the bucket of the run */
  readonly weights?: string;
  /** The ID of a cheap model of the catalogue that batch inference takes. */
  readonly batchModel: string;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** The name of a run, which is a part of the names of all that it makes. */
export function newRun(): string {
  return randomBytes(4).toString('hex');
}

export function realTime(signal: AbortSignal): Time {
  return { now: () => Date.now(), sleep: async (ms) => sleep(ms, undefined, { signal }) };
}

/** Calls a function with the account of the credentials. Makes the bucket of the run first. */
export async function withAccount(props: AccountProps, use: (world: World) => Promise<void>): Promise<void> {
  const { account, region, partition, made, run, signal, log } = props;
  const aws = clientsOf({ region });
  const time = realTime(signal);
  const bucket = `acceptance-${run}-${account}`;
  made.add({ kind: 'bucket', name: bucket });
  const CreateBucketConfiguration = region === 'us-east-1' ? undefined : { LocationConstraint: region as BucketLocationConstraint };
  await aws.s3.createBucket({ Bucket: bucket, CreateBucketConfiguration });

  const guard = new ProcessGuard();
  signal.addEventListener('abort', () => void guard.stop());
  const directory = await mkdtemp(join(tmpdir(), 'acceptance-'));
  let commands = 0;
  try {
    await use({
      run,
      account,
      partition,
      region,
      aws,
      time,
      made,
      bucket,
      log,
      batchModel: props.batchModel,
      weights: props.weights === undefined ? await uploadModel(aws, bucket) : folderOf(props.weights),
      as: async (roleArn) => clientsOf({ region, credentials: async () => credentialsOf(aws, time, roleArn), userAgentAppId: roleArn.replace(/^.*\//, '') }),
      cdk: async (args, app, kill) => runCdk(guard, args, {
        app,
        output: join(directory, String(++commands)),
        env: { ...process.env, AWS_REGION: region, AWS_DEFAULT_REGION: region, CDK_DISABLE_CLI_TELEMETRY: 'true' },
        timeoutSeconds: CDK_SECONDS,
        onLine: log,
        signal: kill,
      }),
    });
  } finally {
    await guard.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function uploadModel({ s3 }: Clients, Bucket: string): Promise<World['weights']> {
  const prefix = 'llama/';
  for (const [path, content] of Object.entries(validModel())) await s3.putObject({ Bucket, Key: `${prefix}${path}`, Body: bytesOf(content) });
  return { bucket: Bucket, prefix };
}

function folderOf(uri: string): World['weights'] {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri)!;
  return { bucket, prefix };
}

/** The credentials of a role, which cannot be assumed in its first seconds. The SDK asks again before they expire. */
async function credentialsOf({ sts }: Clients, time: Time, RoleArn: string): Promise<Credentials> {
  const deadline = time.now() + ASSUME_ROLE_PATIENCE_MS;
  for (;;) {
    try {
      const { Credentials: assumed } = await sts.assumeRole({ RoleArn, RoleSessionName: 'acceptance' });
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed!;
      return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken, expiration: Expiration };
    } catch (error) {
      if (time.now() > deadline) throw error;
      await time.sleep(LOOK_MS);
    }
  }
}
