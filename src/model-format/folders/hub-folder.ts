import { FolderError } from './folder-error';
import { explainRefusal, type Refusal } from './hub-errors';
import type { ReadCost } from './read-cost';
import { field } from '../json-object';
import type { ModelFile, ModelFolder } from '../model-folder';

/** A request without a response, or with an error of the server, is made again after so many milliseconds. */
const RETRY_DELAYS_MS = [500, 2000];

/** A model on a Hub. */
export interface HubModel {
  /** `organization/model`. */
  readonly name: string;
  /** A branch, a tag or a commit. @default - the main branch */
  readonly revision?: string;
}

export interface HubOptions {
  /** @default 'https://huggingface.co' */
  readonly endpoint?: string;
  readonly token?: string;
  /** @default - after half a second, and after two */
  readonly retryDelaysMs?: readonly number[];
}

/**
 * A model on the Hugging Face Hub, or on a server with the same API. Everything is read from one commit.
 */
export class HubFolder implements ModelFolder {
  private readonly endpoint: string;
  private readonly token?: string;
  private files?: Promise<ModelFile[]>;
  private sha?: string;
  private calls = 0;
  private bytes = 0;

  constructor(private readonly model: HubModel, private readonly options: HubOptions = {}) {
    this.endpoint = (options.endpoint ?? 'https://huggingface.co').replace(/\/+$/, '');
    this.token = tokenOf(options.token);
  }

  /** The commit. Known after `list()`. */
  public get commit(): string | undefined {
    return this.sha;
  }

  public get cost(): ReadCost {
    return { calls: this.calls, bytes: this.bytes };
  }

  public async list(): Promise<ModelFile[]> {
    this.files ??= this.listAll();
    return [...await this.files];
  }

  public async read(path: string, start: number, end: number): Promise<Uint8Array> {
    await this.list();
    if (end <= start) return new Uint8Array();
    const url = `${this.endpoint}/${this.model.name}/resolve/${this.sha}/${path.split('/').map(encodeURIComponent).join('/')}`;
    return this.retried(path, async () => {
      // A range of what is compressed would be another one.
      const response = await this.request(url, { 'Range': `bytes=${start}-${end - 1}`, 'Accept-Encoding': 'identity' }, 416);
      if (response.status === 416) {
        await response.body?.cancel();
        return new Uint8Array(); // it begins behind the end
      }
      // Small files may come whole.
      const skipped = response.status === 206 ? 0 : start;
      return (await firstBytes(response, skipped + end - start, (length) => { this.bytes += length; })).subarray(skipped);
    });
  }

  private async listAll(): Promise<ModelFile[]> {
    const { name, revision = 'main' } = this.model;
    const sha = await this.commitOf(`${this.endpoint}/api/models/${name}/revision/${encodeURIComponent(revision)}?expand=sha`);
    this.sha = sha;
    const files: ModelFile[] = [];
    let page: string | undefined = `${this.endpoint}/api/models/${name}/tree/${sha}?recursive=true&expand=false`;
    while (page !== undefined) {
      const { entries, next }: Page = await this.page(page);
      files.push(...entries.filter(({ type }) => type === 'file').map(({ path, size, oid, lfs }) => ({ path, size: lfs?.size ?? size, etag: lfs?.oid ?? oid })));
      page = next;
    }
    return files;
  }

  private async page(url: string): Promise<Page> {
    return this.retried('', async () => {
      const response = await this.request(url);
      const [, next] = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
      const entries = await jsonOf(response);
      if (!Array.isArray(entries) || !entries.every(isTreeEntry)) throw new UnexpectedAnswer();
      return { entries, next };
    });
  }

  private async commitOf(url: string): Promise<string> {
    return this.retried('', async () => {
      const sha = field(await jsonOf(await this.request(url)), 'sha');
      if (typeof sha !== 'string') throw new UnexpectedAnswer();
      return sha;
    });
  }

