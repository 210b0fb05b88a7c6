import { paginateListObjectsV2, type S3 } from '@aws-sdk/client-s3';
import { type HistoryEvent, paginateGetExecutionHistory, paginateListExecutions, paginateListMapRuns, type SFN } from '@aws-sdk/client-sfn';
import type { World as Account } from '../../world';
import { lines, REFUSED_TEXT, smallInput } from '../batch-inference/batch-jobs';
import { isInterruption, outcomeOf } from '../bedrock/imports';

/** The stack, deployed. */
export interface Stack {
  /** The ARNs of its state machines. No `Imported` if no model could be imported. */
  readonly machines: { readonly [name in 'Jobs' | 'Map' | 'Events' | 'Facts' | 'Logs']: string } & { readonly Imported?: string };
  readonly bucket: string;
  readonly keyArn: string;
  readonly logGroup: string;
}

/** An execution, or a child execution of a map run, as it was seen. */
export interface Execution {
  readonly arn: string;
  readonly status: string;
  /** Its status after the execution was stopped, and before it was redriven. */
  readonly statusWhenStopped?: string;
  readonly redriveCount: number;
  readonly error?: string;
  readonly cause?: string;
  readonly input: string;
  readonly output?: string;
  /** The names of the states that it entered. */
  readonly states: readonly string[];
  /** Those after it was redriven. */
  readonly statesAfterRedrive: readonly string[];
  /** The errors of tasks, in their order. */
  readonly errors: readonly string[];
  /** The last response of each resource of Bedrock, like `getModelInvocationJob`. */
  readonly responses: { readonly [resource: string]: string };
  /** The output of its Map state. */
  readonly mapOutput?: string;
  /** From its start to its end. */
  readonly seconds: number;
}

export interface MapRun {
  readonly arn: string;
  readonly executionArn: string;
  readonly maxConcurrency: number;
  readonly total: number;
  readonly succeeded: number;
  readonly children: readonly Execution[];
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly encryption?: string;
  readonly keyArn?: string;
  /** The beginning of what engines have written, and the number of lines. */
  readonly text: string;
  readonly lines: number;
}

/** An execution of a batch with everything below it. */
export interface Batch {
  readonly execution: Execution;
  /** How it ended before it could be stopped. Then it was not redriven. */
  readonly endedAs?: string;
  /** The map runs before it was redriven, and at its end. */
  readonly mapRunsWhenStopped: readonly string[];
  readonly mapRuns: readonly MapRun[];
  readonly objects: readonly StoredObject[];
  readonly resultLines: number;
}

/** What was seen in an account. `judge.ts` says what it means. */
export interface Observed {
  /** Why the stack could not be deployed. */
  readonly deploymentError?: string;
  /** What could not be gathered, and why. */
  readonly failures?: { readonly [what: string]: string };
  /** The names of diagnostics of definitions with `ModelInvocationType`, and with a parameter that does not exist. */
  readonly validation?: { readonly withType: readonly string[]; readonly withUnknown: readonly string[] };
  readonly bucketKeyArn?: string;
  readonly jobs?: Batch;
  readonly map?: Batch;
  readonly imported?: Batch;
  readonly facts?: Execution;
  readonly logs?: Execution;
  /** The events of Bedrock about the job. */
  readonly events?: readonly string[];
  readonly storage?: Storage;
}

/** What Amazon S3 says: `accepted`, or the name of an error. */
export interface Storage {
  /** Pairs of requests with `If-None-Match: *` for one key at once, and a third one later. */
  readonly claims: readonly (readonly string[])[];
  /** A request with `If-Match` after the object was replaced. */
  readonly replaced: string;
  /** Requests with the account as the expected owner, and the same without it. */
  readonly withOwner: readonly string[];
  readonly withoutOwner: readonly string[];
}

/** The number of small records of the map. */
export const MAP_RECORDS = 20;
export const MAP_CONCURRENCY = 2;

/** More than a state can hold, in a record that goes by reference. */
export const LARGE_BYTES = 300_000;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const MAX_TEXT = 3000;

