import type { TextFile } from './batch-files';
import type { InvocationJob } from './invocation-job';
import type { InvocationJobs } from './invocation-jobs';
import { folderKey, s3Location, type ObjectStore } from './objects';

/** Moves the data of batch inference between an object store and the jobs, which have no I/O of their own. */
export class BatchTransfer {
  private last: Promise<void> = Promise.resolve();

  public constructor(private readonly jobs: InvocationJobs, private readonly objects: ObjectStore) {
    jobs.useStore();
  }

  /** Reads the input of the jobs that have started, and writes the output of those that have ended. One at a time, so that nothing is written twice. */
  public async settle(): Promise<void> {
    this.last = this.last.catch(() => {}).then(async () => {
      for (const job of this.jobs.awaitingInput()) this.jobs.supplyInput(job, await this.read(job).catch(reasonOf));
      for (const job of this.jobs.awaitingOutput()) this.jobs.confirmOutput(job, await this.write(job).catch(reasonOf));
    });
    return this.last;
  }

  private async read({ request, behaviour }: InvocationJob): Promise<TextFile[]> {
    const { bucket, key } = s3Location(request.inputDataConfig.s3InputDataConfig!.s3Uri);
    const isPrefix = behaviour.batchInputUri === 'a prefix';
    const isFile = key.endsWith('.jsonl');
    const folder = isFile ? key.replace(/[^/]*$/, '') : folderKey(key);
    const keys = isFile && !isPrefix ? [key] : (await this.objects.list(bucket, isPrefix ? key : folder)).filter((each) => each.endsWith('.jsonl')).sort();
    if (keys.length === 0) throw new Error(`There is no .jsonl file below s3://${bucket}/${folder}`);
    return Promise.all(keys.map(async (each) => ({ name: each.slice(folder.length), body: await this.objects.get(bucket, each) })));
  }

  private async write(job: InvocationJob): Promise<undefined> {
    const { bucket, key } = s3Location(job.request.outputDataConfig.s3OutputDataConfig!.s3Uri);
    const folder = `${folderKey(key)}${job.behaviour.batchOutputFolder === 'job id' ? job.arn.replace(/^.*\//, '') : job.name}/`;
    for (const { name, body } of this.jobs.outputOf(job)) await this.objects.put(bucket, folder + name, body);
    return undefined;
  }
}

function reasonOf(error: Error): string {
  return error.message;
}
