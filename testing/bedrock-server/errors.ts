import { ERROR_STATUS } from './constraints';

/** An error of the service. Has the `name` and `$metadata` of the error in the SDK. */
export class BedrockError extends Error {
  public readonly statusCode: number;
  public readonly $metadata: { readonly httpStatusCode: number };

  /** The status code is that of the service model. Required for a name that is not in the model. */
  public constructor(name: string, message: string, statusCode = ERROR_STATUS[name]) {
    super(message);
    if (statusCode === undefined) {
      throw new RangeError(`${name} is not an error of Bedrock's model: give its statusCode`);
    }
    this.name = name;
    this.statusCode = statusCode;
    this.$metadata = { httpStatusCode: statusCode };
  }
}

/** The connection broke before a response: the message of Node.js with the error name of the SDK. */
export class ConnectionLostError extends Error {
  public readonly name = 'TimeoutError';
  public readonly code = 'ECONNRESET';
  public readonly $metadata = {};

  public constructor() {
    super('socket hang up');
  }
}

/** No response or an incomplete one on an open connection: the timeout error of the SDK. */
export class HangError extends Error {
  public readonly name = 'TimeoutError';
  public readonly $metadata = {};

  public constructor(public readonly inTheMiddle: boolean) {
    super('Connection timed out after 15000 ms');
  }
}

export function invalid(message: string): BedrockError {
  return new BedrockError('ValidationException', message);
}

/** The message about a role that has not propagated. */
export const UNKNOWN_ROLE = 'The provided role ARN is invalid';

export function notFound(what: string, identifier: string): BedrockError {
  return new BedrockError('ResourceNotFoundException', `There is no ${what} '${identifier}'`);
}

export function found<T>(resource: T | undefined, what: string, identifier: string): T {
  if (!resource) throw notFound(what, identifier);
  return resource;
}

/** The error that `<name>: <message>` describes, with values for `{name}` or `{limit}`. A name that is not in the service model has the status 400. */
export function refusal(description: string, values: { readonly [placeholder: string]: string | number } = {}): BedrockError {
  const [, name, message] = /^(\w+): (.*)$/s.exec(description) ?? [];
  if (name === undefined) throw new Error(`'${description}' is not the name of an error, a colon, a space and a message`);
  const filled = message.replace(/\{(\w+)\}/g, (placeholder, key: string) => String(values[key] ?? placeholder));
  return new BedrockError(name, filled, ERROR_STATUS[name] ?? 400);
}