const WRITTEN_BY_ENGINES = /\/_work\/.*\/(output|large)\/.*\.(json|jsonl|out)$/;

type World = Pick<Account, 'run' | 'account' | 'batchModel' | 'time'> & { readonly aws: Pick<Account['aws'], 's3' | 'sfn'> };

/** Starts executions, stops and redrives them, and reads everything that is left of them. Judges nothing. */
export async function gather(world: World, stack: Stack): Promise<Observed> {
  const started: string[] = [];
  try {
    return await gatherFrom(world, stack, started);
  } finally {
    // A state machine with running executions would be deleted late.
    for (const executionArn of started) await outcomeOf(world.aws.sfn.stopExecution({ executionArn }));
  }
}

async function gatherFrom(world: World, stack: Stack, started: string[]): Promise<Observed> {
  const { aws: { s3, sfn }, run, time } = world;
  const { bucket, machines } = stack;
  const marker = `acceptance-${run}-record`;
  const start = async (stateMachineArn: string, name: string, input: object): Promise<string> => {
    const { executionArn } = await sfn.startExecution({ stateMachineArn, name: `${name}-${run}`, input: JSON.stringify(input) });
    started.push(executionArn!);
    return executionArn!;
  };
  const put = async (Key: string, Body: string) => { await s3.putObject({ Bucket: bucket, Key, Body }); };

  // Spaces cost no tokens. Together more than 5 MB, so that the function uploads its copy in several parts.
  const records = lines(world, 100, (index) => ({ recordId: `${marker}-${index}` }));
  await put('jobs/in/records.jsonl', records.replaceAll(',"modelInput"', `,${' '.repeat(60_000)}"modelInput"`));
  const large = JSON.stringify({ recordId: 'large', modelInput: largeInput(world) });
  const refused = JSON.stringify({ recordId: 'refused', modelInput: { messages: REFUSED_TEXT } });
  const small = lines(world, MAP_RECORDS, (index) => ({ recordId: `${marker}-${index}` }));
  await put('map/in/records.jsonl', `${small}${large}\n${refused}\n`);

  const failures: { [what: string]: string } = {};
  /** What fails says nothing about the rest. */
  const attempt = async <T>(what: string, look: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      if (isInterruption(error)) throw error;
      failures[what] = `${(error as Error).name}: ${(error as Error).message}`;
      return undefined;
    }
  };

  const stoppedJobs = await attempt('jobs', async () => {
    const arn = await start(machines.Jobs, 'jobs', {});
    return { arn, ...await stopWhen(world, arn, ({ lastStates }) => lastStates.includes('Wait for job')) };
  });
  const map = await attempt('map', async () => {
    const arn = await start(machines.Map, 'map', { maxConcurrency: MAP_CONCURRENCY });
    const stopped = await stopWhen(world, arn, ({ items }) => items.filter(({ status }) => status === 'SUCCEEDED').length >= 3);
    return batchOf(world, stack, arn, 'map', stopped);
  });
  const imported = machines.Imported === undefined ? undefined : await attempt('imported', async () => {
    const record = (index: number) => `${JSON.stringify({ recordId: `r${index}`, modelInput: { prompt: 'Say yes.', max_gen_len: 1 } })}\n`;
    await put('imported/in/records.jsonl', [0, 1].map(record).join(''));
    return batchOf(world, stack, await start(machines.Imported!, 'imported', {}), 'imported');
  });

  const storage = await attempt('storage', async () => storageOf(world, bucket));
  const validation = await attempt('validation', async () => validationOf(sfn, machines.Jobs));
  const jobs = stoppedJobs && await attempt('jobs', async () => batchOf(world, stack, stoppedJobs.arn, 'jobs', stoppedJobs));
  const jobName = jobs && jobNameOf(jobs) || `acceptance${run}`;

  const past = new Date(time.now() - HOUR).toISOString();
  const future = new Date(time.now() + 24 * HOUR).toISOString();
  const facts = await attempt('facts', async () => {
    await put('facts/large.txt', 'x'.repeat(LARGE_BYTES));
    const pastSecond = past.replace(/\.\d+/, '');
    return ended(world, await start(machines.Facts, 'facts', { past, pastSecond, future, bucket, key: 'facts/large.txt', jobName }));
  });
  // Logs are delivered late.
  await time.sleep(2 * MINUTE);
  const logs = await attempt('logs', async () =>
    ended(world, await start(machines.Logs, 'logs', { logGroup: stack.logGroup, text: `"${marker}"` })));
  const events = await attempt('events', async () => eventsOf(world, machines.Events, jobName));
  const failed = Object.keys(failures).length > 0 ? { failures } : {};
  return { bucketKeyArn: stack.keyArn, validation, jobs, map, imported, facts, logs, events, storage, ...failed };
}

