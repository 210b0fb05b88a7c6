import { randomUUID } from 'node:crypto';
import type { CreateModelImportJobCommandInput, GetModelImportJobCommandOutput } from '@aws-sdk/client-bedrock';
import { kindOf } from './judge-refusal';
import { createKey } from './keys';
import { createRole, readsWeights, trustOfBedrock } from './roles';
import type { Report } from '../../findings';
import type { World } from '../../world';

const LOOK_MS = 15_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The longest import of a small model, and the longest time until a role can be used. */
const IMPORT_PATIENCE_MS = 90 * MINUTE;
const ROLE_PATIENCE_MS = 12 * MINUTE;

/** How often a quota may be exhausted although no import is listed. */
const FULL_LOOKS = 4;

/** How long the lag of reads is measured, and how long it is assumed to be at most. */
const WATCH_MS = 45 * SECOND;
const ASSUMED_LAG_SECONDS = 30;

export type ImportRequest = CreateModelImportJobCommandInput;

/** A request with the names that it always has. */
export type NamedRequest = ImportRequest & { readonly importedModelName: string; readonly jobName: string };

/** A request for an import with names of this run, by which it will be removed. */
export function importRequest(world: World, roleArn: string, more: Partial<ImportRequest> = {}): NamedRequest {
  const name = `acceptance-${world.run}-${randomUUID().slice(0, 8)}`;
  const { bucket, prefix } = world.weights;
  const request = {
    jobName: name,
    importedModelName: name,
    roleArn,
    modelDataSource: { s3DataSource: { s3Uri: `s3://${bucket}/${prefix}` } },
    clientRequestToken: randomUUID(),
    ...more,
  };
  world.made.add({ kind: 'import', jobName: request.jobName, modelName: request.importedModelName });
  return request;
}

/** Starts an import. Repeats the call as long as a role of this run may not have propagated, or another import is running. */
export async function startImport(world: World, request: ImportRequest): Promise<string> {
  let deadline = world.time.now() + ROLE_PATIENCE_MS;
  let full = 0;
  for (;;) {
    try {
      const { jobArn } = await world.aws.bedrock.createModelImportJob(request);
      return jobArn!;
    } catch (error) {
      const refused = error as Error;
      const kind = kindOf(refused);
      const waitedMs = kind === 'quota' ? await untilNoneRuns(world) : 0;
      deadline += waitedMs;
      full = kind === 'quota' && waitedMs === 0 ? full + 1 : 0;
      // A quota of models does not pass by itself. Lists may be late.
      if (full > FULL_LOOKS || !['transient', 'role', 'access', 'quota'].includes(kind) || world.time.now() > deadline) throw error;
      await world.time.sleep(LOOK_MS);
    }
  }
}

/** How many imports of the account are running. */
export async function runningImports({ aws }: World): Promise<number> {
  const { modelImportJobSummaries = [] } = await aws.bedrock.listModelImportJobs({ statusEquals: 'InProgress' });
  return modelImportJobSummaries.length;
}

/** Waits until no import of the account is running, as long as one may take. Returns how long that was. */
export async function untilNoneRuns(world: World): Promise<number> {
  const began = world.time.now();
  while (await runningImports(world) > 0) {
    if (world.time.now() > began + IMPORT_PATIENCE_MS) throw new Error(`another import of the account is running for ${IMPORT_PATIENCE_MS / MINUTE} minutes`);
    await world.time.sleep(LOOK_MS);
  }
  return world.time.now() - began;
}

/** Deletes a model before the next import, because of the quota of models. */
export async function removeModel({ aws, time }: World, modelIdentifier: string): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const { error } = await outcomeOf(aws.bedrock.deleteImportedModel({ modelIdentifier }));
    if (error?.name !== 'ConflictException') return;
    await time.sleep(LOOK_MS);
  }
}

/** A model that several probes of a run look at, because imports take long and cannot run at the same time. */
export interface Imported {
  readonly request: NamedRequest;
  readonly job: GetModelImportJobCommandOutput;
  readonly modelArn: string;
}

const shared = new WeakMap<World, Map<string, Promise<unknown>>>();

/** What several probes of a run use: made by the first that asks for it. */
export async function once<T>(world: World, what: string, make: () => Promise<T>): Promise<T> {
  const ofRun = shared.get(world) ?? new Map<string, Promise<unknown>>();
  shared.set(world, ofRun);
  const made = ofRun.get(what) as Promise<T> | undefined ?? make();
  ofRun.set(what, made);
  return made;
}

/** The role of the imports that need no role of their own. */
export async function roleOfImports(world: World): Promise<string> {
  return once(world, 'role', async () => createRole(world, 'import', trustOfBedrock(world), readsWeights(world)));
}

