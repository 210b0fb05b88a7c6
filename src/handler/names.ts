import { createHash } from 'node:crypto';
import type { ModelImportRequest } from './request';

/**
 * Names are content-addressed, so that every question about the past is answered by a name:
 *
 *   imported model   <base>-<owner>-<content>              also the physical id of the `model` link
 *   import job       <base>-<owner>-<content>-<request>
 *
 * `owner` tells whose it is (stack and logical id of the `import` link), `content` what it is (weights and key), `request` who asked for it: a
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
  /** The logical id of the chain's `import` link. */
  readonly importLogicalId: string;
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
  /** The job that this deployment follows: of this request, or the one that the chain's first link tells. */
  readonly jobName: string;
  /** The job of this very request. */
  readonly ownJobName: string;
}

/** The owner of everything that one custom resource makes. */
export function ownerOf(origin: Pick<Origin, 'stackId' | 'importLogicalId'>): string {
  return hash(origin.stackId, origin.importLogicalId);
}

/** The names that belong to a request; later links of the chain are told the job of the first. */
export function namesOf(origin: Origin, request: ModelImportRequest): Names {
  const { owner, content, modelName } = modelNameOf(origin, request);
  const asked = hash(origin.requestId, owner, content);
  const ownJobName = `${request.jobNamePrefix ?? request.nameBase}-${owner}-${content}-${asked}`;
  return { owner, content, modelName, jobName: request.jobName ?? ownJobName, ownJobName };
}

/** Makes CreateModelImportJob idempotent: one token for one job. */
export function clientRequestTokenOf({ owner, content }: Identity, jobName: string): string {
  return `${owner}-${content}-${hash(jobName)}`;
}

/** The name of the model that a request asks for, whatever the request. */
export function modelNameOf(origin: Pick<Origin, 'stackId' | 'importLogicalId'>, request: ModelImportRequest): Identity & { readonly modelName: string } {
  const owner = ownerOf(origin);
  const content = hash(request.s3Uri, request.sourceVersion, request.importedModelKmsKeyId);
  return { owner, content, modelName: request.importedModelName ?? `${request.nameBase}-${owner}-${content}` };
}

/**
 * Reads owner and content back from a model that Bedrock holds: from its job's name, or from its own where that is
 * missing. Undefined when this library did not make it.
 */
export function identityOf(model: { readonly name?: string; readonly jobName?: string }): Identity | undefined {
  const match = model.jobName ? /-([0-9a-f]{10})-([0-9a-f]{10})-[0-9a-f]{10}$/.exec(model.jobName) : /-([0-9a-f]{10})-([0-9a-f]{10})$/.exec(model.name ?? '');
  return match ? { owner: match[1], content: match[2] } : undefined;
}

function hash(...parts: (string | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts.map(part => part ?? null))).digest('hex').slice(0, HASH_LENGTH);
}
