import { createHash } from 'node:crypto';
import type { ModelImportRequest } from './request';

/**
 * Names are content-addressed, so that every question about the past is answered by a name:
 *
 *   imported model   <base>-<owner>-<content>              also the physical id of the custom resource
 *   import job       <base>-<owner>-<content>-<request>
 *
 * `owner` tells whose it is (stack and logical id), `content` what it is (weights and key), `request` who asked for it: a
 * job name is burnt for ever, even by a failed import, so each CloudFormation request gets one of its own, and a request
 * that is delivered twice finds the job of its first delivery.
 *
 * An explicit model name is taken exactly; then the name of its job, which Bedrock keeps beside the model, still tells
 * owner and content.
 */
const HASH_LENGTH = 10;

/** Where a request comes from. */
export interface Origin {
  readonly stackId: string;
  readonly logicalResourceId: string;
  readonly requestId: string;
}

/** Whose an imported model is, and what it was made from. */
export interface Identity {
  readonly owner: string;
  readonly content: string;
}

/** Everything that a Create or Update calls by name. */
export interface Names extends Identity {
  readonly modelName: string;
  readonly jobName: string;
  /** Makes CreateModelImportJob idempotent. */
  readonly clientRequestToken: string;
}

/** The owner of everything that one custom resource makes. */
export function ownerOf(origin: Pick<Origin, 'stackId' | 'logicalResourceId'>): string {
  return hash(origin.stackId, origin.logicalResourceId);
}

/** The names that belong to a request. */
export function namesOf(origin: Origin, request: ModelImportRequest): Names {
  const owner = ownerOf(origin);
  const content = hash(request.s3Uri, request.sourceVersion, request.importedModelKmsKeyId);
  const asked = hash(origin.requestId, owner, content);
  return {
    owner,
    content,
    modelName: request.importedModelName ?? `${request.nameBase}-${owner}-${content}`,
    jobName: `${request.jobNamePrefix ?? request.nameBase}-${owner}-${content}-${asked}`,
    clientRequestToken: `${owner}-${content}-${asked}`,
  };
}

/**
 * Reads owner and content back from a model that Bedrock holds: from its job's name, or from its own where that is
 * missing. Undefined when this library did not make it.
 */
export function identityOf(model: { readonly name: string; readonly jobName?: string }): Identity | undefined {
  const match = model.jobName?.match(/-([0-9a-f]{10})-([0-9a-f]{10})-[0-9a-f]{10}$/) ?? model.name.match(/-([0-9a-f]{10})-([0-9a-f]{10})$/);
  return match ? { owner: match[1], content: match[2] } : undefined;
}

function hash(...parts: (string | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts.map(part => part ?? null))).digest('hex').slice(0, HASH_LENGTH);
}
