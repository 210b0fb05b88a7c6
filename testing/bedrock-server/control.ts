import type { Bedrock } from './bedrock';
import { VirtualClock } from './clock';
import { OPERATIONS, type AnyOperation } from './constraints';
import type { When } from './faults';
import { POISON_ERRORS, type PoisonError } from './inference';
import type { InvocationPlan } from './invocation-job';
import type { ServingOptions } from './invoke-model';
import type { ImportPlan } from './resources';

/** The path prefix of the API for another process to act as the operator. */
export const CONTROL_PREFIX = '/_control/';

interface Arguments {
  readonly bedrock: Bedrock;
  readonly body: { readonly [name: string]: unknown };
}

const ROUTES: { readonly [route: string]: (args: Arguments) => unknown } = {
  'GET health': ({ bedrock }) => ({ status: 'ok', now: new Date(bedrock.clock.now()) }),
  'GET state': ({ bedrock }) => bedrock.snapshot(),
  'POST reset': ({ bedrock }) => bedrock.reset(),

  'GET calls': ({ bedrock }) => bedrock.calls.map((call) => ({ ...call, input: readable(call.input) })),
  'DELETE calls': ({ bedrock }) => bedrock.clearCalls(),

  'GET faults': ({ bedrock }) => bedrock.pendingFaults(),
  'POST faults': ({ bedrock, body }) => bedrock.failNext(operation(body), {
    name: text(body, 'name'),
    message: optional(text, body, 'message'),
    statusCode: optional(number, body, 'statusCode'),
    times: optional(number, body, 'times'),
    when: optional(moment, body, 'when'),
  }),
  'DELETE faults': ({ bedrock }) => bedrock.clearFaults(),

  'POST roles': ({ bedrock, body }) => bedrock.addRole(text(body, 'roleArn')),
  'POST imports/plan': ({ bedrock, body }) => bedrock.planNextImport(plan(body)),
  'POST jobs/complete': ({ bedrock, body }) => bedrock.completeJob(text(body, 'job')),
  'POST jobs/fail': ({ bedrock, body }) => bedrock.failJob(text(body, 'job'), text(body, 'failureMessage')),
  'POST models/seed': ({ bedrock, body }) => ({ modelArn: bedrock.seedModel(text(body, 'modelName')) }),
  'POST models/delete': ({ bedrock, body }) => bedrock.deleteModelByHand(text(body, 'model')),

  'GET invocation-jobs': ({ bedrock }) => bedrock.invocationJobs.all(),
  'POST invocation-jobs/plan': ({ bedrock, body }) => bedrock.invocationJobs.planNext(invocationPlan(body)),

  'GET invocations': ({ bedrock }) => invocations(bedrock),
  'POST serving': ({ bedrock, body }) => bedrock.serving.configure(servingOptions(body)),
  'POST poisons': ({ bedrock, body }) => bedrock.inference.poison(text(body, 'marker'), poisonError(body)),
  'DELETE poisons': ({ bedrock }) => bedrock.inference.clearPoisons(),

  'POST clock/advance': ({ bedrock, body }) => virtualClock(bedrock).advance(number(body, 'ms')),
};

/** Processes a control request and returns the response. Throws if the request is invalid. */
export function control(bedrock: Bedrock, method: string, target: string, body: string): unknown {
  const route = ROUTES[`${method} ${target.slice(CONTROL_PREFIX.length)}`];
  if (!route) throw new Error(`There is only: ${Object.keys(ROUTES).join(', ')}`);
  return route({ bedrock, body: body === '' ? {} : JSON.parse(body) as Arguments['body'] }) ?? {};
}

type Reader<T> = (body: Arguments['body'], name: string) => T;

function optional<T>(read: Reader<T>, body: Arguments['body'], name: string): T | undefined {
  return body[name] === undefined ? undefined : read(body, name);
}

function text(body: Arguments['body'], name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new Error(`${name} must be a string`);
  return value;
}

function number(body: Arguments['body'], name: string): number {
  const value = body[name];
  if (typeof value !== 'number') throw new Error(`${name} must be a number`);
  return value;
}

