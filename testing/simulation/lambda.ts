import type { judge, judgeError } from '../../src/imported-model/provider/handler/answer';
import type { invocation, InvocationEnvironment } from '../../src/imported-model/provider/handler/entry-point';
import type { NewModel } from '../../src/imported-model/provider/handler/new-model';
import type { Serves, servedStacks } from '../../src/imported-model/provider/handler/served-stacks';
import type { ModelCheck } from '../../src/model-format';
import type { Operation } from '../bedrock-server/constraints';

/** The code of the handler, or a mutant of it. */
export interface HandlerCode {
  readonly invocation: typeof invocation;
  readonly servedStacks: typeof servedStacks;
  readonly judge: typeof judge;
  readonly judgeError: typeof judgeError;
}

interface SendOptions {
  readonly abortSignal?: AbortSignal;
}

/** The calls that only a new model needs: of Amazon S3, and of the model. */
export type NewModelCall = 'CheckModelFiles' | 'InvokeModel';

/** A call without a response yet. */
export interface PendingCall {
  readonly operation: Operation | NewModelCall;
  readonly input: object;
  readonly answer: (value: unknown) => void;
  readonly refuse: (error: unknown) => void;
  /** The signal that aborts the call. */
  readonly signal?: AbortSignal;
}

/** A sleep of the handler, until `wake`. */
export interface Sleep {
  readonly ms: number;
  readonly wake: () => void;
}

/** The error of the SDK for an aborted call. */
export class AbortError extends Error {
  public readonly name = 'AbortError';

  public constructor() {
    super('Request aborted');
  }
}

export type Outcome = { readonly value: unknown } | { readonly error: Error };

/**
 * One invocation of the handler, executed call by call: after each response, `progress` resolves when the handler makes its
 * next call, sleeps or ends. Nothing runs in the background, so the handler can be killed at any await.
 */
export class Invocation {
  public call?: PendingCall;
  public sleep?: Sleep;
  public outcome?: Outcome;
  private signal: () => void = () => undefined;

  /** Runs the code until its first Bedrock call or its end. */
  public async start(code: HandlerCode, event: object, { now, abortAfter, serves }: Pick<InvocationEnvironment, 'now' | 'abortAfter'> & { readonly serves: Serves }): Promise<void> {
    const client = { send: async (command: object, options?: SendOptions) => this.send(command, options?.abortSignal) } as unknown as InvocationEnvironment['client'];
    const newModel = this.newModel(code);
    const sleep = async (ms: number) => this.fallAsleep(ms);
    const handle = code.invocation({ client, now, abortAfter, sleep, log: () => undefined, serves, newModel: async () => newModel });
    const progress = this.progress();
    handle(event as Parameters<typeof handle>[0]).then(
      value => this.end({ value }),
      (error: unknown) => this.end({ error: error instanceof Error ? error : new Error(String(error)) }),
    );
    return progress;
  }

  /** Completes the call and runs until the next call or the end. */
  public async answer(how: (call: PendingCall) => void): Promise<void> {
    const { call } = this;
    if (!call) throw new Error('No pending call');
    this.call = undefined;
    const progress = this.progress();
    how(call);
    return progress;
  }

  /** Ends the sleep and runs until the next call, sleep or the end. */
  public async wake(): Promise<void> {
    const { sleep } = this;
    if (!sleep) throw new Error('The handler is not sleeping');
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

  /** Calls of Amazon S3 and of the model go the same way as those of Bedrock. */
  private newModel({ judge, judgeError }: HandlerCode): NewModel {
    return {
      checkFiles: async (files, signal) => this.pending('CheckModelFiles', files, signal) as Promise<ModelCheck>,
      verify: async (modelId, verification, signal) => {
        try {
          return judge(verification, await this.pending('InvokeModel', { modelId, body: verification.body }, signal) as string);
        } catch (error) {
          return judgeError(verification, error);
        }
      },
    };
  }

  private async send(command: object, signal?: AbortSignal): Promise<unknown> {
    return this.pending(command.constructor.name.replace(/Command$/, '') as Operation, (command as { input: object }).input, signal);
  }

  private async pending(operation: PendingCall['operation'], input: object, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted) throw new AbortError();
    return new Promise((answer, refuse) => {
      if (this.call) throw new Error('The simulation supports only one call at a time for each invocation');
      this.call = { operation, input, answer, refuse, signal };
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
