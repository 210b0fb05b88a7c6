import table from './constraints.json';

/** An operation in the service model: its HTTP binding, input, output and errors. */
export interface OperationRule {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly input: string;
  readonly output: string;
  readonly uri: readonly string[];
  readonly querystring: readonly string[];
  readonly body: readonly string[];
  readonly errors: readonly string[];
  /** The member that is the body, if the body is not JSON. */
  readonly payload?: string;
  /** The members that are headers, with the names of these. */
  readonly headers?: { readonly [member: string]: string };
}

interface StructureShape {
  readonly type: 'structure';
  readonly required: readonly string[];
  readonly members: { readonly [name: string]: string };
  readonly union?: boolean;
}

interface ListShape {
  readonly type: 'list';
  readonly member: string;
  readonly min?: number;
  readonly max?: number;
}

interface StringShape {
  readonly type: 'string';
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

interface IntegerShape {
  readonly type: 'integer' | 'long';
  readonly min?: number;
  readonly max?: number;
}

interface BlobShape {
  readonly type: 'blob';
  readonly min?: number;
  readonly max?: number;
}

interface PlainShape {
  readonly type: 'boolean' | 'timestamp';
}

export type Shape = StructureShape | ListShape | StringShape | IntegerShape | BlobShape | PlainShape;

/** An operation that the in-memory Bedrock supports. */
export type AnyOperation = keyof typeof table.operations;

/** An operation that uses a model. */
export type InvocationOperation = Extract<AnyOperation, `${string}ModelInvocationJob${string}` | 'InvokeModel'>;

/** An operation of Custom Model Import. */
export type Operation = Exclude<AnyOperation, InvocationOperation>;

export function isInvocation(operation: AnyOperation): operation is InvocationOperation {
  return operation === 'InvokeModel' || operation.includes('ModelInvocationJob');
}

export const BOTOCORE_VERSION = table.source.botocore;
export const OPERATIONS: { readonly [operation in AnyOperation]: OperationRule } = table.operations;
export const ERROR_STATUS: { readonly [name: string]: number | undefined } = table.errors;
export const SHAPES = table.shapes as { readonly [name: string]: Shape };

/** Adds the violations of a value to `found`. */
type Check = (value: unknown, path: string, found: string[]) => void;

const checks = new Map<string, Check>();

/** The violations of a value of this shape, with the messages of AWS services. Empty if it is valid. */
export function violations(shapeName: string, value: unknown): string[] {
  const found: string[] = [];
  checkOf(shapeName)(value, '', found);
  return found;
}

/** Whether a violation is a member that the service model does not have. */
export function isUnknownMember(violation: string): boolean {
  return /Member must be a member of \w+$/.test(violation);
}

/** Compiled at the first use of a shape, because the simulation validates a few shapes millions of times. */
function checkOf(shapeName: string): Check {
  let check = checks.get(shapeName);
  if (!check) {
    check = compile(shapeName, SHAPES[shapeName]);
    checks.set(shapeName, check);
  }
  return check;
}

function compile(shapeName: string, shape: Shape): Check {
  switch (shape.type) {
    case 'structure': return structureCheck(shapeName, shape);
    case 'list': return listCheck(shape);
    case 'string': return stringCheck(shape);
    case 'integer':
    case 'long': return integerCheck(shape);
    case 'blob': return blobCheck(shape);
    case 'boolean': return typeCheck('a boolean', (value) => typeof value === 'boolean');
    case 'timestamp': return typeCheck('a timestamp', (value) => value instanceof Date && !Number.isNaN(value.getTime()));
  }
}

function structureCheck(shapeName: string, shape: StructureShape): Check {
  const members = Object.entries(shape.members).map(([name, member]) => ({
    name,
    check: checkOf(member),
    required: shape.required.includes(name),
  }));
  return (value, path, found) => {
    if (!isObject(value)) {
      found.push(complaint(path, value, 'be a structure'));
      return;
    }
    const prefix = path && `${path}.`;
    for (const { name, check, required } of members) {
      const member = value[name];
      if (member !== undefined) {
        check(member, prefix + name, found);
      } else if (required) {
        found.push(complaint(prefix + name, null, 'not be null'));
      }
    }
    const given = Object.keys(value).filter((name) => value[name] !== undefined);
    if (shape.union && given.length !== 1) {
      found.push(complaint(path, value, `have exactly one of [${Object.keys(shape.members).join(', ')}]`));
    }
    for (const name of given.filter((each) => !Object.hasOwn(shape.members, each))) {
      found.push(complaint(prefix + name, value[name], `be a member of ${shapeName}`));
    }
  };
}

function listCheck(shape: ListShape): Check {
  const checkMember = checkOf(shape.member);
  return (value, path, found) => {
    if (!Array.isArray(value)) {
      found.push(complaint(path, value, 'be a list'));
      return;
    }
    checkLength(shape, value.length, path, value, found);
    value.forEach((member, index) => checkMember(member, `${path}.${index + 1}.member`, found));
  };
}

function stringCheck(shape: StringShape): Check {
  const pattern = shape.pattern === undefined ? undefined : new RegExp(shape.pattern);
  return (value, path, found) => {
    if (typeof value !== 'string') {
      found.push(complaint(path, value, 'be a string'));
      return;
    }
    checkLength(shape, value.length, path, value, found);
    if (pattern && !pattern.test(value)) {
      found.push(complaint(path, value, `satisfy regular expression pattern: ${shape.pattern}`));
    }
    if (shape.enum && !shape.enum.includes(value)) {
      found.push(complaint(path, value, `satisfy enum value set: [${shape.enum.join(', ')}]`));
    }
  };
}

function integerCheck(shape: IntegerShape): Check {
  return (value, path, found) => {
    if (!Number.isInteger(value)) {
      found.push(complaint(path, value, 'be an integer'));
    } else {
      checkRange(shape, value as number, 'value', path, value, found);
    }
  };
}

/** A complaint does not repeat the bytes. */
function blobCheck(shape: BlobShape): Check {
  return (value, path, found) => {
    if (!(value instanceof Uint8Array)) {
      found.push(complaint(path, value, 'be a blob'));
    } else {
      checkRange(shape, value.length, 'length', path, `${value.length} bytes`, found);
    }
  };
}

function typeCheck(type: string, fits: (value: unknown) => boolean): Check {
  return (value, path, found) => {
    if (!fits(value)) found.push(complaint(path, value, `be ${type}`));
  };
}

function checkLength(shape: ListShape | StringShape, length: number, path: string, value: unknown, found: string[]): void {
  checkRange(shape, length, 'length', path, value, found);
}

function checkRange(
  { min, max }: { readonly min?: number; readonly max?: number },
  size: number, what: string, path: string, value: unknown, found: string[],
): void {
  if (min !== undefined && size < min) {
    found.push(complaint(path, value, `have ${what} greater than or equal to ${min}`));
  }
  if (max !== undefined && size > max) {
    found.push(complaint(path, value, `have ${what} less than or equal to ${max}`));
  }
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function complaint(path: string, value: unknown, rule: string): string {
  const shown = typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
  return `Value ${shown} at '${path}' failed to satisfy constraint: Member must ${rule}`;
}
