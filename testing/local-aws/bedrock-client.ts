import { Bedrock, paginateListImportedModels } from '@aws-sdk/client-bedrock';
import { REGION } from './environment';
import { assertLoopback } from './loopback';

/** The SDK client for a Bedrock server on this machine. */
export function bedrockClient(endpoint: string): Bedrock {
  assertLoopback(endpoint, 'the Bedrock endpoint');
  return new Bedrock({ endpoint, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
}

export async function importedModelArns(client: Bedrock): Promise<string[]> {
  const arns: string[] = [];
  for await (const { modelSummaries } of paginateListImportedModels({ client }, {})) {
    arns.push(...modelSummaries!.map((model) => model.modelArn!));
  }
  return arns;
}
