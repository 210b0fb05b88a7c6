import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkString, type StringRule } from '../validation/api-constraints';

/** Throws for everything that is known to be wrong at synthesis, and says where. */
export function assertValid(scope: IConstruct, ...problems: (string | undefined)[]): void {
  const found = problems.filter(problem => problem !== undefined);
  if (found.length > 0) throw new Error(`${found.join(' ')} [${scope.node.path}]`);
}

/** Checks a string whose value is known; a token passes, and the handler checks what becomes of it. */
export function checkKnown(property: string, value: string | undefined, rule: StringRule): string | undefined {
  return value === undefined || Token.isUnresolved(value) ? undefined : checkString(property, value, rule);
}
