/**
 * Plays the probe `state-machine` on a local AWS, where the engine of testing/step-functions takes the place of Step Functions, and writes what it
 * has seen to `local.json`. The tests of the judgement start from it.
 *
 *     npx projen bundle && npx tsx testing/acceptance/probes/state-machine/local.ts
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SFN } from '@aws-sdk/client-sfn';
import { gather } from './gather';
import { judge } from './judge';
import { deployArguments, stackFrom } from './state-machine';
import { type ObjectStore, S3Objects } from '../../../bedrock-server/objects';
import { startBedrockServer } from '../../../bedrock-server/server';
import { EmulatorApi } from '../../../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../../../local-aws/environment';
import { FastClock } from '../../../local-aws/fast-clock';
import { startLocalAws } from '../../../local-aws/local-aws';
import { ProcessGuard } from '../../../local-aws/process-guard';
import { startStepFunctions } from '../../../step-functions/engine';
import { clientsOf } from '../../world';
import { REFUSED_TEXT } from '../batch-inference/batch-jobs';

const STACK = 'acceptance-local-batch';
const MODEL = 'amazon.nova-micro-v1:0';
/** A minute takes a second. */
const SPEED = 60;

async function main(): Promise<void> {
  const clock = new FastClock(SPEED);
  let objects: ObjectStore | undefined; // the emulator starts later
  const server = await startBedrockServer({
    account: ACCOUNT,
    region: REGION,
    clock,
    anyModel: true,
    coldStartMs: 2 * 60_000,
    copyConcurrency: Infinity,
    invokeLatencyMs: SPEED * 300, // so that there is something to stop
    objects: {
      list: async (bucket, prefix) => objects!.list(bucket, prefix),
      get: async (bucket, key) => objects!.get(bucket, key),
      put: async (bucket, key, body) => objects!.put(bucket, key, body),
    },
  });
  server.bedrock.inference.poison(REFUSED_TEXT, 'ValidationException');
  const guard = new ProcessGuard();
  const aws = await startLocalAws({ bedrockEndpoint: server.url, waitScale: clock.waitScale });
  try {
    objects = new S3Objects(aws.endpoint);
    const engine = await startStepFunctions({
      guard, dir: aws.dir, awsEndpoint: aws.endpoint, bedrockEndpoint: server.url, waitScale: clock.waitScale, clockOrigin: clock.origin,
    });
    const api = new EmulatorApi(aws.endpoint);
    const app = 'node --import tsx testing/acceptance/probes/state-machine/app.ts';
    const importedModelArn = `arn:aws:bedrock:${REGION}:${ACCOUNT}:imported-model/abcdefghijkl`;
    for (const args of [['bootstrap', aws.target], deployArguments(STACK, MODEL, importedModelArn)]) {
      const { code, output } = await aws.cdk(args, { app: args[0] === 'bootstrap' ? undefined : app });
      assert.equal(code, 0, output);
    }
    const outputs = new Map<string, string>();
    for (const name of ['Bucket', 'KeyArn', 'LogGroup']) outputs.set(name, await api.stackOutput(STACK, name));
    for (const name of ['Jobs', 'Map', 'Imported', 'Events', 'Facts', 'Logs']) {
      const definition = await api.stateMachineDefinition(await api.stackOutput(STACK, `${name}StateMachine`));
      outputs.set(`${name}StateMachine`, await engine.createStateMachine(name, definition));
    }
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sfn = new SFN({ region: REGION, credentials, endpoint: engine.endpoint });
    const { s3 } = clientsOf({ region: REGION, credentials, endpoint: aws.endpoint });
    const sleep = async (ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, clock.realMs(ms)); });
    const time = { now: () => clock.now(), sleep };
    const world = { run: 'local', account: ACCOUNT, batchModel: MODEL, time, aws: { s3, sfn } };
    const observed = await gather(world, stackFrom((name) => outputs.get(name)));
    writeFileSync(join(__dirname, 'local.json'), `${JSON.stringify(observed, undefined, 1)}\n`);
    console.table(judge(observed).map(({ id, holds, evidence }) => ({ id, holds, evidence: evidence.slice(0, 100) })));
  } finally {
    await guard.stop();
    await aws.stop();
    await server.close();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
