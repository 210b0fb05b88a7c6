import type { invocation, InvocationEnvironment } from '../../src/imported-model/provider/handler/entry-point';
import type { Serves, servedStacks } from '../../src/imported-model/provider/handler/served-stacks';
import type { Operation } from '../bedrock-server/constraints';

/** The handler's code: that of src, or a mutant of it. */
export interface HandlerCode {
  readonly invocation: typeof invocation;
  readonly servedStacks: typeof servedStacks;
}

interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

/** A call of Bedrock that waits for its answer. */
export interface PendingCall {
  readonly operation: Operation;
  readonly input: object;
  readonly answer: (value: unknown) => void;
  readonly refuse: (error: unknown) => void;
  /** What the handler can abort it with. */
  readonly signal?: AbortSignal;
}

/** The handler sleeps until it is woken. */
export interface Sleep {
  readonly ms: number;
  readonly wake: () => void;
}

/** What the SDK makes of a call that is aborted. */
export class AbortError extends Error {
  public readonly name = 'AbortError';

  public constructor() {
    super('Request aborted');
  }
}

export type Outcome = { readonly value: unknown } | { readonly error: Error };

/**
 * One run of the handler. It goes from call to call: after each answer, `progress` resolves as soon as the handler has made
 * its next call, sleeps or has ended, so that nothing of it is left to happen by itself, and it can be killed at any await.
 */
export class Invocation {
  public call?: PendingCall;
  public sleep?: Sleep;
  public outcome?: Outcome;
  private signal: () => void = () => undefined;

  /** Runs the code until it calls Bedrock for the first time, or ends. */
  public async start(code: HandlerCode, event: object, { now, abortAfter, serves }: Pick<InvocationEnvironment, 'now' | 'abortAfter'> & { readonly serves: Serves }): Promise<void> {
    const client = { send: async (command: object, options?: SendOptions) => this.send(command, options?.abortSignal) } as unknown as InvocationEnvironment['client'];
    const handle = code.invocation({ client, now, abortAfter, sleep: async ms => this.fallAsleep(ms), log: () => undefined, serves });
    const progress = this.progress();
    handle(event as Parameters<typeof handle>[0]).then(
      value => this.end({ value }),
      (error: unknown) => this.end({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return progress;
  }

  /** Answers the call, and runs on until the next one or the end. */
  public async answer(how: (call: PendingCall) => void): Promise<void> {
    const { call } = this;
    if (!call) throw new Error('There is no call to answer');
    this.call = undefined;
    const progress = this.progress();
    how(call);
    return progress;
  }

  /** The time of a sleep is over; runs on until the next call, sleep or the end. */
  public async wake(): Promise<void> {
    const { sleep } = this;
    if (!sleep) throw new Error('The handler does not sleep');
    this.sleep = undefined;
    const progress = this.progress();
    sleep.wake();
    return progress;
  }

  private async fallAsleep(ms: number): Promise<void> {
    return new Promise(wake => {
      this.sleep = { ms, wake };
      this.signal();
    });
  }

  private async send(command: object, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted) throw new AbortError();
    const { name } = command.constructor;
    return new Promise((answer, refuse) => {
      if (this.call) throw new Error('The simulation expects one call at a time of each invocation');
      this.call = { operation: name.replace(/Command$/, '') as Operation, input: (command as { input: object }).input, answer, refuse, signal };
      this.signal();
    });
  }

  private end(outcome: Outcome): void {
    this.outcome = outcome;
    this.signal();
  }

  private async progress(): Promise<void> {
    return new Promise(resolve => {
      this.signal = resolve;
    });
  }
}
