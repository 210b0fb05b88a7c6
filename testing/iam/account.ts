import type { PolicyDocument } from './engine';

/** A role, and what it may do. */
export interface Role {
  readonly arn: string;
  readonly trust?: PolicyDocument;
  readonly policies: readonly PolicyDocument[];
}

/** A bucket, with the names of the objects below a prefix. */
export interface Bucket {
  readonly account: string;
  readonly policy?: PolicyDocument;
  /** The key that its objects are encrypted with. */
  readonly keyArn?: string;
  objects(prefix: string): Promise<string[]> | string[];
}

export interface Key {
  readonly arn: string;
  readonly policy?: PolicyDocument;
}

/** What IAM, Amazon S3 and AWS KMS know of what a stack has made. */
export interface Account {
  /** The role of a function. */
  roleOfFunction(functionName: string): Promise<Role>;
  role(arn: string): Promise<Role>;
  bucket(name: string): Promise<Bucket>;
  key(arn: string): Promise<Key>;
}
