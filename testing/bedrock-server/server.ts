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

/** A call of an operation by a client. */
export interface ClientCall {
  readonly operation: Operation;
  readonly input: { readonly [member: string]: unknown };
  /** The app ID in the user agent of the client (`app/...`): the name of a Lambda function. */
  readonly functionName: string;
}

export interface BedrockServerOptions extends Partial<BedrockOptions> {
  /** Returns an error for a call that is not authorized. @default - all calls are authorized */
  readonly authorize?: (call: ClientCall) => Promise<BedrockError | undefined>;
  /** @default - a free port */
  readonly port?: number;
  /** A loopback address. @default '127.0.0.1' */
  readonly host?: string;
}

export interface BedrockServer {
  /** The endpoint for the SDK (`endpoint` or AWS_ENDPOINT_URL_BEDROCK). */
  readonly url: string;
  readonly bedrock: Bedrock;
  /** Closes the server, including open connections. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly errorName?: string;
  readonly body: unknown;
}

/** Callers are not authenticated, so only this machine can call. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Serves an in-memory Bedrock control plane over HTTP. Signatures are not verified. */
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
      return; // no response until the client times out or the server is closed
    }
    // Only for bugs of this test server. A client could consider a 500 transient, so log it.
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

/** The methods validate their input, regardless of its declared type. */
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