function largeInput(world: World): object {
  const text = JSON.stringify(smallInput(world));
  return JSON.parse(text.replace('Say yes.', `Say yes. ${'yes '.repeat(LARGE_BYTES / 4)}`)) as object;
}

/** The executions below an execution: those of its parts with the states that they are in, and those of their records. */
interface Below {
  readonly mapRuns: readonly string[];
  readonly parts: readonly Child[];
  readonly items: readonly Child[];
  readonly lastStates: readonly (string | undefined)[];
}

interface Child {
  readonly arn: string;
  readonly status: string;
}

async function below({ aws: { sfn } }: World, executionArn: string): Promise<Below> {
  const runsOf = async (arns: string[]) => (await Promise.all(arns.map(async (arn) => mapRunsOf(sfn, arn)))).flat();
  const childrenOf = async (arns: string[]) => (await Promise.all(arns.map(async (arn) => childrenIn(sfn, arn)))).flat();
  const outer = await runsOf([executionArn]);
  const parts = await childrenOf(outer);
  const inner = await runsOf(parts.map(({ arn }) => arn));
  const lastStates = (await Promise.all(parts.map(async ({ arn }) => statesIn(await historyOf(sfn, arn))))).map((states) => states.at(-1));
  return { mapRuns: [...outer, ...inner], parts, items: await childrenOf(inner), lastStates };
}

/** What was below an execution that was stopped, before it was redriven; or how it ended before. */
type Stopped = { readonly below: Below; readonly endedAs?: undefined } | { readonly below?: undefined; readonly endedAs: string };

/** Stops an execution when something is seen, and redrives it when all below it has stopped. */
async function stopWhen(world: World, executionArn: string, isSeen: (seen: Below) => boolean): Promise<Stopped> {
  const { aws: { sfn }, time } = world;
  const look = async () => below(world, executionArn);
  let seen = await look();
  const deadline = time.now() + 30 * MINUTE;
  const statusNow = async () => (await sfn.describeExecution({ executionArn })).status!;
  while (!isSeen(seen) && time.now() < deadline && await statusNow() === 'RUNNING') {
    await time.sleep(SECOND);
    seen = await look();
  }
  const before = await statusNow();
  if (before !== 'RUNNING') return { endedAs: before };
  const { error } = await outcomeOf(sfn.stopExecution({ executionArn }));
  const after = await statusNow();
  if (after === 'SUCCEEDED') return { endedAs: after }; // meanwhile
  if (error) throw error;
  const stopped = time.now();
  do {
    await time.sleep(5 * SECOND);
    seen = await look();
  } while ([...seen.parts, ...seen.items].some(({ status }) => status === 'RUNNING') && time.now() < stopped + 10 * MINUTE);
  await redrive(world, executionArn);
  return { below: seen };
}

/** A map run that is still ending cannot be redriven. */
async function redrive({ aws: { sfn }, time }: World, executionArn: string): Promise<void> {
  const deadline = time.now() + 10 * MINUTE;
  for (;;) {
    const { error } = await outcomeOf(sfn.redriveExecution({ executionArn }));
    if (!error) return;
    if (error.name !== 'ExecutionNotRedrivable' || time.now() > deadline) throw error;
    await time.sleep(15 * SECOND);
  }
}

