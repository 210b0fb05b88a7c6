import type { Operation } from './constraints';
import { BedrockError, ConnectionLostError, HangError } from './errors';

/** The name of the fault that is no answer at all. */
export const CONNECTION_LOST = 'ConnectionLost';

/** The name of the fault that is no answer at all, on a connection that stays open. */
export const HANG = 'Hang';

/** A call as it arrives. */
export interface Call {
  readonly operation: Operation;
  readonly input: object;
  readonly at: number;
}

export interface Fault {
  /** An error's name, or `CONNECTION_LOST`, or `HANG`. */
  readonly name: string;
  /** @default the status of that error in the service's model */
  readonly statusCode?: number;
  readonly message?: string;
  /** How many calls it meets; `Infinity`: until it is cleared. @default 1 */
  readonly times?: number;
  /**
   * `before`: the call does nothing. `after`: the call does its work and its answer is lost, so that the client sees the
   * fault whatever the answer was. `during`, of `HANG` only: the answer stops in the middle.
   *
   * @default 'before'
   */
  readonly when?: When;
  /** Meets only the calls for which this is true; a time window looks at the call's `at`. @default every call */
  readonly matches?: (call: Call) => boolean;
}

/** When a fault comes. */
export type When = 'before' | 'during' | 'after';

/** A fault that meets a call. */
export interface MetFault {
  readonly name: string;
  readonly when: When;
  readonly error: BedrockError | ConnectionLostError | HangError;
}

interface ScriptedFault {
  readonly operation: Operation | '*';
  readonly fault: Fault;
  left: number;
}

/** Faults in the order in which they were scripted; a call meets the first that matches, and no other. */
export class FaultScript {
  private scripted: ScriptedFault[] = [];

  public add(operation: Operation | '*', fault: Fault): void {
    errorOf(fault); // a name without a status is the test author's mistake: say so here, not in the middle of a call
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

  /** The faults that no call has met yet, or not often enough. */
  public pending(): { readonly operation: Operation | '*'; readonly name: string; readonly left: number }[] {
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
