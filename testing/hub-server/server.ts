import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model of the server. */
export interface HubRepository {
  /** The commits, by branch or tag. */
  readonly revisions: { readonly [revision: string]: HubCommit };
  /** Nobody without a token finds it. */
  readonly isPrivate?: boolean;
  /** Everybody sees the list of files, and only who has accepted the conditions reads them. */
  readonly isGated?: boolean;
}

export interface HubCommit {
  /** 40 hexadecimal digits. */
  readonly sha: string;
  readonly files: { readonly [path: string]: HubFile };
}

export interface HubFile {
  readonly size: number;
  /** Whether it is stored outside of Git, as all large files are. */
  readonly isLarge: boolean;
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

export interface HubServerOptions {
  /** A token that may read everything. Others are invalid. @default 'hf_reader' */
  readonly token?: string;
  /** A valid token that may read no private model and no files of a gated one. @default 'hf_stranger' */
  readonly strangerToken?: string;
  /** The number of files in a page of the list. @default 1000 */
  readonly page?: number;
  /** Small files are sent as a whole, whatever their range. @default false */
  readonly ignoresRanges?: boolean;
  /** Called before each request is answered; throws a refusal, or undefined to answer. */
  readonly before?: (path: string) => void;
}

export interface HubServer {
  /** For HF_ENDPOINT. */
  readonly url: string;
  /** The paths of the requests, without their parameters. */
  readonly requests: readonly string[];
  /** The bytes of files that were sent. */
  readonly sent: () => number;
  close(): Promise<void>;
}

/** An answer of the Hub that is an error. With the status 0 the connection is lost instead. */
export class HubRefusal extends Error {
  constructor(
    public readonly status: number, public readonly code: string | undefined, message: string, public readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** A file of some content. */
export function hubFile(content: string | Uint8Array, isLarge = false): HubFile {
  const bytes = Buffer.from(content as Uint8Array);
  return { size: bytes.length, isLarge, read: async (start, end) => bytes.subarray(start, end) };
}

/** The identity of a large file. The hash of its content is not known for files that exist only where they are read. */
export function lfsOid(path: string, { size }: HubFile): string {
  return createHash('sha256').update(`${path} ${size}`).digest('hex');
}

/**
 * What a check needs of the Hub, over HTTP on this machine: the commit of a revision, the list of files in pages, and ranges of files, with the large
 * ones on another server. Strict: what a check must not do, such as reading a whole file or sending the token to the other server, is an error.
 */
export async function startHubServer(repositories: { readonly [name: string]: HubRepository }, options: HubServerOptions = {}): Promise<HubServer> {
  const { token = 'hf_reader', strangerToken = 'hf_stranger', page = 1000, ignoresRanges = false } = options;
  const requests: string[] = [];
  const large = new Map<string, HubFile>();
  let sent = 0;

  const storage = await listen(async ({ url = '', headers }, response) => {
    if (headers.authorization !== undefined) throw new HubRefusal(400, undefined, 'the token of the Hub was sent to another server');
    const file = large.get(url);
    if (!file) throw new HubRefusal(403, undefined, `no signed URL: ${url}`);
    sent += await sendRange(file, headers.range, response);
  });

  const hub = await listen(async ({ method, url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://hub');
    requests.push(pathname);
    if (method !== 'GET') throw new Error(`${method} is no method of a check`);
    options.before?.(pathname);
    const bearer = headers.authorization?.replace(/^Bearer /, '');
    if (bearer !== undefined && ![token, strangerToken].includes(bearer)) throw new HubRefusal(401, undefined, 'Invalid credentials in Authorization header');

    const [, api, name, , revision, path] = /^\/(api\/models\/)?([^/]+\/[^/]+)\/(revision|tree|resolve)\/([^/]+)(?:\/(.*))?$/.exec(pathname)
      ?? fail(new Error(`unexpected request ${url}`));
    const repository = repositories[name];
    if (!repository || (repository.isPrivate && bearer !== token)) {
      throw new HubRefusal(bearer === undefined ? 401 : 404, 'RepoNotFound', bearer === undefined ? 'Invalid username or password.' : 'Repository not found');
    }
    if (api && path === undefined && pathname.includes('/revision/')) {
      const { sha } = repository.revisions[decodeURIComponent(revision)] ?? Object.values(repository.revisions).find(one => one.sha === revision)
        ?? fail(new HubRefusal(404, 'RevisionNotFound', `Invalid rev id: ${revision}`));
      json(response, { _id: '0', id: name, sha, private: false, gated: false, likes: 0, downloads: 0, lastModified: '2026-01-01T00:00:00.000Z' });
      return;
    }
    const commit = Object.values(repository.revisions).find(({ sha }) => sha === revision) ?? fail(new Error(`a check must read one commit, not ${revision}`));
    if (api) {
      const start = Number(searchParams.get('cursor') ?? 0);
      const entries = Object.entries(commit.files);
      if (start + page < entries.length) {
        response.setHeader('link', `<${hubUrl()}${pathname}?recursive=true&expand=false&cursor=${start + page}>; rel="next"`);
      }
      json(response, entries.slice(start, start + page).map(entry => treeEntry(...entry)));
      return;
    }
    if (repository.isGated && bearer !== token) {
      throw new HubRefusal(bearer === undefined ? 401 : 403, 'GatedRepo', `Access to model ${name} is restricted.`);
    }
    const file = commit.files[decodeURIComponent(path)] ?? fail(new HubRefusal(404, 'EntryNotFound', 'Entry not found'));
    if (file.isLarge) {
      const signed = `/${lfsOid(path, file)}?signature=${large.size}`;
      large.set(signed, file);
      response.writeHead(302, { 'location': `${addressOf(storage)}${signed}`, 'x-repo-commit': commit.sha, 'x-linked-size': file.size }).end();
      return;
    }
    response.setHeader('x-repo-commit', commit.sha);
    if (ignoresRanges) {
      response.end(await file.read(0, file.size));
      sent += file.size;
    } else {
      sent += await sendRange(file, headers.range, response);
    }
  });
  const hubUrl = () => addressOf(hub);

  return {
    url: hubUrl(),
    requests,
    sent: () => sent,
    close: async () => {
      for (const server of [hub, storage]) {
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
      }
    },
  };
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent || (error as Partial<HubRefusal>).status === 0) {
        response.destroy();
        return;
      }
      const { status, code, message, headers } = error instanceof HubRefusal ? error : new HubRefusal(400, undefined, String(error));
      response.writeHead(status, { ...code && { 'x-error-code': code }, 'x-error-message': message, ...headers }).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function json(response: ServerResponse, value: object): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}

function treeEntry(path: string, file: HubFile): object {
  const oid = createHash('sha1').update(path).digest('hex');
  if (!file.isLarge) return { type: 'file', oid, size: file.size, path };
  return { type: 'file', oid, size: file.size, lfs: { oid: lfsOid(path, file), size: file.size, pointerSize: 135 }, path };
}

async function sendRange(file: HubFile, range: string | undefined, response: ServerResponse): Promise<number> {
  const [, start, last] = (/^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? fail(new Error('a check must not read whole files'))).map(Number);
  if (start >= file.size) throw new HubRefusal(416, undefined, 'Range Not Satisfiable');
  const end = Math.min(last + 1, file.size);
  const content = await file.read(start, end);
  response.writeHead(206, { 'content-length': content.length, 'content-range': `bytes ${start}-${end - 1}/${file.size}` }).end(content);
  return content.length;
}

function fail(error: Error): never {
  throw error;
}
