import type { PolicyDocument } from './engine';

/** A role and its policies. */
export interface Role {
  readonly arn: string;
  readonly trust?: PolicyDocument;
  readonly policies: readonly PolicyDocument[];
}

/** A bucket and the keys of its objects. */
export interface Bucket {
  readonly account: string;
  readonly policy?: PolicyDocument;
  /** The ARN of the KMS key that encrypts its objects. */
  readonly keyArn?: string;
  objects(prefix: string): Promise<string[]> | string[];
}

export interface Key {
  readonly arn: string;
  readonly policy?: PolicyDocument;
}

/** The roles, buckets and keys of an account, with their policies. */
export interface Account {
  /** The role of a function. */
  roleOfFunction(functionName: string): Promise<Role>;
  role(arn: string): Promise<Role>;
  bucket(name: string): Promise<Bucket>;
  key(arn: string): Promise<Key>;
}
