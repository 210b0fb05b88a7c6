import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { complaint } from '../validation/api-constraints';

/** Says when a resource is known to be of another account than the model; returns undefined where either is a token. */
export function checkSameAccount(scope: IConstruct, property: string, resource: Pick<IResource, 'env'>, remedy: string): string | undefined {
  return checkSame(property, 'account', Stack.of(scope).account, resource.env.account, remedy);
}

/** Says when a resource is known to be of another Region than the model. */
export function checkSameRegion(scope: IConstruct, property: string, resource: Pick<IResource, 'env'>, remedy: string): string | undefined {
  return checkSame(property, 'Region', Stack.of(scope).region, resource.env.region, remedy);
}

function checkSame(property: string, what: string, here: string, there: string, remedy: string): string | undefined {
  if (Token.isUnresolved(here) || Token.isUnresolved(there) || here === there) return undefined;
  return complaint(property, there, `of the ${what} of the model, ${here}`, remedy);
}
