import {
  type BedrockClient, CreateModelImportJobCommand, DeleteImportedModelCommand, GetImportedModelCommand,
  GetModelImportJobCommand, ListModelImportJobsCommand, ListTagsForResourceCommand, TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-bedrock';
import type { Names } from './names';
import type { ModelImportRequest } from './request';
import type { ModelImportAttributes, Tag } from '../contract/custom-resource';

/** What must be known of an import job. */
export interface ImportJob {
  readonly arn: string;
  readonly name: string;
  readonly status: 'InProgress' | 'Completed' | 'Failed';
  readonly modelName: string;
  readonly failureMessage?: string;
  readonly endTime?: number;
}

/** What must be known of an imported model. */
export interface Model {
  readonly arn: string;
  readonly name: string;
  readonly jobArn: string;
  readonly jobName?: string;
  readonly attributes: ModelImportAttributes;
}

/** Not found. */
export type Absent = 'absent';

/** The part of the SDK client that is used: tests and simulations bring their own. */
export type BedrockSender = Pick<BedrockClient, 'send'>;

/** Bedrock in the handler's words; one method is one call, or one per page. */
export class BedrockApi {
  constructor(private readonly client: BedrockSender) {}

  public async createJob(names: Names, request: ModelImportRequest): Promise<void> {
    await this.client.send(new CreateModelImportJobCommand({
      jobName: names.jobName,
      importedModelName: names.modelName,
      clientRequestToken: names.clientRequestToken,
      roleArn: request.roleArn,
      modelDataSource: { s3DataSource: { s3Uri: request.s3Uri } },
      importedModelKmsKeyId: request.importedModelKmsKeyId,
      vpcConfig: request.vpcConfig,
      importedModelTags: request.importedModelTags,
      jobTags: request.jobTags,
    }));
  }

  public async getJob(name: string): Promise<ImportJob | Absent> {
    return found(async () => {
      const job = await this.client.send(new GetModelImportJobCommand({ jobIdentifier: name }));
      return {
        arn: job.jobArn ?? '',
        name,
        status: job.status ?? 'InProgress',
        modelName: job.importedModelName ?? '',
        failureMessage: job.failureMessage,
        endTime: job.endTime?.getTime(),
      };
    });
  }

  /** The running import of this model, whichever request started it. */
  public async findRunningJob(owner: string, modelName: string): Promise<ImportJob | Absent> {
    let nextToken: string | undefined;
    do {
      const page = await this.client.send(new ListModelImportJobsCommand({ nameContains: owner, statusEquals: 'InProgress', nextToken }));
      const job = page.modelImportJobSummaries?.find(summary => summary.importedModelName === modelName);
      if (job) return { arn: job.jobArn ?? '', name: job.jobName ?? '', status: 'InProgress', modelName };
      nextToken = page.nextToken;
    } while (nextToken);
    return 'absent';
  }

  public async getModel(name: string): Promise<Model | Absent> {
    return found(async () => {
      const model = await this.client.send(new GetImportedModelCommand({ modelIdentifier: name }));
      return {
        arn: model.modelArn ?? '',
        name: model.modelName ?? name,
        jobArn: model.jobArn ?? '',
        jobName: model.jobName,
        // CloudFormation expects every attribute to have a value.
        attributes: {
          ModelArn: model.modelArn ?? '',
          ImportedModelName: model.modelName ?? name,
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

  public async deleteModel(name: string): Promise<void> {
    await found(() => this.client.send(new DeleteImportedModelCommand({ modelIdentifier: name })));
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

async function found<T>(call: () => Promise<T>): Promise<T | Absent> {
  try {
    return await call();
  } catch (error) {
    if ((error as Partial<Error>).name === 'ResourceNotFoundException') return 'absent';
    throw error;
  }
}
