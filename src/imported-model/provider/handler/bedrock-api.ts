import {
  type BedrockClient, CreateModelImportJobCommand, type CreateModelImportJobRequest, DeleteImportedModelCommand, GetImportedModelCommand,
  type GetImportedModelResponse, GetModelImportJobCommand, type GetModelImportJobResponse, type ImportedModelSummary, ListImportedModelsCommand,
  ListModelImportJobsCommand, type ListModelImportJobsRequest, ListTagsForResourceCommand, type ModelImportJobStatus, type ModelImportJobSummary,
  TagResourceCommand, UntagResourceCommand,
} from '@aws-sdk/client-bedrock';
import type { ModelImportAttributes, Tag } from '../contract';

/** An import job, as far as the handler needs to know it. */
export interface ImportJob {
  readonly arn: string;
  readonly name: string;
  /** Undefined, or unknown to this version if AWS has added one. */
  readonly status?: ModelImportJobStatus;
  readonly modelName: string;
  readonly modelArn?: string;
  readonly failureMessage?: string;
  readonly creationTime: number;
  readonly endTime?: number;
  /** The service role that the job was started with. Lists do not return it. */
  readonly roleArn?: string;
}

/** An imported model, as a list returns it. */
export interface ModelSummary {
  readonly arn: string;
  readonly name: string;
  readonly creationTime: number;
}

/** An imported model, as far as the handler needs to know it. */
export interface Model extends ModelSummary {
  readonly jobArn: string;
  readonly jobName?: string;
  readonly s3Uri?: string;
  readonly kmsKeyArn?: string;
  readonly attributes: ModelImportAttributes;
}

/** Not found. */
export type Absent = 'absent';

/** The part of the SDK client that is used. Simulations bring their own. */
export type BedrockSender = Pick<BedrockClient, 'send'>;

/** The operations of Bedrock that the handler uses. One method is one call, or one call per page. */
export class BedrockApi {
  constructor(private readonly client: BedrockSender) {}

  public async createJob(input: CreateModelImportJobRequest): Promise<void> {
    await this.client.send(new CreateModelImportJobCommand(input));
  }

  public async getJob(nameOrArn: string): Promise<ImportJob | Absent> {
    return found(async () => describeJob(await this.client.send(new GetModelImportJobCommand({ jobIdentifier: nameOrArn }))));
  }

  public async listJobs(filter: Pick<ListModelImportJobsRequest, 'statusEquals' | 'nameContains' | 'creationTimeAfter'>): Promise<ImportJob[]> {
    return everyPage(async nextToken => {
      const page = await this.client.send(new ListModelImportJobsCommand({ ...filter, nextToken }));
      return { nextToken: page.nextToken, items: (page.modelImportJobSummaries ?? []).map(describeJob) };
    });
  }

  public async listModels(): Promise<ModelSummary[]> {
    return everyPage(async nextToken => {
      const page = await this.client.send(new ListImportedModelsCommand({ nextToken }));
      return { nextToken: page.nextToken, items: (page.modelSummaries ?? []).map(describeModel) };
    });
  }

  public async getModel(nameOrArn: string): Promise<Model | Absent> {
    return found(async () => {
      const model = await this.client.send(new GetImportedModelCommand({ modelIdentifier: nameOrArn }));
      return {
        ...describeModel(model),
        jobArn: model.jobArn ?? '',
        jobName: model.jobName,
        s3Uri: model.modelDataSource?.s3DataSource?.s3Uri,
        kmsKeyArn: model.modelKmsKeyArn,
        // CloudFormation expects every attribute to have a value.
        attributes: {
          ModelArn: model.modelArn ?? '',
          ImportedModelName: model.modelName ?? '',
          JobArn: model.jobArn ?? '',
          JobName: model.jobName ?? '',
          ModelArchitecture: model.modelArchitecture ?? '',
          InstructSupported: String(model.instructSupported ?? false),
          CustomModelUnitsPerModelCopy: String(model.customModelUnits?.customModelUnitsPerModelCopy ?? ''),
          CustomModelUnitsVersion: model.customModelUnits?.customModelUnitsVersion ?? '',
        },
      };
    });
  }

  /** Deletes by ARN: by now the name could belong to another model. */
  public async deleteModel(arn: string): Promise<void> {
    await found(() => this.client.send(new DeleteImportedModelCommand({ modelIdentifier: arn })));
  }

  public async getTags(resourceArn: string): Promise<Tag[] | Absent> {
    return found(async () => {
      const answer = await this.client.send(new ListTagsForResourceCommand({ resourceARN: resourceArn }));
      return (answer.tags ?? []).map(tag => ({ key: tag.key ?? '', value: tag.value ?? '' }));
    });
  }

  public async tag(resourceArn: string, tags: Tag[]): Promise<void> {
    await this.client.send(new TagResourceCommand({ resourceARN: resourceArn, tags }));
  }

  public async untag(resourceArn: string, tagKeys: string[]): Promise<void> {
    await this.client.send(new UntagResourceCommand({ resourceARN: resourceArn, tagKeys }));
  }
}

function describeJob(job: GetModelImportJobResponse | ModelImportJobSummary): ImportJob {
  return {
    arn: job.jobArn ?? '',
    name: job.jobName ?? '',
    status: job.status,
    modelName: job.importedModelName ?? '',
    modelArn: job.importedModelArn,
    failureMessage: 'failureMessage' in job ? job.failureMessage : undefined,
    creationTime: job.creationTime?.getTime() ?? 0,
    endTime: job.endTime?.getTime(),
    roleArn: 'roleArn' in job ? job.roleArn : undefined,
  };
}

function describeModel(model: GetImportedModelResponse | ImportedModelSummary): ModelSummary {
  return { arn: model.modelArn ?? '', name: model.modelName ?? '', creationTime: model.creationTime?.getTime() ?? 0 };
}

async function everyPage<T>(read: (nextToken?: string) => Promise<{ readonly items: T[]; readonly nextToken?: string }>): Promise<T[]> {
  const all: T[] = [];
  let nextToken: string | undefined;
  do {
    const page = await read(nextToken);
    all.push(...page.items);
    nextToken = page.nextToken;
  } while (nextToken);
  return all;
}

async function found<T>(call: () => Promise<T>): Promise<T | Absent> {
  try {
    return await call();
  } catch (error) {
    if ((error as Partial<Error>).name === 'ResourceNotFoundException') return 'absent';
    throw error;
  }
}
