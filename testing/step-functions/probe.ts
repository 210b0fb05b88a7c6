/**
 * Shows that the engine runs the shape of a batch inference, and measures it: `npx tsx testing/step-functions/probe.ts`.
 * It is not part of the tests, because it installs the engine.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Execution, type HistoryEvent, type StepFunctions, startStepFunctions } from './engine';
import { probeDefinition, type ProbeOptions } from './probe-definition';
import { runCommand } from '../local-aws/command';
import { EmulatorApi } from '../local-aws/emulator-api';
import { startLocalAws, type LocalAws } from '../local-aws/local-aws';
import { REPOSITORY } from '../local-aws/places';
import { ProcessGuard } from '../local-aws/process-guard';

const BEDROCK_SERVER = join(REPOSITORY, 'testing', 'bedrock-server', 'main.ts');
const BUCKET = 'probe';
const FUNCTION = 'prepare';
/** Ten minutes of the definition are six seconds. */
const WAIT_SCALE = 0.01;

const PREPARE = 'exports.handler = async (event) => ({ run: event.run, concurrency: 2, parts: event.parts });';

class Probe {
  private readonly api: EmulatorApi;

  constructor(private readonly sfn: StepFunctions, private readonly aws: string, private readonly bedrock: string) {
    this.api = new EmulatorApi(aws);
  }

  public async createFunction(guard: ProcessGuard, dir: string): Promise<void> {
    await writeFile(join(dir, 'index.js'), PREPARE);
    await runCommand(guard, 'python3', ['-m', 'zipfile', '-c', 'code.zip', 'index.js'], { cwd: dir, env: process.env, timeoutSeconds: 30 });
    const response = await fetch(`${this.aws}/2015-03-31/functions`, {
      method: 'POST',
      body: JSON.stringify({
        FunctionName: FUNCTION,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/prepare',
        Code: { ZipFile: (await readFile(join(dir, 'code.zip'))).toString('base64') },
      }),
    });
    assert.ok(response.ok, await response.text());
  }

  public async putRecords(key: string, texts: string[]): Promise<void> {
    const lines = texts.map((text, index) => JSON.stringify({ recordId: `r${index}`, modelInput: { prompt: text } }));
    await this.api.putObject(BUCKET, key, Buffer.from(lines.join('\n')));
  }

  public async run(name: string, options: Pick<ProbeOptions, 'innerConcurrency' | 'isFailureCaught'>, parts: object[]): Promise<Execution> {
    const machine = await this.sfn.createStateMachine(name, probeDefinition({ bucket: BUCKET, functionName: FUNCTION, ...options }));
    const began = Date.now();
    const execution = await this.sfn.ended(await this.sfn.startExecution(machine, { run: name, parts }, name));
    this.say(name, began, execution);
    return execution;
  }

  public say(name: string, began: number, { status, output, error, cause }: Execution): void {
    console.log(`${name}: ${status} after ${Date.now() - began} ms ${error ?? ''} ${cause ?? ''}${output ?? ''}`.slice(0, 400));
  }

