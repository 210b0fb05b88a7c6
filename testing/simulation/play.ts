import { Violation } from './invariants';
import type { HandlerCode } from './lambda';
import type { Script } from './script';
import { type PlayOptions, World } from './world';

/** The result of a history. */
export interface History {
  readonly violation?: Violation;
  readonly counts: ReadonlyMap<string, number>;
  readonly calls: number;
  readonly trace: readonly string[];
}

/** Plays one script. */
export async function play(script: Script, code: HandlerCode, options: PlayOptions = {}): Promise<History> {
  const world = new World(script, code, options);
  let violation: Violation | undefined;
  try {
    await world.play();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
    world.trace.say('VIOLATION', () => error.message);
  }
  return { violation, counts: world.counts, calls: world.calledBedrock, trace: world.trace.lines };
}
