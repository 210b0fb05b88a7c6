import { INVALID_INPUT } from '../../contract';

/** Input that an execution cannot process. Not retried: the same input fails again. */
export class InvalidInput extends Error {
  // Step Functions matches the name, which a minified class would not have.
  public readonly name = INVALID_INPUT;
}

/** Throws for everything that is wrong. */
export function assertValid(...problems: (string | undefined)[]): void {
  const found = problems.filter(problem => problem !== undefined);
  if (found.length > 0) throw new InvalidInput(found.join(' '));
}
