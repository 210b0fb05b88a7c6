import { isNativeError } from 'node:util/types';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';

/**
 * The kinds of refusals:
 *
 * - `transient`: throttling, a server error or the network; the next poll may succeed
 * - `busy`: the resource is being changed, or an earlier call took effect although its response was lost; it ends by itself
 * - `quota`: the account's one import is running, or its model quota is exhausted; only a list shows which
 * - `role`: Bedrock cannot assume the service role, yet or at all
 * - `access`: a permission of the provider, or of the service role on the weights or a key, has not propagated yet or is missing
 * - `final`: the request is invalid
 */
export type RefusalKind = 'transient' | 'busy' | 'quota' | 'role' | 'access' | 'final';

/** A call that Bedrock has refused. */
export interface Refusal {
  readonly operation: string;
  readonly kind: RefusalKind;
  readonly message: string;
}

/** Classifies an error of the AWS SDK. Any other error is a bug of the handler and is thrown again. */
export function refusalOf(operation: string, error: unknown): Refusal {
  if (!isNativeError(error)) throw error;
  return { operation, kind: kindOf(error), message: `${error.name}: ${error.message}` };
}

function kindOf(error: Error): RefusalKind {
  const sdkError = error as Parameters<typeof isTransientError>[0];
  // An AbortError is a call that was pending when the budget of the invocation had elapsed.
  if (isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError) || error.name === 'AbortError') return 'transient';
  switch (error.name) {
    case 'ConflictException':
    // The resource existed moments ago; the next poll reads it again.
    case 'ResourceNotFoundException':
      return 'busy';
    case 'ServiceQuotaExceededException':
      return 'quota';
    case 'AccessDeniedException':
      return 'access';
    case 'ValidationException':
      // A job name contains the hash of the request, so only an own call whose response was lost can have used it. A model that was not visible
      // when the job was to be created is visible in the next poll.
      if (/job name is currently in use|model with name .* already exists/i.test(error.message)) return 'busy';
      if (/role/i.test(error.message) && /invalid|assume/i.test(error.message)) return 'role';
      // Role, key and policy may all be seconds old, whichever of them Bedrock names. A value that violates a constraint stays invalid.
      if (!/satisfy constraint/i.test(error.message) && /permission|access|authori[sz]|denied|\bs3\b|\bbucket\b|\bkms\b/i.test(error.message)) return 'access';
      return 'final';
  }
  if (!('$metadata' in error)) throw error;
  return 'final';
}
