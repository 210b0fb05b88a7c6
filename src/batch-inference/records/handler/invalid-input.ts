/** Input that an execution cannot process. */
export class InvalidInput extends Error {}

/** Throws for everything that is wrong. */
export function assertValid(...problems: (string | undefined)[]): void {
  const found = problems.filter(problem => problem !== undefined);
  if (found.length > 0) throw new InvalidInput(found.join(' '));
}
