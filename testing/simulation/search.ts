import * as fc from 'fast-check';
import { type Histories, histories, type Known } from './histories';
import type { InvariantName } from './invariants';
import type { HandlerCode } from './lambda';
import { play } from './play';
import type { Script } from './script';
import type { Behaviour } from '../bedrock-server/behaviour';

/** The result of a number of histories. */
export interface Findings {
  readonly histories: number;
  readonly calls: number;
  /** The number of histories in which each event happened. */
  readonly coverage: { readonly [what: string]: number };
  readonly failure?: Failure;
}

export interface Failure {
  readonly invariant: InvariantName | 'crash';
  readonly message: string;
  /** The seed of fast-check. Replay with `--replay seed:path`. */
  readonly seed: number;
  readonly path: string;
  /** The number of histories before the failure. */
  readonly after: number;
  readonly script: Script;
  readonly trace: readonly string[];
}

export interface SearchOptions {
  readonly runs: number;
  readonly seed: number;
  readonly path?: string;
  /** @default - all */
  readonly histories?: Histories;
  /** @default - nothing: what is not documented is played both ways */
  readonly known?: Known;
  /** What Bedrock does otherwise than assumed. @default - nothing */
  readonly behaviour?: Partial<Behaviour>;
  /** Do not shrink the history that breaks an invariant. */
  readonly asFound?: boolean;
}

/** Plays histories until one breaks an invariant, then shrinks it to the simplest history that breaks the same invariant. */
export async function search(
  code: HandlerCode, { runs, seed, path, asFound, known, behaviour, histories: which }: SearchOptions,
): Promise<Findings> {
  const coverage: { [what: string]: number } = {};
  let played = 0;
  let calls = 0;
  let first: Failure['invariant'] | undefined;
  const check = async (script: Script): Promise<void> => {
    let broken: Failure['invariant'] | undefined;
    let error: unknown;
    try {
      const history = await play(script, code, { behaviour });
      if (first === undefined) {
        played += 1;
        calls += history.calls;
        for (const what of history.counts.keys()) coverage[what] = (coverage[what] ?? 0) + 1;
      }
      error = history.violation;
      broken = history.violation?.invariant;
    } catch (crash) {
      error = crash;
      broken = 'crash';
    }
    if (broken === undefined || (first !== undefined && broken !== first)) return;
    first = broken;
    throw error;
  };
  const result = await fc.check(fc.asyncProperty(histories(which, known), check), { numRuns: runs, seed, path, endOnFailure: asFound });
  if (!result.failed || !result.counterexample || first === undefined) return { histories: played, calls, coverage };
  const [script] = result.counterexample;
  const { trace, message } = await tell(script, code, behaviour);
  const failure: Failure = { invariant: first, message, seed: result.seed, path: result.counterexamplePath ?? '', after: played, script, trace };
  return { histories: played, calls, coverage, failure };
}

/** Replays a script with a trace. */
export async function tell(
  script: Script, code: HandlerCode, behaviour?: Partial<Behaviour>,
): Promise<{ readonly trace: readonly string[]; readonly message: string }> {
  try {
    const { trace, violation } = await play(script, code, { traced: true, behaviour });
    return { trace, message: violation?.message ?? 'no invariant is broken' };
  } catch (crash) {
    return { trace: [], message: (crash as Error).stack ?? String(crash) };
  }
}
