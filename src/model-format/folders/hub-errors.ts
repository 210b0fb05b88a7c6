import { FolderError } from './folder-error';

/** What of a response says why it is an error. */
export interface Refusal {
  readonly status: number;
  /** The header X-Error-Code. */
  readonly code?: string;
  /** The header X-Error-Message. */
  readonly message?: string;
  /** The seconds after which the Hub accepts requests again. */
  readonly retryAfter?: string;
}

/** Explains an error of the Hub: what cannot be read, what the Hub says, and what to do. */
export function explainRefusal(refusal: Refusal, uri: string, page: string, hasToken: boolean): FolderError {
  const { status, code, message } = refusal;
  const says = `${uri} cannot be read: the Hub answers ${status}${code ? ` ${code}` : ''}${message ? ` (${message.replace(/\.$/, '')})` : ''}`;
  return new FolderError(says, remedyOf(refusal, page, hasToken));
}

function remedyOf({ status, code, retryAfter }: Refusal, page: string, hasToken: boolean): string {
  const token = hasToken ? 'set HF_TOKEN to the access token of an account that may read it' : 'set HF_TOKEN to an access token if it is private';
  if (code === 'GatedRepo') return `Accept the conditions of the model on ${page}, and set HF_TOKEN to an access token of the same account`;
  if (code === 'RevisionNotFound') return `Use a branch, a tag or a commit of ${page}`;
  if (code === 'EntryNotFound') return 'Check again';
  if (status === 429) {
    const higher = hasToken ? '' : ', or set HF_TOKEN to an access token, which has a higher limit';
    return `Check again ${retryAfter === undefined ? 'later' : `in ${retryAfter} s`}${higher}`;
  }
  if (status === 401 && hasToken && code === undefined) return 'Set HF_TOKEN to a valid access token, or unset it';
  if (status >= 500) return 'Check again later';
  // The Hub does not tell a stranger whether a repository is private or missing.
  return `Correct the name of the model, or ${token}`;
}
