import type { BedrockApi } from '../../src/handler/bedrock-api';
import type { ModelImportHandler } from '../../src/handler/model-import-handler';
import type { Operation } from '../bedrock/constraints';

/** The handler's code: that of src, or a mutant of it. */
export interface HandlerCode {
  readonly ModelImportHandler: typeof ModelImportHandler;
  readonly BedrockApi: typeof BedrockApi;
}

/** A call of Bedrock that waits for its answer. */
export interface PendingCall {
  readonly operation: Operation;
  readonly input: object;
  readonly answer: (value: unknown) => void;
  readonly refuse: (error: unknown) => void;
}

export type Outcome = { readonly value: unknown } | { readonly error: Error };

/**
 * One run of the handler. It goes from call to call: after each answer, `progress` resolves as soon as the handler has made
 * its next call or has ended, so that nothing of it is left to happen by itself, and it can be killed at any await.
 */
export class Invocation {
  public call?: PendingCall;
  public outcome?: Outcome;
  private signal: () => void = () => undefined;

  /** Runs the code until it calls Bedrock for the first time, or ends. */
  public async start(code: HandlerCode, event: object, now: () => number, log: (line: object) => void): Promise<void> {
    const client = { send: async (command: object) => this.send(command) } as unknown as ConstructorParameters<typeof BedrockApi>[0];
    const handler = new code.ModelImportHandler(new code.BedrockApi(client), now, log);
    const progress = this.progress();
    handler.handle(event as Parameters<ModelImportHandler['handle']>[0]).then(
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

  private async send(command: object): Promise<unknown> {
    const { name } = command.constructor;
    return new Promise((answer, refuse) => {
      if (this.call) throw new Error('The simulation expects one call at a time of each invocation');
      this.call = { operation: name.replace(/Command$/, '') as Operation, input: (command as { input: object }).input, answer, refuse };
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
