/**
 * Shows that the engine runs the shape of a batch inference, and measures it: `npx tsx testing/step-functions/probe.ts`.
 * It is not part of the tests, because it installs the engine.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Execution, type StepFunctions, startStepFunctions } from './engine';
import { probeDefinition, type ProbeOptions } from './probe-definition';
import { runCommand } from '../local-aws/command';
import { EmulatorApi } from '../local-aws/emulator-api';
import { startLocalAws } from '../local-aws/local-aws';
import { ProcessGuard } from '../local-aws/process-guard';

const BUCKET = 'probe';
const FUNCTION = 'prepare';
/** Ten minutes of the definition are six seconds. */
const WAIT_SCALE = 0.01;

const PREPARE = 'exports.handler = async (event) => ({ run: event.run, concurrency: 2, parts: event.parts });';

class Probe {
  constructor(private readonly sfn: StepFunctions, private readonly aws: string, private readonly api: EmulatorApi) {}

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
    const lines = texts.map((text, index) => JSON.stringify({ recordId: `r${index}`, modelInput: { inputText: text } }));
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
    console.log(`${name}: ${status} after ${Date.now() - began} ms ${error ?? ''} ${cause ?? ''}\n  ${output ?? ''}`);
  }

  public async read(key: string): Promise<string> {
    const response = await fetch(`${this.aws}/${BUCKET}/${key}`);
    assert.ok(response.ok, key);
    return response.text();
  }
}

async function main(bedrockEndpoint: string): Promise<void> {
  const guard = new ProcessGuard();
  const aws = await startLocalAws({ bedrockEndpoint, log: console.log });
  try {
    const began = Date.now();
    const dir = join(aws.dir, 'step-functions');
    await mkdir(dir);
    const sfn = await startStepFunctions({ guard, dir, awsEndpoint: aws.endpoint, bedrockEndpoint, waitScale: WAIT_SCALE, log: console.log });
    console.log(`engine: ready after ${Date.now() - began} ms`);
    const api = new EmulatorApi(aws.endpoint);
    const probe = new Probe(sfn, aws.endpoint, api);
    await fetch(`${aws.endpoint}/${BUCKET}`, { method: 'PUT' });
    await probe.createFunction(guard, dir);

    await records(probe, sfn);
    await polling(probe, sfn);
    await failure(probe);
    await redrive(probe, sfn);
    await stop(sfn);
    for (const concurrency of [2, 50]) await throughput(probe, concurrency);
  } finally {
    await guard.stop();
    await aws.stop({ keepFiles: true });
  }
}

/** Ten records: one is throttled and retried, one is invalid and becomes an error line. */
async function records(probe: Probe, sfn: StepFunctions): Promise<void> {
  await probe.putRecords('ten.jsonl', ['a', 'b', 'throttle', 'd', 'e', 'poison', 'g', 'h', 'i', 'j']);
  const { executionArn, output } = await probe.run('records', { innerConcurrency: 4, isFailureCaught: true }, [{ key: 'ten.jsonl', engine: 'invoke' }]);
  const [{ records: { ResultWriterDetails: { Key } } }] = (JSON.parse(output!) as { results: { records: { ResultWriterDetails: { Key: string } } }[] }).results;
  const manifest = JSON.parse(await probe.read(Key)) as { ResultFiles: Record<string, { Key: string; Size: number }[]> };
  console.log(`  manifest: ${JSON.stringify(manifest)}`);
  const files = await Promise.all(manifest.ResultFiles.SUCCEEDED.map(async (file) => probe.read(file.Key)));
  const lines = files.join('').trim().split('\n').map((line) => JSON.parse(line) as { recordId: string; error?: object });
  console.log(lines.map((line) => `  ${JSON.stringify(line)}`).join('\n'));
  assert.deepEqual(lines.map((line) => line.recordId), Array.from({ length: 10 }, (_, index) => `r${index}`));
  assert.deepEqual(lines.flatMap((line) => line.error ? [line.recordId] : []), ['r5']);

  const [parts] = await sfn.listMapRuns(executionArn);
  const [part] = await sfn.listChildren(parts);
  const [inner] = await sfn.listMapRuns(part.executionArn);
  const children = await sfn.listChildren(inner);
  const throttled = await sfn.getExecutionHistory(children[2].executionArn);
  console.log(`  history of the throttled record: ${throttled.map((event) => event.type).join(', ')}`);
  console.log(`  ${inner}: ${JSON.stringify((await sfn.describeMapRun(inner)).itemCounts)}`);
  assert.equal(throttled.filter((event) => event.type === 'TaskFailed').length, 1);
}