function flag(body: Arguments['body'], name: string): boolean {
  const value = body[name];
  if (typeof value !== 'boolean') throw new Error(`${name} must be true or false`);
  return value;
}

function moment(body: Arguments['body'], name: string): When {
  const value = body[name];
  if (value !== 'before' && value !== 'during' && value !== 'after') throw new Error(`${name} must be before, during or after`);
  return value;
}

function texts(body: Arguments['body'], name: string): string[] {
  const value = body[name];
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) throw new Error(`${name} must be a list of strings`);
  return value as string[];
}

function structure(body: Arguments['body'], name: string): Arguments['body'] {
  const value = body[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} must be an object`);
  return value as Arguments['body'];
}

function operation(body: Arguments['body']): AnyOperation | '*' {
  const name = optional(text, body, 'operation') ?? '*';
  if (name !== '*' && !Object.hasOwn(OPERATIONS, name)) throw new Error(`${name} is no operation`);
  return name as AnyOperation | '*';
}

function plan(body: Arguments['body']): Partial<ImportPlan> {
  return defined({
    durationMs: optional(number, body, 'durationMs'),
    failureMessage: optional(text, body, 'failureMessage'),
    modelArchitecture: optional(text, body, 'modelArchitecture'),
    instructSupported: optional(flag, body, 'instructSupported'),
    customModelUnitsPerModelCopy: optional(number, body, 'customModelUnitsPerModelCopy'),
  });
}

function invocationPlan(body: Arguments['body']): Partial<InvocationPlan> {
  const durations = optional(structure, body, 'durationsMs') ?? {};
  return defined({
    durationsMs: defined({
      Submitted: optional(number, durations, 'Submitted'),
      Validating: optional(number, durations, 'Validating'),
      Scheduled: optional(number, durations, 'Scheduled'),
      InProgress: optional(number, durations, 'InProgress'),
      Stopping: optional(number, durations, 'Stopping'),
    }),
    finalStatus: optional(text, body, 'finalStatus'),
    message: optional(text, body, 'message'),
    records: optional(number, body, 'records'),
    processedShare: optional(number, body, 'processedShare'),
    errorRecordIds: optional(texts, body, 'errorRecordIds'),
    missingRecordIds: optional(texts, body, 'missingRecordIds'),
  });
}

function servingOptions(body: Arguments['body']): ServingOptions {
  return defined({
    idleMs: optional(number, body, 'idleMs'),
    coldStartMs: optional(number, body, 'coldStartMs'),
    copyConcurrency: optional(number, body, 'copyConcurrency'),
    invokeLatencyMs: optional(number, body, 'invokeLatencyMs'),
  });
}

function poisonError(body: Arguments['body']): PoisonError {
  const name = optional(text, body, 'error') ?? 'ValidationException';
  const error = POISON_ERRORS.find((each) => each === name);
  if (!error) throw new Error(`error must be one of ${POISON_ERRORS.join(', ')}`);
  return error;
}

/** The outcomes of InvokeModel by model, since the calls were last cleared. */
function invocations({ calls }: Bedrock): { readonly [modelId: string]: { readonly [outcome: string]: number } } {
  const counts: { [modelId: string]: { [outcome: string]: number } } = {};
  for (const { operation: name, input, outcome } of calls) {
    if (name !== 'InvokeModel') continue;
    const ofModel = counts[(input as { modelId: string }).modelId] ??= {};
    ofModel[outcome] = (ofModel[outcome] ?? 0) + 1;
  }
  return counts;
}

/** An input with the text of its blob. */
function readable(input: object): object {
  const readableValue = (value: unknown): unknown => value instanceof Uint8Array ? Buffer.from(value).toString() : value;
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, readableValue(value)]));
}

/** Removes undefined members, which would override the default. */
function defined<T extends object>(given: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}

function virtualClock({ clock }: Bedrock): VirtualClock {
  if (clock instanceof VirtualClock) return clock;
  throw new Error('The time of this server is not virtual');
}
