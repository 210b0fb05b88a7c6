import { S3Client } from '@aws-sdk/client-s3';
import type { CheckArguments } from './arguments';
import { type Environment, folderOf, isInS3 } from './target';
import { checkModel, type ModelCheck } from '../check-model';
import { parseTemplate } from '../folders/chat-template';
import type { ReadCost } from '../folders/read-cost';

/** Where Amazon S3 is asked for the Region of a bucket if nothing says a Region. */
const ANY_REGION = 'us-east-1';

/** The result of the command. With `--json` it is printed as it is: members are added, and never changed or removed. */
export interface Result extends ModelCheck {
  readonly target: string;
  /** The commit of a model on a Hub. */
  readonly revision?: string;
  /** The Region of the import, if it is known. */
  readonly region?: string;
  readonly bucketRegion?: string;
  readonly read: ReadCost;
}

/** Checks the model of the arguments. */
export async function check(args: CheckArguments, environment: Environment & NodeJS.ProcessEnv, progress: (text: string) => void): Promise<Result> {
  const { target, acknowledged } = args;
  const region = args.region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || (isInS3(target) ? await regionOfProfile() : undefined));
  const folder = folderOf(target, region ?? ANY_REGION, environment);
  progress('Reading the list of files');
  await folder.list(); // the Region of the bucket is known now
  const { bucketRegion } = folder;
  const result = await checkModel(folder, {
    region,
    bucketRegion,
    acknowledged,
    parseTemplate,
    progress: (read, total) => progress(`Reading files ${read}/${total}`),
  });
  const { passed, digest, files, weightBytes, findings } = result;
  return { target, revision: folder.commit, region, bucketRegion, passed, digest, files, weightBytes, findings, read: folder.cost };
}

/** The Region of the profile. Undefined if it has none. */
async function regionOfProfile(): Promise<string | undefined> {
  return new S3Client().config.region().catch(() => undefined);
}
