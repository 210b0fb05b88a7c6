import { createHash } from 'node:crypto';
import type { ModelImportRequest } from './request';
import { HASH_LENGTHS } from '../library-limits';

/**
 * Names are content-addressed, so the handler needs no state:
 *
 *   imported model   <base>-<owner>-<content>              also the physical id of the `model` link
 *   import job       <base>-<owner>-<content>-<request>
 *
 * - `base` is readable. It is fixed when the `import` link is created, whose physical id is `<base>-<owner>`, and every later name begins with
 *   it. So names do not change if a construct is moved with its logical ids, or if CDK computes readable names in another way.
 * - `owner` identifies the chain: the stack and the logical id of the `import` link.
 * - `content` identifies what is imported: source, version and key.
 * - `request` identifies the CloudFormation request. Bedrock accepts a job name only once, even if the import fails, so each request has a job
 *   name of its own, and a request that is delivered twice finds the job of its first delivery.
 *
 * An explicit model name is used as it is; owner and content are then known from the name of its job, which Bedrock returns with the model.
 *
 * These inputs and lengths are part of every deployed stack: they can never change (docs/compatibility.md).
 */
/** The origin of a request. */
export interface Origin {
  readonly stackId: string;
  /** The logical id of the chain's `import` link. */
  readonly importLogicalId: string;
  readonly requestId: string;
}

/** The owner and the content of a model or a job. */
export interface Identity {
  readonly owner: string;
  readonly content: string;
}

/** The names of a Create or Update. */
export interface Names extends Identity {
  readonly modelName: string;
  /** The job that this deployment follows: that of the first link of the chain. */
  readonly jobName: string;
  /** The job of this very request. */
  readonly ownJobName: string;
}

/** The owner of the models and jobs of one chain. */
export function ownerOf(origin: Pick<Origin, 'stackId' | 'importLogicalId'>): string {
  return hash(HASH_LENGTHS.owner, origin.stackId, origin.importLogicalId);
}

/** The content of a model: a change of it replaces the model. A slash at the end of the source is ignored. */
export function contentOf(request: Pick<ModelImportRequest, 's3Uri' | 'sourceVersion' | 'importedModelKmsKeyId'>): string {
  return hash(HASH_LENGTHS.content, withoutSlash(request.s3Uri), request.sourceVersion, request.importedModelKmsKeyId);
}

/**
 * The physical id of the `import` link, which is the prefix of all names of its chain: `<base>-<owner>`.
 *
 * @param current The existing physical id of the link. It is kept, even if the readable part would be another one today
 */
export function prefixOf(owner: string, nameBase: string, current?: string): string {
  return current?.endsWith(`-${owner}`) ? current : `${nameBase}-${owner}`;
}

/** The name of the model that a request asks for. */
export function modelNameOf(prefix: string, request: ModelImportRequest): string {
  return request.importedModelName ?? `${prefix}-${contentOf(request)}`;
}

/** The names of a request. The later links of the chain receive the job of the first. */
export function namesOf(origin: Origin, prefix: string, request: ModelImportRequest): Names {
  const owner = ownerOf(origin);
  const content = contentOf(request);
  const base = request.jobNamePrefix ?? prefix.slice(0, -owner.length - 1);
  const ownJobName = `${base}-${owner}-${content}-${hash(HASH_LENGTHS.request, origin.requestId, owner, content)}`;
  return { owner, content, modelName: modelNameOf(prefix, request), jobName: request.jobName ?? ownJobName, ownJobName };
}

/** The token that makes CreateModelImportJob idempotent: one for each job. */
export function clientRequestTokenOf({ owner, content }: Identity, jobName: string): string {
  return `${owner}-${content}-${hash(HASH_LENGTHS.request, jobName)}`;
}

/** The owner and content in the name of a job. Undefined if this library did not generate the name. */
export function identityOfJob(jobName: string | undefined): Identity | undefined {
  return identityIn(JOB_NAME.exec(jobName ?? ''));
}

/** The owner and content in the generated name of a model. It proves nothing, because anybody can choose such a name. */
export function identityOfName(modelName: string | undefined): Identity | undefined {
  return identityIn(MODEL_NAME.exec(modelName ?? ''));
}

/** An S3 URI for comparison: Bedrock reads the same objects with and without a slash at the end. */
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

/** The first characters of a SHA-256 hash in base32, five bits each. The inputs are hashed as JSON, which is unambiguous. */
function hash(length: number, ...parts: (string | undefined)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts.map(part => part ?? null))).digest();
  const bits = Array.from(digest, byte => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length }, (_, index) => BASE32[parseInt(bits.slice(index * 5, index * 5 + 5), 2)]).join('');
}
