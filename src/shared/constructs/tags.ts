import { Token } from 'aws-cdk-lib';

/** Tags with placeholders for the tokens, which only the deployment knows. */
export function knownPart(tags: { readonly [key: string]: string }): { [key: string]: string } {
  return Object.fromEntries(Object.entries(tags).map(([key, value], index) => [
    Token.isUnresolved(key) ? `token-${index}` : key,
    Token.isUnresolved(value) ? '' : value,
  ]));
}

/** Tags by key, sorted: maps have another order in each language, and in Java in each run. */
export function sorted(tags: { readonly [key: string]: string }): [key: string, value: string][] {
  return Object.entries(tags).sort(([a], [b]) => a < b ? -1 : 1);
}
