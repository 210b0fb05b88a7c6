import type { AnyOperation } from './constraints';
import { BedrockError, ConnectionLostError, HangError } from './errors';

/** The name of the fault without a response, on a broken connection. */
export const CONNECTION_LOST = 'ConnectionLost';

/** The name of the fault without a response, on an open connection. */
export const HANG = 'Hang';

/** An incoming call. */
export interface Call {
  readonly operation: AnyOperation;
  readonly input: object;
  readonly at: number;
}

export interface Fault {
  /** The name of an error, `CONNECTION_LOST` or `HANG`. */
  readonly name: string;
  /** @default the status of that error in the service's model */
  readonly statusCode?: number;
  readonly message?: string;
  /** The number of affected calls. `Infinity`: until it is cleared. @default 1 */
  readonly times?: number;
  /**
   * `before`: the call has no effect. `after`: the call takes effect and its response is lost, so that the client gets the
   * fault regardless of the response. `during`, only for `HANG`: the response stops in the middle.
   *
   * @default 'before'
   */
  readonly when?: When;
  /** Selects the affected calls, for example by the time of the call (`at`). @default every call */
  readonly matches?: (call: Call) => boolean;
}

/** When a fault occurs. */
export type When = 'before' | 'during' | 'after';

/** A fault that affects a call. */
export interface MetFault {
  readonly name: string;
  readonly when: When;
  readonly error: BedrockError | ConnectionLostError | HangError;
}

interface ScriptedFault {
  readonly operation: AnyOperation | '*';
  readonly fault: Fault;
  left: number;
}

/** Scripted faults in order. A call is affected only by the first one that matches. */
export class FaultScript {
  private scripted: ScriptedFault[] = [];

  public add(operation: AnyOperation | '*', fault: Fault): void {
    errorOf(fault); // throws now, rather than during a call, if the name has no status code
    this.scripted.push({ operation, fault, left: fault.times ?? 1 });
  }

  public meet(call: Call): MetFault | undefined {
    const met = this.scripted.find(({ operation, fault }) =>
      (operation === '*' || operation === call.operation) && (fault.matches?.(call) ?? true));
    if (!met) return undefined;
    met.left -= 1;
    if (met.left <= 0) this.scripted = this.scripted.filter((each) => each !== met);
    return { name: met.fault.name, when: met.fault.when ?? 'before', error: errorOf(met.fault) };
  }

  /** The faults with remaining occurrences. */
  public pending(): { readonly operation: AnyOperation | '*'; readonly name: string; readonly left: number }[] {
    return this.scripted.map(({ operation, fault, left }) => ({ operation, name: fault.name, left }));
  }

  public clear(): void {
    this.scripted = [];
  }
}

function errorOf({ name, message, statusCode, when }: Fault): MetFault['error'] {
  if (name === HANG) return new HangError(when === 'during');
  if (when === 'during') throw new RangeError(`Only ${HANG} can come during an answer, not ${name}`);
  return name === CONNECTION_LOST ? new ConnectionLostError() : new BedrockError(name, message ?? `Scripted ${name}`, statusCode);
}
