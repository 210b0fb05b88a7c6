import { ERROR_STATUS } from './constraints';

/** A refusal of the service. It reads like the error that the SDK makes of it: by `name`, and by `$metadata`. */
export class BedrockError extends Error {
  public readonly statusCode: number;
  public readonly $metadata: { readonly httpStatusCode: number };

  /** The status is that of the service's model; a name that the model does not have needs one. */
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

/** The connection broke before an answer came: what Node.js says of it, under the name that the SDK gives it. */
export class ConnectionLostError extends Error {
  public readonly name = 'TimeoutError';
  public readonly code = 'ECONNRESET';
  public readonly $metadata = {};

  public constructor() {
    super('socket hang up');
  }
}

/** No answer comes, or only half of one, and the connection stays: what the SDK makes of it when its patience is over. */
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

export function notFound(what: string, identifier: string): BedrockError {
  return new BedrockError('ResourceNotFoundException', `There is no ${what} '${identifier}'`);
}
