import type { BedrockClient } from '@aws-sdk/client-bedrock';
import { invocation } from '../../src/imported-model/provider/handler/entry-point';
import type { OnEventRequest } from '../../src/imported-model/provider/handler/event';
import type { Handle } from '../../src/imported-model/provider/handler/quick-polls';
import { CUSTOM_RESOURCE_TIMEOUT, HOUR, MINUTE, QUERY_INTERVAL, SECOND, WAIT_WINDOW } from '../../src/imported-model/provider/patience';
import { Bedrock } from '../../testing/bedrock-server/bedrock';
import { VirtualClock } from '../../testing/bedrock-server/clock';
import { chainOf } from '../../testing/simulation/chain';
import { DEFAULT_MODEL } from '../../testing/simulation/template';
import { request, SERVICE_ROLE } from '../../testing/support/deployment';
import { type Figure, rounded } from '../figure';
import { NAIVE_INTERVAL_MINUTES, NAIVE_TIMEOUT_HOURS } from '../peers/models';
import { naiveHandler } from '../peers/naive.lambda';

const MINUTES = [5, 20, 60, 180];
/** An import ends at any time between two polls: each figure is the mean of imports that end that many seconds later. */
const LATER_SECONDS = [0, 7, 14, 21, 28, 35, 42, 49, 56];

/** us-east-1, x86, without free tier; read on 2026-11-26: https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/step-functions/pricing/ */
const USD = { invocation: 0.20 / 1e6, gigabyteSecond: 0.0000166667, transition: 0.025 / 1000 };

/** Assumed, and the same for all: a call of Bedrock, what an invocation takes besides calls and sleeps, a step of CloudFormation, the check of the files. */
const CALL_MS = 100;
const INVOCATION_MS = 50;
const STEP_MS = SECOND;
const CHECK_MS = 2 * SECOND;
const FRAMEWORK_GIGABYTES = 0.125;
const DAY = 24 * HOUR;

/** What waits for an import in CloudFormation. */
interface Waiter {
  readonly handle: { readonly onEvent: Handle; readonly isComplete: Handle };
  readonly gigabytes: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** CloudFormation or the framework no longer waits. */
class GivenUp extends Error {}

/** An account in virtual time, in which one stack with one model is deployed. */
class Account {
  public readonly clock = new VirtualClock();
  private readonly began = this.clock.now();
  public calls = 0;
  public invocations = 0;
  public transitions = 0;
  public gigabyteSeconds = 0;
  public readonly bedrock: Bedrock;
  /** A client that takes time. */
  public readonly client: Pick<BedrockClient, 'send'>;

  constructor(durationMs: number) {
    this.bedrock = new Bedrock({ clock: this.clock, planImport: () => ({ durationMs }) });
    const send = async (command: object) => {
      this.clock.advance(CALL_MS);
      this.calls += 1;
      const name = command.constructor.name.replace(/Command$/, '');
      const method = `${name[0].toLowerCase()}${name.slice(1)}` as 'getModelImportJob';
      return this.bedrock[method]((command as unknown as { readonly input: { readonly jobIdentifier: string } }).input);
    };
    this.client = { send } as Pick<BedrockClient, 'send'>;
  }

  public get cents(): number {
    return 100 * (this.invocations * USD.invocation + this.gigabyteSeconds * USD.gigabyteSecond + this.transitions * USD.transition);
  }

  /** The time since the end of the import. */
  public get lagSeconds(): number {
    const { endTime } = this.bedrock.snapshot().jobs[0];
    return (this.clock.now() - (endTime?.getTime() ?? NaN)) / SECOND;
  }

  public get minutes(): number {
    return Math.round((this.clock.now() - this.began) / MINUTE);
  }

  /** The number of models after all imports have ended. */
  public modelsInTheEnd(): number {
    this.clock.advance(DAY);
    return this.bedrock.snapshot().models.length;
  }

  /** A request to a custom resource behind the framework of CDK. Returns its attributes, or throws. */
  public async create(event: OnEventRequest, waiter: Waiter): Promise<{ readonly id: string; readonly data?: { readonly [name: string]: string } }> {
    const sent = this.clock.now();
    this.clock.advance(STEP_MS);
    const begun = await this.invoke(waiter, waiter.handle.onEvent, event) as { readonly PhysicalResourceId: string };
    for (let retries = Math.ceil(waiter.timeoutMs / waiter.intervalMs); ; retries -= 1) {
      this.transitions += 1; // also each retry
      const answer = await this.invoke(waiter, waiter.handle.isComplete, { ...event, ...begun } as OnEventRequest) as {
        readonly IsComplete: boolean; readonly Data?: { readonly [name: string]: string };
      };
      if (answer.IsComplete) return { id: begun.PhysicalResourceId, data: answer.Data };
      if (retries === 0) throw new GivenUp();
      this.clock.advance(Math.min(waiter.intervalMs, sent + CUSTOM_RESOURCE_TIMEOUT - this.clock.now()));
      if (this.clock.now() - sent >= CUSTOM_RESOURCE_TIMEOUT) throw new GivenUp();
    }
  }

