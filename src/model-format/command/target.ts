import { UsageError } from './arguments';
import { S3_URI } from '../../shared/validation/api-constraints';
import { checkString } from '../../shared/validation/complaint';
import { HubFolder } from '../folders/hub-folder';
import { LocalFolder } from '../folders/local-folder';
import type { ReadCost } from '../folders/read-cost';
import { S3Folder } from '../folders/s3-folder';
import type { ModelFolder } from '../model-folder';

/** A folder, with what is known of it after its list has been read. */
export interface TargetFolder extends ModelFolder {
  readonly cost: ReadCost;
  /** The Region of a bucket. */
  readonly bucketRegion?: string;
  /** The commit of a Hub. */
  readonly commit?: string;
}

/** The environment variables that the command reads itself. */
export interface Environment {
  readonly HF_ENDPOINT?: string;
  readonly HF_TOKEN?: string;
}

/** Whether a target is in Amazon S3. */
export const isInS3 = (target: string) => target.startsWith('s3://');

/** The folder of a target. `region`: where Amazon S3 is called first; it says if the bucket is elsewhere. */
export function folderOf(target: string, region: string, environment: Environment): TargetFolder {
  if (isInS3(target)) {
    // An import from this URI must be possible.
    const problem = checkString('The model', target, S3_URI);
    if (problem !== undefined) throw new UsageError(problem);
    const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(target)!;
    return new S3Folder({ bucket, prefix }, { region });
  }
  if (target.startsWith('hf://')) {
    const [, name, revision] = /^hf:\/\/([\w.-]+(?:\/[\w.-]+)?)(?:@(.+))?$/.exec(target) ?? [];
    if (name === undefined) throw new UsageError(`"${target}" is no model on the Hub. Write hf://organization/model, or hf://organization/model@revision.`);
    const { HF_ENDPOINT: endpoint, HF_TOKEN: token } = environment;
    return new HubFolder({ name, revision: revision && decoded(revision) }, { endpoint: endpoint || undefined, token: token || undefined });
  }
  if (/^\w{2,}:\/\//.test(target)) throw new UsageError(`"${target}": give a directory, s3://bucket/prefix or hf://organization/model.`);
  return new LocalFolder(target);
}

/** A revision may be written as the Hub's own clients require it: `refs%2Fpr%2F1`. */
function decoded(revision: string): string {
  try {
    return decodeURIComponent(revision);
  } catch {
    return revision;
  }
}
