import { createHash } from 'node:crypto';
import type { ModelImportRequest } from './request';
import { HASH_LENGTHS } from '../limits';

/**
 * Names are content-addressed, so that every question about the past is answered by a name:
 *
 *   imported model   <base>-<owner>-<content>              also the physical id of the `model` link
 *   import job       <base>-<owner>-<content>-<request>
 *
 * `base` is readable, and fixed when the `import` link is created: its physical id is `<base>-<owner>`, and every later name begins with
 * it. So a construct that is moved while its logical ids are kept, or a CDK that computes readable names otherwise, changes no name.
 * `owner` tells whose it is (stack and logical id of the `import` link), `content` what it is (weights and key), `request` who asked for it: a
 * job name can be used only once, even by an import that failed, so each CloudFormation request gets one of its own, and a request that is
 * delivered twice finds the job of its first delivery.
 *
 * An explicit model name is taken exactly; then the name of its job, which Bedrock keeps beside the model, still tells
 * owner and content.
 *
 * These inputs and lengths are part of every deployed stack: they can never change (docs/compatibility.md).
 */
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
  return hash(HASH_LENGTHS.owner, origin.stackId, origin.importLogicalId);
}

/** What makes a model another model. A slash at the end of the source says nothing. */
export function contentOf(request: Pick<ModelImportRequest, 's3Uri' | 'sourceVersion' | 'importedModelKmsKeyId'>): string {
  return hash(HASH_LENGTHS.content, withoutSlash(request.s3Uri), request.sourceVersion, request.importedModelKmsKeyId);
}

/**
 * The physical id of the `import` link, with which the names of all its models begin: `<base>-<owner>`.
 *
 * @param current The physical id that the link has already; it stays, whatever the readable part would be today
 */
export function prefixOf(owner: string, nameBase: string, current?: string): string {
  return current?.endsWith(`-${owner}`) ? current : `${nameBase}-${owner}`;
}

/** The name of the model that a request asks for, whatever the request. */
export function modelNameOf(prefix: string, request: ModelImportRequest): string {
  return request.importedModelName ?? `${prefix}-${contentOf(request)}`;
}

/** The names that belong to a request; later links of the chain are told the job of the first. */
export function namesOf(origin: Origin, prefix: string, request: ModelImportRequest): Names {
  const owner = ownerOf(origin);
  const content = contentOf(request);
  const base = request.jobNamePrefix ?? prefix.slice(0, -owner.length - 1);
  const ownJobName = `${base}-${owner}-${content}-${hash(HASH_LENGTHS.request, origin.requestId, owner, content)}`;
  return { owner, content, modelName: modelNameOf(prefix, request), jobName: request.jobName ?? ownJobName, ownJobName };
}

/** Makes CreateModelImportJob idempotent: one token for one job. */
export function clientRequestTokenOf({ owner, content }: Identity, jobName: string): string {
  return `${owner}-${content}-${hash(HASH_LENGTHS.request, jobName)}`;
}

/** Reads owner and content back from the name of a job. Undefined when this library did not name it. */
export function identityOfJob(jobName: string | undefined): Identity | undefined {
  return identityIn(JOB_NAME.exec(jobName ?? ''));
}

/** The same for a generated name of a model, which proves nothing: anybody can give a model such a name. */
export function identityOfName(modelName: string | undefined): Identity | undefined {
  return identityIn(MODEL_NAME.exec(modelName ?? ''));
}

/** An S3 URI as it is compared: Bedrock reads the same objects with and without a slash at the end. */
export function withoutSlash(s3Uri: string): string {
  return s3Uri.replace(/\/$/, '');
}

const [OWNER, CONTENT, REQUEST] = [HASH_LENGTHS.owner, HASH_LENGTHS.content, HASH_LENGTHS.request].map(length => `([a-z2-7]{${length}})`);
const MODEL_NAME = new RegExp(`-${OWNER}-${CONTENT}$`);
const JOB_NAME = new RegExp(`-${OWNER}-${CONTENT}-${REQUEST}$`);

function identityIn(match: RegExpExecArray | null): Identity | undefined {
  return match ? { owner: match[1], content: match[2] } : undefined;
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** The first characters of a SHA-256 in base32, five bits each; unlike its inputs joined, the JSON of them has one reading. */
function hash(length: number, ...parts: (string | undefined)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts.map(part => part ?? null))).digest();
  const bits = Array.from(digest, byte => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length }, (_, index) => BASE32[parseInt(bits.slice(index * 5, index * 5 + 5), 2)]).join('');
}
