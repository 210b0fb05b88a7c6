import { FolderError } from './folder-error';

/** What is known of an error of the SDK. */
interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const SIGN_IN = 'Sign in again, for example with "aws sso login", or select a profile with AWS_PROFILE';
const CHANGED = 'The object is no longer the one that was listed. Check again when nobody writes into the folder';

/** The remedies, by the name of the error. */
const REMEDIES: { readonly [error: string]: string } = {
  NoSuchBucket: 'Correct the name of the bucket',
  NoSuchKey: CHANGED,
  PreconditionFailed: CHANGED,
  InvalidObjectState: 'Restore the object, or copy it to another storage class: Bedrock cannot read archived objects',
  CredentialsProviderError: SIGN_IN,
  TokenProviderError: SIGN_IN,
  ExpiredToken: SIGN_IN,
  ExpiredTokenException: SIGN_IN,
  InvalidAccessKeyId: SIGN_IN,
  InvalidToken: SIGN_IN,
  SignatureDoesNotMatch: SIGN_IN,
  RequestTimeTooSkewed: 'Correct the clock of this machine',
};

/** Explains an error of Amazon S3: what cannot be read, what S3 says, and what to do. `permission` completes "Allow". */
export function explainS3Error(error: unknown, uri: string, permission: string): FolderError {
  const { name, message, $metadata: { httpStatusCode: status } = {} } = error as SdkError;
  // Without a permission to list, S3 answers 403 also for what does not exist.
  const otherwise = status === 403 ? `Allow ${permission}` : status === undefined ? 'Check the network, and the Region' : 'Check again';
  const says = `${name}: ${message}`.replace(/^Error: /, '').replace(/^AWS SDK error wrapper for (Error: )?/, ''); // of Node.js, such as ECONNREFUSED
  return new FolderError(`${uri} cannot be read: ${says}`, REMEDIES[name] ?? otherwise);
}