/** Waits for the end of an execution of a batch, and reads it. */
async function batchOf(world: World, { bucket }: Stack, executionArn: string, folder: string, stopped?: Stopped): Promise<Batch> {
  const execution = await ended(world, executionArn);
  const { mapRuns } = await below(world, executionArn);
  const before = new Map([...stopped?.below?.parts ?? [], ...stopped?.below?.items ?? []].map(({ arn, status }) => [arn, status]));
  const objects = await objectsOf(world, bucket, `${folder}/out/`);
  const results = objects.filter(({ key }) => key.endsWith('.jsonl') && !key.includes('/_work/'));
  const texts = await Promise.all(results.map(async ({ key }) => textOf(world.aws.s3, bucket, key)));
  return {
    execution,
    ...stopped?.endedAs !== undefined && { endedAs: stopped.endedAs },
    mapRunsWhenStopped: stopped?.below?.mapRuns ?? [],
    mapRuns: await Promise.all(mapRuns.map(async (arn) => mapRunOf(world.aws.sfn, arn, before))),
    objects,
    resultLines: texts.flatMap((text) => text.split('\n')).filter((line) => line !== '').length,
  };
}

async function ended(world: World, executionArn: string): Promise<Execution> {
  const deadline = world.time.now() + 12 * HOUR;
  for (;;) {
    const { status } = await world.aws.sfn.describeExecution({ executionArn });
    if (status !== 'RUNNING') return executionOf(world.aws.sfn, executionArn);
    if (world.time.now() > deadline) throw new Error(`${executionArn} has not ended within 12 hours`);
    await world.time.sleep(15 * SECOND);
  }
}

async function executionOf(sfn: SFN, executionArn: string): Promise<Execution> {
  const { status = '', redriveCount = 0, error, cause, input = '', output, startDate, stopDate } = await sfn.describeExecution({ executionArn });
  const events = await historyOf(sfn, executionArn);
  const redriven = events.findIndex(({ type }) => type === 'ExecutionRedriven');
  return {
    arn: executionArn,
    status,
    redriveCount,
    error,
    cause: cause?.slice(0, MAX_TEXT),
    input: input.slice(0, MAX_TEXT),
    output: output?.slice(0, MAX_TEXT),
    states: statesIn(events),
    statesAfterRedrive: redriven === -1 ? [] : statesIn(events.slice(redriven)),
    errors: events.flatMap(({ taskFailedEventDetails }) => taskFailedEventDetails?.error ?? []),
    responses: Object.fromEntries(events.flatMap(({ taskSucceededEventDetails: details }) =>
      details?.resourceType?.includes('bedrock') && details.output ? [[details.resource, details.output.slice(0, MAX_TEXT)]] : [])),
    mapOutput: events.find(({ type }) => type === 'MapStateExited')?.stateExitedEventDetails?.output?.slice(0, MAX_TEXT),
    seconds: Math.round(((stopDate ?? startDate)!.getTime() - startDate!.getTime()) / SECOND),
  };
}

async function historyOf(sfn: SFN, executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client: sfn }, { executionArn })) events.push(...page.events ?? []);
  return events;
}

function statesIn(events: HistoryEvent[]): string[] {
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

async function mapRunsOf(sfn: SFN, executionArn: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const { mapRuns = [] } of paginateListMapRuns({ client: sfn }, { executionArn })) {
    arns.push(...mapRuns.map(({ mapRunArn }) => mapRunArn!));
  }
  return arns;
}

async function childrenIn(sfn: SFN, mapRunArn: string): Promise<Child[]> {
  const children: Child[] = [];
  for await (const { executions = [] } of paginateListExecutions({ client: sfn }, { mapRunArn })) {
    children.push(...executions.map(({ executionArn, status }) => ({ arn: executionArn!, status: status! })));
  }
  return children;
}

