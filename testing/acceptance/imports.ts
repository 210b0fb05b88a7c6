import { randomUUID } from 'node:crypto';
import type { CreateModelImportJobCommandInput, GetModelImportJobCommandOutput } from '@aws-sdk/client-bedrock';
import type { World } from './world';

const LOOK_MS = 15_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The longest import of a small model, and the longest time until a role can be used. */
const IMPORT_PATIENCE_MS = 90 * MINUTE;
const ROLE_PATIENCE_MS = 12 * MINUTE;

export type ImportRequest = CreateModelImportJobCommandInput;

interface ImportNames {
  readonly importedModelName: string;
  readonly jobName: string;
}

/** A request for an import with names of this run, by which it will be removed. */
export function importRequest(world: World, roleArn: string, more: Partial<ImportRequest> = {}): ImportRequest & ImportNames {
  const name = `acceptance-${world.run}-${randomUUID().slice(0, 8)}`;
  const { bucket, prefix } = world.weights;
  const request = {
    jobName: name,
    importedModelName: name,
    roleArn,
    modelDataSource: { s3DataSource: { s3Uri: `s3://${bucket}/${prefix}` } },
    clientRequestToken: randomUUID(),
    ...more,
  };
  world.made.add({ kind: 'import', jobName: request.jobName, modelName: request.importedModelName });
  return request;
}

/** Starts an import. Repeats the call as long as a role of this run may not have propagated, or another import is running. */
export async function startImport(world: World, request: ImportRequest): Promise<string> {
  const deadline = world.time.now() + ROLE_PATIENCE_MS;
  for (;;) {
    try {
      const { jobArn } = await world.aws.bedrock.createModelImportJob(request);
      return jobArn!;
    } catch (error) {
      if (!isTemporary(error as Error) || world.time.now() > deadline) throw error;
      await world.time.sleep(LOOK_MS);
    }
  }
}

function isTemporary({ name, message }: Error): boolean {
  return name === 'ServiceQuotaExceededException' || name === 'ThrottlingException' || /role/i.test(message) && /invalid|assume/i.test(message);
}

/** Waits for the end of an import job. */
export async function importEnded(world: World, jobArn: string): Promise<GetModelImportJobCommandOutput> {
  const deadline = world.time.now() + IMPORT_PATIENCE_MS;
  for (;;) {
    const job = await world.aws.bedrock.getModelImportJob({ jobIdentifier: jobArn });
    if (job.status !== 'InProgress') return job;
    if (world.time.now() > deadline) throw new Error(`the import job ${jobArn} has not ended within ${IMPORT_PATIENCE_MS / MINUTE} minutes`);
    await world.time.sleep(LOOK_MS);
  }
}

/** The error of a call, or its result. */
export async function outcomeOf<T>(call: Promise<T>): Promise<{ readonly result?: T; readonly error?: Error; readonly text: string }> {
  try {
    return { result: await call, text: 'accepted' };
  } catch (thrown) {
    const error = thrown as Error;
    return { error, text: `${error.name}: ${error.message}` };
  }
}