  /** `fetch` with the token, which it does not send along to where large files are. */
  private async request(url: string, headers: Readonly<Record<string, string>> = {}, accepted?: number): Promise<Response> {
    const authorization: Record<string, string> = this.token === undefined ? {} : { Authorization: `Bearer ${this.token}` };
    this.calls++;
    const response = await fetch(url, { headers: { ...headers, ...authorization } });
    if (response.ok || response.status === accepted) return response;
    await response.body?.cancel();
    throw new RefusedRequest(refusalOf(response));
  }

  private async retried<T>(path: string, action: () => Promise<T>): Promise<T> {
    for (const delay of [...this.options.retryDelaysMs ?? RETRY_DELAYS_MS, undefined]) {
      try {
        return await action();
      } catch (error) {
        const mayPass = error instanceof RefusedRequest ? error.refusal.status >= 500 : !(error instanceof UnexpectedAnswer);
        if (!mayPass || delay === undefined) throw this.explain(error, path);
        await new Promise(resolve => setTimeout(resolve, delay));
      }
    }
    throw new Error('unreachable');
  }

  private explain(error: unknown, path: string): FolderError {
    const { name, revision } = this.model;
    const uri = `hf://${name}${revision ? `@${revision}` : ''}${path && `/${path}`}`;
    if (error instanceof RefusedRequest) return explainRefusal(error.refusal, uri, `${this.endpoint}/${name}`, this.token !== undefined);
    if (error instanceof UnexpectedAnswer) {
      return new FolderError(`${uri} cannot be read: what ${this.endpoint} answers is not what the Hub answers`,
        'Check HF_ENDPOINT, and whether a proxy asks you to sign in');
    }
    const { message, cause } = error as Error; // the message of `fetch` is the same for all causes
    return new FolderError(`${uri} cannot be read: ${(cause as Error | undefined)?.message || message}`, 'Check the network, and HF_ENDPOINT if it is set');
  }
}

/** What the Hub lists. */
interface TreeEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  /** Of large files: the hash of their content. */
  readonly lfs?: { readonly oid: string; readonly size: number };
}

interface Page {
  readonly entries: readonly TreeEntry[];
  /** The URL of the next page. */
  readonly next?: string;
}

/** A response that is an error. */
class RefusedRequest extends Error {
  constructor(public readonly refusal: Refusal) {
    super(String(refusal.status));
  }
}

/** A response that is none of the Hub. */
class UnexpectedAnswer extends Error {}

/** The token without the line end of a file. Not part of any message: it is a secret. */
function tokenOf(text: string | undefined): string | undefined {
  const token = text?.trim();
  if (!token) return undefined;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new FolderError('HF_TOKEN has spaces or characters that no access token has', 'Set it to the access token alone, or unset it');
  }
  return token;
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text(); // a connection that is lost here is no answer
  try {
    return JSON.parse(text);
  } catch {
    throw new UnexpectedAnswer();
  }
}

function isTreeEntry(entry: unknown): entry is TreeEntry {
  const lfs = field(entry, 'lfs');
  return typeof field(entry, 'type') === 'string' && typeof field(entry, 'path') === 'string'
    && (field(entry, 'type') !== 'file' || (typeof field(entry, 'size') === 'number' && typeof field(entry, 'oid') === 'string'))
    && (lfs === undefined || lfs === null || (typeof field(lfs, 'size') === 'number' && typeof field(lfs, 'oid') === 'string'));
}

function refusalOf({ status, headers }: Response): Refusal {
  const header = (name: string) => headers.get(name) ?? undefined;
  return { status, code: header('x-error-code'), message: header('x-error-message'), retryAfter: header('retry-after') ?? /;t=(\d+)/.exec(header('ratelimit') ?? '')?.[1] };
}

/** The first bytes of a body. Whatever comes behind them is not read, also if a server ignores the range. */
async function firstBytes({ body }: Response, count: number, received: (bytes: number) => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    received(chunk.length);
    if (length >= count) break; // which cancels the body
  }
  return Buffer.concat(chunks).subarray(0, count);
}