  /** The framework's function waits for the handler, and both are paid. */
  private async invoke({ gigabytes }: Waiter, handle: Handle, event: OnEventRequest): Promise<object> {
    const began = this.clock.now();
    this.clock.advance(INVOCATION_MS);
    try {
      return await handle(event);
    } finally {
      this.invocations += 2;
      this.gigabyteSeconds += (gigabytes + FRAMEWORK_GIGABYTES) * (this.clock.now() - began) / SECOND;
    }
  }
}

/** The chain of this library. */
async function ours(account: Account, minutes: number): Promise<void> {
  const { clock, client } = account;
  const spec = { ...DEFAULT_MODEL, windows: minutes > 110 ? 5 : 2, check: 'on' } as const;
  const links = chainOf({ id: 'Llama', nameBase: 'ModelStackLlama0C86119B8', waitWindow: WAIT_WINDOW.max / MINUTE }, spec);
  const handle = invocation({
    client: client as BedrockClient,
    newModel: async () => ({
      checkFiles: async () => {
        clock.advance(CHECK_MS);
        return { findings: [], passed: true, digest: 'd1', files: 5, weightBytes: 1000 };
      },
      verify: async () => ({ is: 'good' }),
    }),
    now: () => clock.now(),
    sleep: async ms => clock.advance(ms),
    abortAfter: () => new AbortController().signal,
    log: () => undefined,
  });
  const waiter = { handle: { onEvent: handle, isComplete: handle }, gigabytes: 1, intervalMs: QUERY_INTERVAL.default, timeoutMs: WAIT_WINDOW.max };
  let [prefix, jobName] = ['', ''];
  for (const { logicalId, link, properties } of [...links.filter(one => one.link === 'check'), ...links.filter(one => one.link !== 'check')]) {
    const event = { ...request('Create', { link }), LogicalResourceId: logicalId, ResourceProperties: properties(SERVICE_ROLE, jobName, prefix) };
    const { id, data } = await account.create(event as unknown as OnEventRequest, waiter);
    if (link === 'import') [prefix, jobName] = [id, data?.JobName ?? ''];
  }
}

/** The custom resource on a bare provider. */
async function naive(account: Account): Promise<void> {
  const handle = naiveHandler(account.client) as unknown as Waiter['handle'];
  const ResourceProperties = { ModelName: 'llama', RoleArn: SERVICE_ROLE, S3Uri: 's3://amzn-s3-demo-bucket/llama/' };
  const event = (type: 'Create' | 'Delete') => ({ ...request(type, { id: type === 'Delete' ? 'llama' : undefined }), ResourceProperties }) as unknown as OnEventRequest;
  try {
    const waiter = { handle, gigabytes: FRAMEWORK_GIGABYTES, intervalMs: NAIVE_INTERVAL_MINUTES * MINUTE, timeoutMs: NAIVE_TIMEOUT_HOURS * HOUR };
    await account.create(event('Create'), waiter);
  } catch (error) {
    await handle.onEvent(event('Delete')); // the rollback
    throw error;
  }
}

/** Somebody who knows when the import ends: starts it, and reads the result at that moment. */
async function perfect(account: Account, minutes: number, later: number): Promise<void> {
  await account.client.send({
    constructor: { name: 'CreateModelImportJobCommand' },
    input: { jobName: 'llama', importedModelName: 'llama', roleArn: SERVICE_ROLE, modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } } },
  } as never);
  account.clock.advance(minutes * MINUTE + later * SECOND - CALL_MS);
  await account.client.send({ constructor: { name: 'GetModelImportJobCommand' }, input: { jobIdentifier: 'llama' } } as never);
  account.invocations = 2;
  account.gigabyteSeconds = 2 * FRAMEWORK_GIGABYTES * (CALL_MS + INVOCATION_MS) / SECOND;
}

const WAITERS: { readonly [name: string]: (account: Account, minutes: number, later: number) => Promise<void> } = { 'this library': ours, naive, perfect };

async function waitFor(name: string, minutes: number, laterSeconds: readonly number[]) {
  const accounts: Account[] = [];
  const results = new Set<string>();
  for (const later of laterSeconds) {
    const account = new Account(minutes * MINUTE + later * SECOND);
    accounts.push(account);
    try {
      await WAITERS[name](account, minutes, later);
      results.add('model');
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error;
      results.add(`fails after ${account.minutes} minutes, ${account.modelsInTheEnd()} model left`);
    }
  }
  const mean = (figure: (account: Account) => number) => accounts.reduce((sum, account) => sum + figure(account), 0) / accounts.length;
  const hasModel = results.has('model');
  return {
    'result': [...results].join(' or '),
    'lag, s': hasModel ? rounded(mean(({ lagSeconds }) => lagSeconds)) : 'fails',
    'longest lag, s': hasModel ? rounded(Math.max(...accounts.map(({ lagSeconds }) => lagSeconds))) : 'fails',
    'calls of Bedrock': Math.round(mean(({ calls }) => calls)),
    'invocations': Math.round(mean(({ invocations }) => invocations)),
    'state transitions': Math.round(mean(({ transitions }) => transitions)),
    'US cents': rounded(mean(({ cents }) => cents)),
  };
}

/** Waiting for an import. */
export const waiting: Figure = {
  chart: { title: 'Seconds from the end of an import to the answer of the stack', bars: { 'lag, s': '' } },
  async measure({ tiny }) {
    const table: { [row: string]: Awaited<ReturnType<typeof waitFor>> } = {};
    for (const minutes of tiny ? [5, 60] : MINUTES) {
      for (const name of Object.keys(WAITERS)) table[`${minutes} minutes, ${name}`] = await waitFor(name, minutes, tiny ? [0] : LATER_SECONDS);
    }
    return {
      how: `Means of ${LATER_SECONDS.length} imports that end at different seconds, in virtual time, with the real handlers and an in-memory Bedrock. Assumed: ${CALL_MS} ms for a call, `
        + `${INVOCATION_MS} ms more for an invocation, ${STEP_MS / SECOND} s for a step of CloudFormation, ${CHECK_MS / SECOND} s for the check of the files.`,
      table,
    };
  },
};
