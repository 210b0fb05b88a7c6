import type { Bedrock } from './bedrock';
import { VirtualClock } from './clock';
import { OPERATIONS, type Operation } from './constraints';
import type { When } from './faults';
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

  'GET calls': ({ bedrock }) => bedrock.calls,
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

function operation(body: Arguments['body']): Operation | '*' {
  const name = optional(text, body, 'operation') ?? '*';
  if (name !== '*' && !Object.hasOwn(OPERATIONS, name)) throw new Error(`${name} is no operation`);
  return name as Operation | '*';
}

function plan(body: Arguments['body']): Partial<ImportPlan> {
  const given = {
    durationMs: optional(number, body, 'durationMs'),
    failureMessage: optional(text, body, 'failureMessage'),
    modelArchitecture: optional(text, body, 'modelArchitecture'),
    instructSupported: optional(flag, body, 'instructSupported'),
    customModelUnitsPerModelCopy: optional(number, body, 'customModelUnitsPerModelCopy'),
  };
  // An undefined member would override the default.
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function virtualClock({ clock }: Bedrock): VirtualClock {
  if (clock instanceof VirtualClock) return clock;
  throw new Error('The time of this server is not virtual');
}
