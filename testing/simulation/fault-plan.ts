import type { FaultScript } from './script';
import { SDK_ATTEMPTS } from '../../src/imported-model/provider/handler/entry-point';
import { REQUEST_TIMEOUT } from '../../src/imported-model/provider/patience';
import { BedrockError, ConnectionLostError, HangError } from '../bedrock-server/errors';

/** The duration of a call without a response: all attempts of the SDK time out. */
const HANG = SDK_ATTEMPTS * REQUEST_TIMEOUT;

/** The effect of the fault plan on a call. */
export interface Met {
  readonly name?: string;
  /** The error instead of a response. */
  readonly error?: Error;
  /** The call takes effect before the error. */
  readonly after?: boolean;
  readonly killed?: 'before' | 'after';
  /** Additional duration in milliseconds. `Infinity`: until the call is aborted. */
  readonly lasts?: number;
}

/** Schedules the faults of a script. */
export class FaultPlan {
  private calls = 0;
  private creates = 0;
  private polls = 0;
  private invocations = 0;
  private readonly handlerKills = new Map<number, 'before' | 'after'>();
  private readonly frameworkKills = new Map<number, 'before' | 'after' | 'answered'>();
  private readonly throttledInvocations = new Map<number, number>();

  constructor(private readonly script: readonly FaultScript[]) {
    for (const fault of script) {
      if (fault.kind === 'handlerKilled') this.handlerKills.set(fault.call, fault.when);
      if (fault.kind === 'frameworkKilled') this.frameworkKills.set(fault.poll, fault.when);
      if (fault.kind === 'invocationThrottled') this.throttledInvocations.set(fault.invocation, fault.times);
    }
  }

  /** The fault for the next call. */
  public nextCall(operation: string, minute: number): Met {
    const call = this.calls++;
    if (operation === 'CreateModelImportJob') this.creates += 1;
    const killed = this.handlerKills.get(call);
    if (killed) return { killed, name: 'handlerKilled' };
    for (const fault of this.script) {
      switch (fault.kind) {
        case 'throttled':
        case 'serverError':
        case 'lostRequest':
        case 'lostAnswer':
          if (call >= fault.call && call < fault.call + fault.times) return { error: errorOf(fault.kind), after: fault.kind === 'lostAnswer', name: fault.kind };
          break;
        case 'hangs':
          if (call >= fault.call && call < fault.call + fault.times) {
            return { error: new HangError(fault.when === 'during'), after: fault.when !== 'before', lasts: fault.when === 'during' ? Infinity : HANG, name: `hangs ${fault.when}` };
          }
          break;
        case 'slow':
          if (call >= fault.call && call < fault.call + fault.times) return { lasts: fault.seconds * 1000, name: 'slow' };
          break;
        case 'storm':
          if (minute >= fault.atMinute && minute < fault.atMinute + fault.minutes) return { error: errorOf('throttled'), name: 'storm' };
          break;
        case 'refusedForGood':
          if (operation === 'CreateModelImportJob' && this.creates - 1 === fault.create) {
            return { error: new BedrockError('ValidationException', `The weights cannot be read: ${'why '.repeat(2000)}`), name: 'refusedForGood' };
          }
      }
    }
    return {};
  }

  /** Whether the framework's function crashes in the next poll, and when. */
  public killsFramework(): 'before' | 'after' | 'answered' | undefined {
    return this.frameworkKills.get(this.polls++);
  }

  /** The number of times that the next invocation is throttled. */
  public throttlesInvocation(): number {
    return this.throttledInvocations.get(this.invocations++) ?? 0;
  }

  public deliveryOf(request: number): { readonly late: number; readonly again?: number } {
    let late = 0;
    let again: number | undefined;
    for (const fault of this.script) {
      if (fault.kind === 'deliveredLate' && fault.request === request) late = fault.seconds * 1000;
      if (fault.kind === 'deliveredTwice' && fault.request === request) again = fault.afterSeconds * 1000;
    }
    return { late, again };
  }
}

function errorOf(kind: 'throttled' | 'serverError' | 'lostRequest' | 'lostAnswer'): Error {
  switch (kind) {
    case 'throttled': return new BedrockError('ThrottlingException', 'Too many requests');
    case 'serverError': return new BedrockError('InternalServerException', 'Something went wrong');
    default: return new ConnectionLostError();
  }
}