/** Imports a model. Throws if the import fails. */
export async function importModel(world: World, request: NamedRequest): Promise<Imported> {
  const job = await importEnded(world, await startImport(world, request));
  if (!job.importedModelArn) throw new Error(`the import ended as ${job.status}: ${job.failureMessage}`);
  return { request, job, modelArn: job.importedModelArn };
}

/** The first model of a run, with a customer managed key and tags. */
export async function firstModel(world: World): Promise<Imported> {
  return once(world, 'first model', async () => importModel(world, await firstRequest(world, await roleOfImports(world))));
}

export const MODEL_TAGS = [{ key: 'acceptance', value: 'model' }];

export async function firstRequest(world: World, roleArn: string): Promise<NamedRequest> {
  const { bucket, prefix } = world.weights;
  return importRequest(world, roleArn, {
    // Without a slash at its end; the second import has one.
    modelDataSource: { s3DataSource: { s3Uri: `s3://${bucket}/${prefix.replace(/\/$/, '')}` } },
    importedModelKmsKeyId: await once(world, 'key', async () => createKey(world, 'model')),
    jobTags: [{ key: 'acceptance', value: 'job' }],
    importedModelTags: MODEL_TAGS,
  });
}

/** How long a read returned the former state after a change, and whether it still did in the end. */
export interface Lag {
  readonly seconds: number;
  readonly remains: boolean;
}

/**
 * Reads each second after a change. A read returns whether it has seen the change; one of something that is not found has not.
 *
 * @param since - the time of the change
 */
export async function lagOf<Name extends string>(
  world: World, reads: { readonly [name in Name]: () => Promise<boolean> }, since = world.time.now(),
): Promise<{ readonly [name in Name]: Lag }> {
  const lags = {} as { [name in Name]: Lag };
  const began = world.time.now();
  while (world.time.now() - began < WATCH_MS) {
    for (const name of Object.keys(reads) as Name[]) {
      const { result, error } = await outcomeOf(reads[name]());
      const age = Math.round((world.time.now() - since) / SECOND) + 1;
      if (result) lags[name] = { seconds: lags[name]?.seconds ?? 0, remains: false };
      else if (!error || error.name === 'ResourceNotFoundException') lags[name] = { seconds: age, remains: true };
      else if (kindOf(error) !== 'transient') throw error;
    }
    await world.time.sleep(SECOND);
  }
  const unread = Object.keys(reads).find(name => lags[name as Name] === undefined);
  if (unread !== undefined) throw new Error(`${unread} was throttled all the time`);
  return lags;
}

/** CMI-1: judges how long Get and List lagged behind a change. */
export function judgeLag(report: Report, change: string, lags: { readonly [read: string]: Lag }): void {
  const evidence = Object.entries(lags).map(([read, { seconds, remains }]) => `${read} ${remains ? 'at least ' : ''}${seconds} s`).join(', ');
  report.judge('CMI-1', Object.values(lags).every(({ seconds }) => seconds < ASSUMED_LAG_SECONDS), `lag after ${change}: ${evidence}`);
}

/** Waits for the end of an import job. */
export async function importEnded(world: World, jobArn: string): Promise<GetModelImportJobCommandOutput> {
  const deadline = world.time.now() + IMPORT_PATIENCE_MS;
  for (;;) {
    const job = await world.aws.bedrock.getModelImportJob({ jobIdentifier: jobArn }).catch(unlessUnseen);
    if (job && job.status !== 'InProgress') return job;
    if (world.time.now() > deadline) throw new Error(`the import job ${jobArn} has not ended within ${IMPORT_PATIENCE_MS / MINUTE} minutes`);
    await world.time.sleep(LOOK_MS);
  }
}

/** A new job may not be readable yet. */
function unlessUnseen(error: Error): undefined {
  if (error.name !== 'ResourceNotFoundException') throw error;
}

/** The error of a call, or its result. */
export interface Outcome<T> {
  readonly result?: T;
  readonly error?: Error;
  /** The name of the error and its message, as AWS sent them. */
  readonly text: string;
}

/** The error of a call, or its result. Ctrl-C is not an outcome: what follows must not start. */
export async function outcomeOf<T>(call: Promise<T>): Promise<Outcome<T>> {
  try {
    return { result: await call, text: 'accepted' };
  } catch (thrown) {
    const error = thrown as Error;
    if (isInterruption(error)) throw error;
    return { error, text: `${error.name}: ${error.message}` };
  }
}

/** Whether a wait was ended by Ctrl-C. */
export function isInterruption(error: unknown): boolean {
  return (error as Error).name === 'AbortError';
}