/** Jobs that go through all statuses. The failed one fails its part, and thus the execution. */
async function polling(probe: Probe, sfn: StepFunctions): Promise<void> {
  const ends = ['Completed', 'PartiallyCompleted', 'Expired', 'Stopped'];
  const options = { innerConcurrency: 1, isFailureCaught: true };
  const { executionArn, output } = await probe.run('polling', options, ends.map((end) => ({ key: `${end}.jsonl`, engine: 'batch' })));
  const { results } = JSON.parse(output!) as { results: { job: { status: string }; clock: { polls: number } }[] };
  assert.deepEqual(results.map(({ job, clock }) => [job.status, clock.polls]), ends.map((end) => [end, 6]));

  const [part] = await sfn.listChildren((await sfn.listMapRuns(executionArn))[0]);
  const events = await sfn.getExecutionHistory(part.executionArn);
  console.log(`  ${part.executionArn}: ${events.length} events, ${events.filter((event) => event.type === 'WaitStateEntered').length} waits`);

  const failed = await probe.run('failed-job', options, [{ key: 'Failed.jsonl', engine: 'batch' }]);
  const [child] = await sfn.listChildren((await sfn.listMapRuns(failed.executionArn))[0]);
  const { status, error, cause } = await sfn.describeExecution(child.executionArn);
  console.log(`  ${child.executionArn}: ${status} ${error} ${cause}`);
  assert.deepEqual([failed.status, status, error], ['FAILED', 'FAILED', 'Failed']);
}

/** A failed part fails the execution with the error of the map. */
async function failure(probe: Probe): Promise<void> {
  await probe.putRecords('denied.jsonl', ['a', 'denied']);
  const { error, cause } = await probe.run('failure', { innerConcurrency: 1, isFailureCaught: true }, [{ key: 'denied.jsonl', engine: 'invoke' }]);
  assert.deepEqual([error, cause], ['States.ExceedToleratedFailureThreshold', 'failure: The specified tolerated failure threshold was exceeded']);
}

/** The second attempt repeats only the record that failed, and those that were not invoked. */
async function redrive(probe: Probe, sfn: StepFunctions): Promise<void> {
  await probe.putRecords('once.jsonl', ['once-1', 'denied-first', 'once-2']);
  const { executionArn, status } = await probe.run('redrive', { innerConcurrency: 1, isFailureCaught: false }, [{ key: 'once.jsonl', engine: 'invoke' }]);
  assert.equal(status, 'FAILED');
  const began = Date.now();
  await sfn.redriveExecution(executionArn);
  const execution = await sfn.ended(executionArn);
  probe.say('redriven', began, execution);
  const events = await sfn.getExecutionHistory(executionArn);
  console.log(`  ${events.map((event) => event.type).join(', ')}`);
  assert.deepEqual([execution.status, execution.redriveCount], ['SUCCEEDED', 1]);
}

async function stop(sfn: StepFunctions): Promise<void> {
  const machine = await sfn.createStateMachine('stop', { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 360_000, End: true } } });
  const executionArn = await sfn.startExecution(machine);
  await sfn.stopExecution(executionArn);
  assert.equal((await sfn.ended(executionArn)).status, 'ABORTED');
}

async function throughput(probe: Probe, innerConcurrency: number): Promise<void> {
  const count = 1000;
  await probe.putRecords('many.jsonl', Array.from({ length: count }, (_, index) => `many-${innerConcurrency}-${index}`));
  const began = Date.now();
  const { status } = await probe.run(`many-${innerConcurrency}`, { innerConcurrency, isFailureCaught: true }, [{ key: 'many.jsonl', engine: 'invoke' }]);
  console.log(`  ${Math.round(count / (Date.now() - began) * 1000)} records/s with ${innerConcurrency} at a time`);
  assert.equal(status, 'SUCCEEDED');
}

void main(process.argv[2]).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