async function mapRunOf(sfn: SFN, mapRunArn: string, statusesWhenStopped: ReadonlyMap<string, string>): Promise<MapRun> {
  const { executionArn = '', maxConcurrency = 0, itemCounts } = await sfn.describeMapRun({ mapRunArn });
  const children: Execution[] = [];
  for (const { arn } of await childrenIn(sfn, mapRunArn)) {
    children.push({ ...await executionOf(sfn, arn), statusWhenStopped: statusesWhenStopped.get(arn) });
  }
  return { arn: mapRunArn, executionArn, maxConcurrency, total: itemCounts?.total ?? 0, succeeded: itemCounts?.succeeded ?? 0, children };
}

async function textOf(s3: S3, Bucket: string, Key: string): Promise<string> {
  return (await s3.getObject({ Bucket, Key })).Body!.transformToString();
}

async function objectsOf({ aws: { s3 } }: World, Bucket: string, Prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
    for (const { Key = '', Size = 0, ETag = '' } of Contents) {
      const { ServerSideEncryption: encryption, SSEKMSKeyId: keyArn } = await s3.headObject({ Bucket, Key });
      const text = WRITTEN_BY_ENGINES.test(Key) ? await textOf(s3, Bucket, Key) : '';
      objects.push({ key: Key, size: Size, etag: ETag, encryption, keyArn, text: text.slice(0, MAX_TEXT), lines: text.trimEnd().split('\n').length });
    }
  }
  return objects;
}

async function storageOf({ aws: { s3 }, account }: World, Bucket: string): Promise<Storage> {
  const text = async (call: Promise<unknown>) => (await outcomeOf(call)).error?.name ?? 'accepted';
  const claims = await Promise.all(['1', '2', '3', '4', '5'].map(async (name) => {
    const claim = async () => text(s3.putObject({ Bucket, Key: `storage/claim-${name}`, Body: name, IfNoneMatch: '*' }));
    const both = await Promise.all([claim(), claim()]);
    return [...both, await claim()];
  }));
  const Key = 'storage/replaced';
  const { ETag } = await s3.putObject({ Bucket, Key, Body: 'one' });
  await s3.putObject({ Bucket, Key, Body: 'two' });
  const owner = async (ExpectedBucketOwner?: string) => Promise.all([
    text(s3.listObjectsV2({ Bucket, ExpectedBucketOwner })),
    text(s3.getObject({ Bucket, Key, ExpectedBucketOwner })),
    text(s3.putObject({ Bucket, Key, Body: 'three', ExpectedBucketOwner })),
  ]);
  return { claims, replaced: await text(s3.getObject({ Bucket, Key, IfMatch: ETag })), withOwner: await owner(account), withoutOwner: await owner() };
}

/** Validates the definition of the batch with another parameter of the job. Creates nothing. */
async function validationOf(sfn: SFN, stateMachineArn: string): Promise<Observed['validation']> {
  const { definition = '' } = await sfn.describeStateMachine({ stateMachineArn });
  const diagnostics = async (parameter: string) => {
    const withParameter = definition.replace('"JobName.$":', `"${parameter}":"Converse","JobName.$":`);
    const { diagnostics: found = [] } = await sfn.validateStateMachineDefinition({ definition: withParameter });
    return found.filter(({ severity }) => severity === 'ERROR').map(({ code, message }) => `${code}: ${message}`);
  };
  return { withType: await diagnostics('ModelInvocationType'), withUnknown: await diagnostics('AcceptanceUnknown') };
}

/** The events about a job. Those of other jobs of the account are not kept. */
async function eventsOf({ aws: { sfn } }: World, stateMachineArn: string, jobName: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { executions = [] } of paginateListExecutions({ client: sfn }, { stateMachineArn })) {
    for (const { executionArn } of executions) {
      const { input = '' } = await sfn.describeExecution({ executionArn });
      if (input.includes(jobName)) found.push(input.slice(0, MAX_TEXT));
    }
  }
  return found;
}

/** The name of the job of a batch. */
export function jobNameOf({ mapRuns }: Batch): string {
  const { part } = JSON.parse(mapRuns[0]?.children[0]?.input ?? '{}') as { part?: { jobName?: string } };
  return part?.jobName ?? '';
}
