import { BedrockClient, GetModelImportJobCommand } from '@aws-sdk/client-bedrock';

const bedrock = new BedrockClient();

/** The least that a poll needs: the client, and one call. */
export const isComplete = async ({ Data }: { readonly Data: { readonly JobArn: string } }): Promise<object> => {
  const { status } = await bedrock.send(new GetModelImportJobCommand({ jobIdentifier: Data.JobArn }));
  return { IsComplete: status === 'Completed' };
};
