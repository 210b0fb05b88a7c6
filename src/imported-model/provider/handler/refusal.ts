import { isNativeError } from 'node:util/types';
import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';

/**
 * What a refused call means for the import:
 *
 * - `transient`: throttling, a server fault or the network; the next poll may get through
 * - `busy`: the resource is being changed, or our own call took effect although we were told otherwise; it ends by itself
 * - `quota`: the account's one import is running, or it has no free place for a model; only looking tells which
 * - `role`: Bedrock does not know the service role yet, or never will
 * - `access`: a permission of the provider, or of the service role on the weights or a key, has not reached IAM everywhere yet, or was never given
 * - `final`: the request itself is wrong
 */
export type RefusalKind = 'transient' | 'busy' | 'quota' | 'role' | 'access' | 'final';

/** A call that Bedrock did not carry out, as a fact to decide on. */
export interface Refusal {
  readonly operation: string;
  readonly kind: RefusalKind;
  readonly message: string;
}

/** Names an error of the AWS SDK; everything else is a fault of this program and is thrown on. */
export function refusalOf(operation: string, error: unknown): Refusal {
  if (!isNativeError(error)) throw error;
  return { operation, kind: kindOf(error), message: `${error.name}: ${error.message}` };
}

function kindOf(error: Error): RefusalKind {
  const sdkError = error as Parameters<typeof isTransientError>[0];
  // An AbortError is a call that was under way when the time of the invocation was up.
  if (isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError) || error.name === 'AbortError') return 'transient';
  switch (error.name) {
    case 'ConflictException':
    // It was there a moment ago; the next poll sees what has become of it.
    case 'ResourceNotFoundException':
      return 'busy';
    case 'ServiceQuotaExceededException':
      return 'quota';
    case 'AccessDeniedException':
      return 'access';
    case 'ValidationException':
      // A job name holds the hash of the request: only a lost answer to our own call can have used it up. And a model
      // that could not be seen when the job was to be created will be seen in the next poll.
      if (/job name is currently in use|model with name .* already exists/i.test(error.message)) return 'busy';
      if (/role/i.test(error.message) && /invalid|assume/i.test(error.message)) return 'role';
      // Role, key and policy can all be seconds old, whichever of them Bedrock names; a value that breaks a constraint stays wrong.
      if (!/satisfy constraint/i.test(error.message) && /permission|access|authori[sz]|denied|\bs3\b|\bbucket\b|\bkms\b/i.test(error.message)) return 'access';
      return 'final';
  }
  if (!('$metadata' in error)) throw error;
  return 'final';
}
