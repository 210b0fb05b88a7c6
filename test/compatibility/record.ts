/**
 * Records the corpus of a version, once, before it is released: `npx tsx test/compatibility/record.ts 1 > test/compatibility/1.json`.
 * A file that is there is never written again.
 */
import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { DeployedLink, DeployedModel } from './corpus';
import { type Link } from '../../src/contract/custom-resource';
import { Deployment, type LinkProperties, request } from '../handler/deployment';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const VARIANTS: { readonly [name: string]: { readonly links: Link[]; readonly properties: LinkProperties } } = {
  'the plainest model': { links: ['import', 'model'], properties: {} },
  'an exact name, retained': { links: ['import', 'model'], properties: { ImportedModelName: 'llama', RemovalPolicy: 'RETAIN', AttributesRevision: '1' } },
  'everything, in three windows': {
    links: ['import', 'wait', 'model'],
    properties: {
      SourceVersion: '2026-11-25',
      ImportedModelKmsKeyId: KEY,
      JobNamePrefix: 'nightly',
      SubnetIds: ['subnet-0bb1c79de3EXAMPLE'],
      SecurityGroupIds: ['sg-0bb1c79de3EXAMPLE'],
      ImportedModelTags: [{ key: 'team', value: 'platform' }],
      JobTags: [{ key: 'cost-center', value: '42' }],
      ReplacementStrategy: 'DELETE_FIRST',
      AttributesRevision: '1',
    },
  },
};

async function record(name: string, { links, properties }: (typeof VARIANTS)[string]): Promise<DeployedModel> {
  const deployment = await Deployment.start();
  try {
    const deployed: DeployedLink[] = [];
    let jobName: string | undefined;
    for (const link of links) {
      const event = request('Create', { link, jobName, properties });
      const answer = await deployment.send(event);
      if (answer.status === 'FAILED') throw new Error(`${name}: ${answer.reason}`);
      jobName ??= answer.data?.JobName;
      deployed.push({
        stackId: event.StackId,
        logicalId: event.LogicalResourceId,
        physicalId: answer.physicalResourceId,
        properties: event.ResourceProperties,
        attributes: Object.keys(answer.data ?? {}),
      });
    }
    const job = deployment.bedrock.calls.find(({ operation }) => operation === 'CreateModelImportJob')?.input as CreateModelImportJobRequest;
    return { name, job, links: deployed };
  } finally {
    await deployment.stop();
  }
}

async function main(): Promise<void> {
  const models: DeployedModel[] = [];
  for (const [name, variant] of Object.entries(VARIANTS)) models.push(await record(name, variant));
  console.log(JSON.stringify(models, undefined, 2));
}

void main();
