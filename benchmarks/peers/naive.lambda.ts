import { BedrockClient, CreateModelImportJobCommand, DeleteImportedModelCommand, GetModelImportJobCommand } from '@aws-sdk/client-bedrock';
import type { IsCompleteRequest, OnEventRequest, OnEventResponse } from '../../src/imported-model/provider/handler/event';

/** A job that onEvent has started: the framework passes the attributes on. */
type Started = IsCompleteRequest & { readonly Data?: { readonly JobArn: string } };

/** A handler as people write it: start a job, look at it, believe what it says. */
export function naiveHandler(bedrock: Pick<BedrockClient, 'send'>) {
  return {
    async onEvent(event: OnEventRequest): Promise<Pick<OnEventResponse, 'PhysicalResourceId'> & { Data?: object }> {
      const { ModelName, RoleArn, S3Uri } = event.ResourceProperties as unknown as { readonly [name: string]: string };
      if (event.RequestType === 'Delete') {
        await bedrock.send(new DeleteImportedModelCommand({ modelIdentifier: event.PhysicalResourceId })).catch((error: Error) => {
          if (error.name !== 'ResourceNotFoundException') throw error;
        });
        return { PhysicalResourceId: event.PhysicalResourceId ?? ModelName };
      }
      const { jobArn } = await bedrock.send(new CreateModelImportJobCommand({
        jobName: `${ModelName}-${Date.now()}`,
        importedModelName: ModelName,
        roleArn: RoleArn,
        modelDataSource: { s3DataSource: { s3Uri: S3Uri } },
      }));
      return { PhysicalResourceId: ModelName, Data: { JobArn: jobArn } };
    },

    async isComplete(event: Started): Promise<{ IsComplete: boolean; Data?: object }> {
      if (event.RequestType === 'Delete') return { IsComplete: true };
      const { status, importedModelArn, failureMessage } = await bedrock.send(new GetModelImportJobCommand({ jobIdentifier: event.Data?.JobArn }));
      if (status === 'Failed') throw new Error(failureMessage);
      return status === 'Completed' ? { IsComplete: true, Data: { ModelArn: importedModelArn } } : { IsComplete: false };
    },
  };
}

export const { onEvent, isComplete } = naiveHandler(new BedrockClient());
