import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { BatchTransfer } from './batch-transfer';
import { Bedrock, type BedrockOptions } from './bedrock';
import { SystemClock } from './clock';
import { isInvocation, type AnyOperation, type InvocationOperation, type Operation } from './constraints';
import { control, CONTROL_PREFIX } from './control';
import { BedrockError, ConnectionLostError, HangError } from './errors';
import { createEitherServer } from './http-versions';
import type { ObjectStore } from './objects';
import { decode, encode, type OperationCall, type WireRequest, type WireResponse } from './rest-json';

/** A call of an operation by a client. */
export interface ClientCall<O extends AnyOperation = Operation> {
  readonly operation: O;
  readonly input: { readonly [member: string]: unknown };
  /** The app ID in the user agent of the client (`app/...`): the name of a Lambda function. */
  readonly functionName: string;
}

export interface BedrockServerOptions extends Partial<BedrockOptions> {
  /** Returns an error for a call of Custom Model Import that is not authorized. @default - all calls are authorized */
  readonly authorize?: (call: ClientCall) => Promise<BedrockError | undefined>;
  /** The same for batch inference and InvokeModel. @default - all calls are authorized, or none if there is an `authorize` */
  readonly authorizeInvocation?: (call: ClientCall<InvocationOperation>) => Promise<BedrockError | undefined>;
  /** The objects that batch inference reads and writes. @default - none: a job has the number of records of its plan, and no output */
  readonly objects?: ObjectStore;
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

/** Callers are not authenticated, so only this machine can call. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Serves an in-memory Bedrock over HTTP, the endpoints of both services as one. Signatures are not verified. */
export async function startBedrockServer(options: BedrockServerOptions = {}): Promise<BedrockServer> {
  const { port = 0, host = '127.0.0.1', clock = new SystemClock(), authorize, authorizeInvocation, objects, ...rest } = options;
  if (!LOOPBACK.includes(host)) {
    throw new Error(`The in-memory Bedrock listens on loopback addresses only (${LOOPBACK.join(', ')}), not on ${host}`);
  }
  const bedrock = new Bedrock({ ...rest, clock });
  const service: Service = {
    bedrock,
    authorize: authorizer(authorize, authorizeInvocation),
    transfer: objects && new BatchTransfer(bedrock.invocationJobs, objects),
  };
  const { server, close } = createEitherServer((request, response) => {
    handle(service, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    bedrock,
    close,
  };
}

interface Service {
  readonly bedrock: Bedrock;
  readonly authorize: (call: ClientCall<AnyOperation>) => Promise<BedrockError | undefined>;
  readonly transfer?: BatchTransfer;
}

function authorizer(imports: BedrockServerOptions['authorize'], invocations: BedrockServerOptions['authorizeInvocation']): Service['authorize'] {
  const ofInvocations = invocations ?? (imports && (async ({ operation }) => notAuthorizable(operation)));
  return async ({ operation, ...more }) =>
    isInvocation(operation) ? ofInvocations?.({ operation, ...more }) : imports?.({ operation, ...more });
}

function notAuthorizable(operation: InvocationOperation): BedrockError {
  return new BedrockError('AccessDeniedException', `The in-memory Bedrock cannot authorize ${operation} without authorizeInvocation`);
}

async function handle(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: target = '', headers } = request;
  const body = await text(request);
  let answer: WireResponse;
  try {
    await service.transfer?.settle();
    answer = target.startsWith(CONTROL_PREFIX)
      ? answerControl(service.bedrock, method, target, body)
      : await answerClient(service, { method, target, headers, body });
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
    answer = errorResponse(500, 'InternalFailure', String(error));
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...dateOf(service.bedrock), ...answer.headers });
  response.end(answer.body);
}

async function answerClient({ bedrock, authorize }: Service, request: WireRequest): Promise<WireResponse> {
  try {
    const { operation, input } = decode(request);
    const [, functionName = ''] = /\bapp\/(\S+)/.exec(String(request.headers['user-agent'])) ?? [];
    const refused = await authorize({ operation, input, functionName });
    if (refused) throw refused;
    const output = call(bedrock, { operation, input });
    if (operation === 'InvokeModel') await latency(bedrock);
    return encode(operation, output);
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return errorResponse(error.statusCode, error.name, error.message);
  }
}

/** The methods validate their input, regardless of its declared type. */
function call(bedrock: Bedrock, { operation, input }: OperationCall): { readonly [member: string]: unknown } {
  const name = operation.charAt(0).toLowerCase() + operation.slice(1) as Uncapitalize<AnyOperation>;
  return (bedrock[name] as (input: object) => { readonly [member: string]: unknown }).call(bedrock, input);
}

/** The date of the clock, unless time advances only on request: the SDK attributes errors of a server with another time to clock skew. */
function dateOf({ clock }: Bedrock): { readonly date?: string } {
  return clock.realMs ? { date: new Date(clock.now()).toUTCString() } : {};
}

/** The time that a model takes, unless time advances only on request. */
async function latency({ clock, serving }: Bedrock): Promise<void> {
  const ms = clock.realMs?.(serving.latencyMs) ?? 0;
  if (ms > 0) await setTimeout(ms);
}

function errorResponse(status: number, name: string, message: string): WireResponse {
  return { status, headers: { 'x-amzn-errortype': name }, body: JSON.stringify({ message }) };
}

function answerControl(bedrock: Bedrock, method: string, target: string, body: string): WireResponse {
  try {
    return { status: 200, body: JSON.stringify(control(bedrock, method, target, body)) };
  } catch (error) {
    return { status: 400, body: JSON.stringify({ message: (error as Error).message }) };
  }
}
