import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { checkString, complaint, type StringRule } from '../validation/complaint';

/** Throws for everything that is known to be wrong at synthesis, with the path of the construct. */
export function assertValid(scope: IConstruct, ...problems: (string | undefined)[]): void {
  const found = problems.filter(problem => problem !== undefined);
  if (found.length > 0) throw new Error(`${found.join(' ')} [${scope.node.path}]`);
}

/** Checks a string. A token passes: the handler checks its value. */
export function checkKnown(property: string, value: string | undefined, rule: StringRule): string | undefined {
  return value === undefined || Token.isUnresolved(value) ? undefined : checkString(property, value, rule);
}

/** Checks that a resource is in the account of the model. Passes if one of the accounts is a token. */
export function checkSameAccount(scope: IConstruct, property: string, resource: Pick<IResource, 'env'>, remedy: string): string | undefined {
  return checkSame(property, 'account', Stack.of(scope).account, resource.env.account, remedy);
}

/** Checks that a resource is in the Region of the model. Passes if one of the Regions is a token. */
export function checkSameRegion(scope: IConstruct, property: string, resource: Pick<IResource, 'env'>, remedy: string): string | undefined {
  return checkSame(property, 'Region', Stack.of(scope).region, resource.env.region, remedy);
}

function checkSame(property: string, what: string, here: string, there: string, remedy: string): string | undefined {
  if (Token.isUnresolved(here) || Token.isUnresolved(there) || here === there) return undefined;
  return complaint(property, there, `in the ${what} of the model, ${here}`, remedy);
}
