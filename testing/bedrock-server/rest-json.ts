import { OPERATIONS, SHAPES, type AnyOperation, type OperationRule } from './constraints';
import { BedrockError } from './errors';

/** The parts of an HTTP request that the protocol uses. */
export interface WireRequest {
  readonly method: string;
  /** Path and query string, as sent. */
  readonly target: string;
  /** With lower-case names. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

/** The parts of an HTTP response that the protocol uses. */
export interface WireResponse {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body: string;
}

export interface OperationCall {
  readonly operation: AnyOperation;
  readonly input: { readonly [member: string]: unknown };
}

interface Route {
  readonly operation: AnyOperation;
  readonly rule: OperationRule;
  readonly segments: readonly string[];
}

const ROUTES: readonly Route[] = Object.entries(OPERATIONS).map(([operation, rule]) => ({
  operation: operation as AnyOperation,
  rule,
  segments: rule.path.split('/'),
}));

/** Decodes the operation and input of a request. Does not validate the input. */
export function decode({ method, target, headers, body }: WireRequest): OperationCall {
  const [path, query = ''] = target.split('?', 2);
  const segments = path.split('/');
  const route = ROUTES.find((each) => each.rule.method === method && fits(each.segments, segments));
  if (!route) {
    throw new BedrockError('UnknownOperationException', `${method} ${path} is no operation`, 404);
  }
  const { operation, rule } = route;
  const input = {
    ...labels(route.segments, segments),
    ...queryMembers(rule, new URLSearchParams(query)),
    ...headerMembers(rule, headers),
    ...rule.body.length > 0 ? bodyMembers(body) : {},
    ...rule.payload !== undefined && { [rule.payload]: Buffer.from(body) },
  };
  return { operation, input };
}

/** Encodes the output of an operation. */
export function encode(operation: AnyOperation, output: { readonly [member: string]: unknown }): WireResponse {
  const { status, payload, headers = {} } = OPERATIONS[operation];
  if (payload === undefined) return { status, body: JSON.stringify(output) };
  const given = Object.entries(headers).filter(([member]) => output[member] !== undefined);
  return {
    status,
    headers: Object.fromEntries(given.map(([member, header]) => [header, String(output[member])])),
    body: Buffer.from(output[payload] as Uint8Array).toString(),
  };
}

function headerMembers({ headers = {} }: OperationRule, sent: WireRequest['headers']): { [member: string]: unknown } {
  return Object.fromEntries(Object.entries(headers).flatMap(([member, header]) => sent[header] === undefined ? [] : [[member, sent[header]]]));
}

/** A client must encode the slash of an ARN. Otherwise, the path has an extra segment and matches no operation. */
function fits(template: readonly string[], segments: readonly string[]): boolean {
  return template.length === segments.length && template.every((part, index) => isLabel(part) || part === segments[index]);
}

function isLabel(part: string): boolean {
  return part.startsWith('{');
}

function labels(template: readonly string[], segments: readonly string[]): { [member: string]: string } {
  return Object.fromEntries(template.flatMap((part, index) => isLabel(part) ? [[part.slice(1, -1), unescaped(segments[index])]] : []));
}

function unescaped(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BedrockError('SerializationException', `'${segment}' is not percent-encoded UTF-8`, 400);
  }
}

function queryMembers(rule: OperationRule, query: URLSearchParams): { [member: string]: unknown } {
  const { members } = SHAPES[rule.input] as { members: { readonly [name: string]: string } };
  return Object.fromEntries(rule.querystring.flatMap((name) => {
    const text = query.get(name);
    return text === null ? [] : [[name, fromText(SHAPES[members[name]].type, text)]];
  }));
}

/** Text that does not match the type is returned as it is or as an invalid date, so that validation rejects it. */
function fromText(type: string, text: string): unknown {
  switch (type) {
    case 'integer': return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'timestamp': return new Date(text);
    default: return text;
  }
}

function bodyMembers(body: string): object {
  let parsed: unknown;
  try {
    // In this protocol, a null member means that it is absent.
    parsed = JSON.parse(body, (_, value: unknown) => value ?? undefined);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new BedrockError('SerializationException', 'The body is not a JSON object', 400);
  }
  return parsed;
}
