import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Bedrock, type BedrockOptions } from './bedrock';
import { SystemClock } from './clock';
import { OPERATIONS, type Operation } from './constraints';
import { control, CONTROL_PREFIX } from './control';
import { BedrockError, ConnectionLostError, HangError } from './errors';
import { decode, type WireRequest } from './rest-json';

/** An operation that a client calls. */
export interface ClientCall {
  readonly operation: Operation;
  readonly input: { readonly [member: string]: unknown };
  /** As whom the client presents itself, `app/...` in its user agent: the name of a Lambda function. */
  readonly functionName: string;
}

export interface BedrockServerOptions extends Partial<BedrockOptions> {
  /** Refuses a call that the client is not allowed to make. @default - everybody may do everything */
  readonly authorize?: (call: ClientCall) => Promise<BedrockError | undefined>;
  /** @default - a free port */
  readonly port?: number;
  /** A loopback address. @default '127.0.0.1' */
  readonly host?: string;
}

export interface BedrockServer {
  /** What the SDK takes as `endpoint`, or as AWS_ENDPOINT_URL_BEDROCK. */
  readonly url: string;
  readonly bedrock: Bedrock;
  /** Breaks open connections. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly errorName?: string;
  readonly body: unknown;
}

/** Nothing here asks who is calling, so nobody from outside the machine may call. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Serves a Bedrock control plane of its own over HTTP; requests need no valid signature. */
export async function startBedrockServer(options: BedrockServerOptions = {}): Promise<BedrockServer> {
  const { port = 0, host = '127.0.0.1', clock = new SystemClock(), authorize, ...rest } = options;
  if (!LOOPBACK.includes(host)) {
    throw new Error(`The in-memory Bedrock listens on loopback addresses only (${LOOPBACK.join(', ')}), not on ${host}`);
  }
  const bedrock = new Bedrock({ ...rest, clock });
  const server = createServer((request, response) => {
    handle({ bedrock, authorize }, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    bedrock,
    close: async () => new Promise<void>((resolve, reject) => {
      server.close((error) => error ? reject(error) : resolve());
      server.closeAllConnections();
    }),
  };
}

interface Service extends Pick<BedrockServerOptions, 'authorize'> {
  readonly bedrock: Bedrock;
}

async function handle(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: target = '' } = request;
  const body = await text(request);
  let answer: Answer;
  try {
    answer = target.startsWith(CONTROL_PREFIX)
      ? answerControl(service.bedrock, method, target, body)
      : await answerClient(service, { method, target, body }, String(request.headers['user-agent']));
  } catch (error) {
    if (error instanceof ConnectionLostError) {
      request.socket.destroy();
      return;
    }
    if (error instanceof HangError) {
      if (error.inTheMiddle) response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }).write('{"');
      return; // until the client gives up, or the server is closed
    }
    // Only a mistake in this test server comes here. A client would take a 500 for the weather, so say it aloud.
    console.error(error);
    answer = { status: 500, errorName: 'InternalFailure', body: { message: String(error) } };
  }
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    ...answer.errorName && { 'x-amzn-errortype': answer.errorName },
  });
  response.end(JSON.stringify(answer.body));
}

async function answerClient({ bedrock, authorize }: Service, request: WireRequest, userAgent: string): Promise<Answer> {
  try {
    const { operation, input } = decode(request);
    const [, functionName = ''] = /\bapp\/(\S+)/.exec(userAgent) ?? [];
    const refused = await authorize?.({ operation, input, functionName });
    if (refused) throw refused;
    return { status: OPERATIONS[operation].status, body: call(bedrock, operation, input) };
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return { status: error.statusCode, errorName: error.name, body: { message: error.message } };
  }
}

/** The methods check their input themselves, whatever its declared type. */
function call(bedrock: Bedrock, operation: Operation, input: object): object {
  const name = operation.charAt(0).toLowerCase() + operation.slice(1) as Uncapitalize<Operation>;
  return (bedrock[name] as (input: object) => object).call(bedrock, input);
}

function answerControl(bedrock: Bedrock, method: string, target: string, body: string): Answer {
  try {
    return { status: 200, body: control(bedrock, method, target, body) };
  } catch (error) {
    return { status: 400, body: { message: (error as Error).message } };
  }
}