  /** The control API of the Bedrock server. */
  public async control(method: string, route: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.bedrock}/_control/${route}`, { method, body: body && JSON.stringify(body) });
    const answer: unknown = await response.json();
    assert.ok(response.ok, JSON.stringify(answer));
    return answer;
  }

  public async read(key: string): Promise<string> {
    const response = await fetch(`${this.aws}/${BUCKET}/${key}`);
    assert.ok(response.ok, key);
    return response.text();
  }
}

/** The strict Bedrock server as a process, whose time is as fast as that of the engine. */
async function startBedrock(guard: ProcessGuard): Promise<string> {
  const options = ['--any-model', '--speed', String(1 / WAIT_SCALE), '--min-records', '1', '--batch-seconds', '360'];
  const child = guard.spawn(process.execPath, ['--import', 'tsx', BEDROCK_SERVER, ...options], { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout! }), 'line') as [string];
  return line.replace('listening ', '');
}

async function main(): Promise<void> {
  const guard = new ProcessGuard();
  let aws: LocalAws | undefined;
  try {
    const bedrockEndpoint = await startBedrock(guard);
    aws = await startLocalAws({ bedrockEndpoint, log: console.log });
    const began = Date.now();
    const dir = join(aws.dir, 'step-functions');
    const sfn = await startStepFunctions({ guard, dir, awsEndpoint: aws.endpoint, bedrockEndpoint, waitScale: WAIT_SCALE, log: console.log });
    console.log(`engine: ready after ${Date.now() - began} ms`);
    const probe = new Probe(sfn, aws.endpoint, bedrockEndpoint);
    await fetch(`${aws.endpoint}/${BUCKET}`, { method: 'PUT' });
    await probe.createFunction(guard, dir);

    await records(probe, sfn);
    await polling(probe, sfn);
    await failedJob(probe, sfn);
    await redrive(probe, sfn);
    await stop(sfn);
    for (const concurrency of [2, 50]) await throughput(probe, concurrency);
  } finally {
    await guard.stop();
    await aws?.stop();
  }
}

/** Ten records: one is throttled and retried, one is invalid and becomes an error line. */
async function records(probe: Probe, sfn: StepFunctions): Promise<void> {
  await probe.putRecords('ten.jsonl', ['a', 'b', 'c', 'd', 'e', 'poison', 'g', 'h', 'i', 'j']);
  await probe.control('POST', 'faults', { operation: 'InvokeModel', name: 'ThrottlingException' });
  await probe.control('POST', 'poisons', { marker: 'poison' });
  const { executionArn, output } = await probe.run('records', { innerConcurrency: 4, isFailureCaught: true }, [{ key: 'ten.jsonl', engine: 'invoke' }]);

  const { results } = JSON.parse(output!) as { results: { records: { ResultWriterDetails: { Key: string } } }[] };
  const manifest = JSON.parse(await probe.read(results[0].records.ResultWriterDetails.Key)) as { ResultFiles: Record<string, { Key: string }[]> };
  console.log(`  manifest: ${JSON.stringify(manifest)}`);
  const files = await Promise.all(manifest.ResultFiles.SUCCEEDED.map(async (file) => probe.read(file.Key)));
  const lines = files.join('').trim().split('\n').map((line) => JSON.parse(line) as { recordId: string; error?: object });
  console.log(`  ${JSON.stringify(lines[4])}\n  ${JSON.stringify(lines[5])}`);
  assert.deepEqual(lines.map((line) => line.recordId).reverse(), Array.from({ length: 10 }, (_, index) => `r${index}`));
  assert.deepEqual(lines.flatMap((line) => line.error ? [line.recordId] : []), ['r5']);

  const [part] = await sfn.listChildren((await sfn.listMapRuns(executionArn))[0]);
  const [inner] = await sfn.listMapRuns(part.executionArn);
  console.log(`  ${inner}: ${JSON.stringify((await sfn.describeMapRun(inner)).itemCounts)}`);
  const histories = await Promise.all((await sfn.listChildren(inner)).map(async (child) => sfn.getExecutionHistory(child.executionArn)));
  const throttled = histories.filter((events) => JSON.stringify(events).includes('"Bedrock.ThrottlingException"'));
  console.log(`  the throttled record: ${throttled.map(types).join()}`);
  assert.equal(throttled.length, 1);
}

/** Jobs that go through all statuses except Failed; the last one is stopped by the definition. */
async function polling(probe: Probe, sfn: StepFunctions): Promise<void> {
  const options = { innerConcurrency: 1, isFailureCaught: true };
  const ends = ['Completed', 'PartiallyCompleted', 'Expired'];
  for (const finalStatus of ends) await probe.control('POST', 'invocation-jobs/plan', { finalStatus });
  const ended = await probe.run('polling', options, ends.map(() => ({ key: 'ten.jsonl', engine: 'batch', isStopped: false })));
  const stopped = await probe.run('stopped-job', options, [{ key: 'ten.jsonl', engine: 'batch', isStopped: true }]);

  const seen = new Set<string>();
  for (const { executionArn } of [ended, stopped]) {
    for (const part of await sfn.listChildren((await sfn.listMapRuns(executionArn))[0])) {
      const statuses = await polledStatuses(sfn, part.executionArn);
      statuses.forEach((status) => seen.add(status));
      console.log(`  ${statuses.length} polls: ${statuses.filter((status, index) => status !== statuses[index - 1]).join(', ')}`);
    }
  }
  assert.deepEqual([...seen].sort(), [
    'Completed', 'Expired', 'InProgress', 'PartiallyCompleted', 'Scheduled', 'Stopped', 'Stopping', 'Submitted', 'Validating',
  ]);
}

async function polledStatuses(sfn: StepFunctions, executionArn: string): Promise<string[]> {
  const events = await sfn.getExecutionHistory(executionArn);
  const exits = events.map((event) => event.stateExitedEventDetails as { name: string; output: string } | undefined);
  return exits.filter((exit) => exit?.name === 'Get').map((exit) => (JSON.parse(exit!.output) as { job: { status: string } }).job.status);
}

/** A failed job fails its part, and thus the execution. */
async function failedJob(probe: Probe, sfn: StepFunctions): Promise<void> {
  await probe.control('POST', 'invocation-jobs/plan', { finalStatus: 'Failed' });
  const failed = await probe.run('failed-job', { innerConcurrency: 1, isFailureCaught: true }, [{ key: 'ten.jsonl', engine: 'batch', isStopped: false }]);
  const [child] = await sfn.listChildren((await sfn.listMapRuns(failed.executionArn))[0]);
  const { status, error, cause } = await sfn.describeExecution(child.executionArn);
  console.log(`  part: ${status} ${error} ${cause}`);
  assert.deepEqual(
    [status, error, failed.error, failed.cause],
    ['FAILED', 'Failed', 'States.ExceedToleratedFailureThreshold', 'failed-job: The specified tolerated failure threshold was exceeded'],
  );
}

/** The second attempt repeats only the record that failed, and invokes those after it. */
async function redrive(probe: Probe, sfn: StepFunctions): Promise<void> {
  await probe.putRecords('broken.jsonl', ['first', 'broken', 'last']);
  await probe.control('POST', 'poisons', { marker: 'broken', error: 'ModelErrorException' });
  await probe.control('DELETE', 'calls');
  const { executionArn, status } = await probe.run('redrive', { innerConcurrency: 1, isFailureCaught: false }, [{ key: 'broken.jsonl', engine: 'invoke' }]);
  assert.equal(status, 'FAILED');

  await probe.control('DELETE', 'poisons');
  const began = Date.now();
  await sfn.redriveExecution(executionArn);
  const execution = await sfn.ended(executionArn);
  probe.say('redriven', began, execution);
  console.log(`  ${types(await sfn.getExecutionHistory(executionArn))}`);
  assert.deepEqual([execution.status, execution.redriveCount], ['SUCCEEDED', 1]);
  assert.equal((await probe.control('GET', 'calls') as object[]).length, 4);
}

async function stop(sfn: StepFunctions): Promise<void> {
  const machine = await sfn.createStateMachine('stop', { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 360_000, End: true } } });
  const executionArn = await sfn.startExecution(machine);
  await sfn.stopExecution(executionArn);
  assert.equal((await sfn.ended(executionArn)).status, 'ABORTED');
}

async function throughput(probe: Probe, innerConcurrency: number): Promise<void> {
  const count = 1000;
  await probe.putRecords('many.jsonl', Array.from({ length: count }, (_, index) => String(index)));
  const began = Date.now();
  const { status } = await probe.run(`many-${innerConcurrency}`, { innerConcurrency, isFailureCaught: true }, [{ key: 'many.jsonl', engine: 'invoke' }]);
  console.log(`  ${Math.round(count / (Date.now() - began) * 1000)} records/s with ${innerConcurrency} at a time`);
  assert.equal(status, 'SUCCEEDED');
}

function types(events: HistoryEvent[]): string {
  return events.map((event) => event.type).join(', ');
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
