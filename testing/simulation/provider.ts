import { type Answer, type CfnRequest, CREATE_FAILED, describeRequest } from './request';
import type { World } from './world';
import type { OnEventResponse } from '../../src/imported-model/provider/handler/event';

const SECOND = 1000;

/** The `cr.Provider` of CDK in front of the handler, with its known behavior (assumptions.md). */
export class Provider {
  /** Whether the provider exists. Its waiters are deleted with it. */
  public alive = true;
  private readonly executions = new Map<string, { readonly input: string; open: boolean }>();
  private readonly maxAttempts: number;
  private readonly interval: number;

  constructor(private readonly world: World) {
    this.interval = world.script.world.pollSeconds * SECOND;
    this.maxAttempts = Math.ceil(55 * 60 * SECOND / this.interval);
  }

  /** CloudFormation invokes the framework asynchronously: an event can be late or delivered twice. */
  public send(request: CfnRequest): void {
    const { late, again } = this.world.faults.deliveryOf(request.number);
    if (late > 0) this.world.count('delivered late');
    this.world.scheduler.after(SECOND + late, () => this.onEvent(request));
    if (again !== undefined) {
      this.world.count('delivered twice');
      this.world.scheduler.after(SECOND + late + again, () => this.onEvent(request));
    }
  }

  private onEvent(request: CfnRequest): void {
    if (!this.alive) return;
    const { event } = request;
    if (event.RequestType === 'Delete' && event.PhysicalResourceId === CREATE_FAILED) {
      this.world.count('marker delete');
      this.submit(request, 'SUCCESS', CREATE_FAILED);
      return;
    }
    const failed = (error: Error): void => this.submit(request, 'FAILED', event.PhysicalResourceId
      ?? (event.RequestType === 'Create' ? CREATE_FAILED : 'MISSING'), error);
    this.world.invoke(request, event, outcome => {
      if ('error' in outcome) return failed(outcome.error);
      const answer = outcome.value as OnEventResponse;
      const id = answer.PhysicalResourceId || event.PhysicalResourceId || event.RequestId;
      if (event.RequestType === 'Delete' && id !== event.PhysicalResourceId) {
        return failed(new Error(`DELETE: cannot change the physical resource ID from "${event.PhysicalResourceId}" to "${id}" during deletion`));
      }
      request.startedAt ??= Number(answer.StartedAt);
      const input = frozen({ ...event, ...answer, PhysicalResourceId: id });
      return this.startExecution(request, input, failed);
    });
  }

  private startExecution(request: CfnRequest, input: CfnRequest['event'] & OnEventResponse, failed: (error: Error) => void): void {
    const execution = { input: JSON.stringify(input), open: true };
    if (this.world.script.world.executionNames) {
      const former = this.executions.get(request.event.RequestId);
      if (former?.open && former.input === execution.input) return;
      if (former) {
        this.world.count('execution exists');
        failed(new Error(`ExecutionAlreadyExists: Execution Already Exists: '${request.event.RequestId}'`));
        return;
      }
      this.executions.set(request.event.RequestId, execution);
    }
    request.waiters += 1;
    const end = (): void => {
      request.waiters -= 1;
      execution.open = false;
    };
    this.world.scheduler.after(SECOND / 2, () => this.poll({ request, input, end, attempts: 0, answered: false, callsBefore: undefined }));
  }

  private poll(waiter: Waiter): void {
    const { request, input, end } = waiter;
    if (!this.alive) {
      end();
      return;
    }
    if (!request.awaited) this.world.count('zombie polls');
    const killed = this.world.faults.killsFramework();
    if (killed) request.excuses.add('framework killed');
    if (killed === 'before') {
      this.again(waiter, true);
      return;
    }
    this.world.invoke(request, input, (outcome, polled) => {
      if (killed === 'after') {
        this.again(waiter, true);
        return;
      }
      if ('error' in outcome) {
        this.submit(request, 'FAILED', input.PhysicalResourceId, outcome.error);
      } else {
        const { IsComplete, Data } = outcome.value as { IsComplete: boolean; Data?: Answer['Data'] };
        if (!IsComplete && Data && Object.keys(Data).length > 0) {
          this.submit(request, 'FAILED', input.PhysicalResourceId, new Error('"Data" is not allowed if "IsComplete" is "False"'));
        } else if (!IsComplete) {
          this.world.checks.polled(request, waiter.callsBefore, polled);
          waiter.callsBefore = polled;
          this.again(waiter, false);
          return;
        } else {
          this.submit(request, 'SUCCESS', input.PhysicalResourceId, undefined, Data ?? {});
        }
      }
      if (killed === 'answered') {
        this.again(waiter, true);
      } else {
        end();
      }
    });
  }

  /** The state machine retries for any reason. After the last attempt, it responds only if the poll did not crash. */
  private again(waiter: Waiter, crashed: boolean): void {
    waiter.attempts += 1;
    const { request, input, end } = waiter;
    if (waiter.attempts <= this.maxAttempts) {
      this.world.scheduler.after(this.interval, () => this.poll(waiter));
      return;
    }
    end();
    if (crashed) {
      this.world.count('nobody answers');
    } else {
      this.world.count('waiter timed out');
      request.excuses.add('waiter timed out');
      this.submit(request, 'FAILED', input.PhysicalResourceId, new Error('Operation timed out'));
    }
  }

  private submit(request: CfnRequest, Status: Answer['Status'], id: string, error?: Error, Data?: Answer['Data']): void {
    const logs = 'Logs: /aws/lambda/ModelStack-BedrockModelImportProviderHandlerC5B7B4DE-ABCDEFGHIJKL';
    const Reason = error ? [`Error: ${error.message}`, '', logs, '', ...(error.stack ?? '').split('\n').slice(1)].join('\n') : Status;
    const answer: Answer = { Status, Reason, PhysicalResourceId: id, Data: Data && JSON.parse(JSON.stringify(Data)) as Answer['Data'] };
    this.world.trace.say('handler', () => `responds to ${describeRequest(request)}: ${Status} ${id}${error ? ` "${error.message}"` : ''}`);
    this.world.checks.submitted(request, answer);
    this.world.scheduler.after(SECOND / 3, () => request.answered(answer));
  }
}

/** A deep copy as sent over the wire. Frozen, because all polls share it. */
function frozen<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, member: unknown) => Object.freeze(member)) as T;
}

interface Waiter {
  readonly request: CfnRequest;
  readonly input: CfnRequest['event'] & OnEventResponse;
  readonly end: () => void;
  attempts: number;
  answered: boolean;
  callsBefore: Polled | undefined;
}

/** The calls of a poll. */
export interface Polled {
  readonly at: number;
  readonly calls: number;
  /** Affected by a fault. */
  readonly disturbed: boolean;
  /** The job of the request was running throughout the poll. */
  readonly running: boolean;
}
