import { isDeepStrictEqual } from 'node:util';
import { invalid } from './errors';

/** A deep copy as sent over the wire, without undefined members. Frozen, because responses share parts of it. */
export function copied<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_, member: unknown) => Object.freeze(member)) as T;
}

/** The strictest assumption: the response to a different request with the same token is not documented. */
export function refuseOtherRequest<T>(earlier: { readonly request: T }, request: T): void {
  if (!isDeepStrictEqual(earlier.request, copied(request))) {
    throw invalid('The provided clientRequestToken was used with other parameters');
  }
}
