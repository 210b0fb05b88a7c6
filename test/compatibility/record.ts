/**
 * Records the corpus of a version, once before its release: `npx tsx test/compatibility/record.ts > test/compatibility/1.json`.
 * An existing file must not be recorded again.
 */
import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { APPS, withApp } from './apps';
import { customResourcesOf, type DeployedApp, type DeployedResource } from './corpus';
import { SynthesizedAccount } from '../../testing/iam/synthesized-account';
import { Deployment } from '../../testing/support/deployment';

async function record(name: string): Promise<DeployedApp> {
  return withApp(name, async app => {
    const account = new SynthesizedAccount(app);
    const deployment = await Deployment.start();
    try {
      const resources: DeployedResource[] = [];
      for (const { stack, id } of customResourcesOf(account)) {
        const { type, properties } = stack.one(id);
        const answer = await deployment.send({
          RequestType: 'Create', RequestId: `Create-${id}`, StackId: stack.stackId, LogicalResourceId: id, ResourceProperties: properties,
        });
        if (answer.status === 'FAILED') throw new Error(`${name}: ${answer.reason}`);
        account.answer(stack.one(id), answer.physicalResourceId, answer.data as { [attribute: string]: string });
        resources.push({
          stackId: stack.stackId, logicalId: id, type, physicalId: answer.physicalResourceId, properties, attributes: Object.keys(answer.data ?? {}),
        });
      }
      const job = deployment.bedrock.calls.find(({ operation }) => operation === 'CreateModelImportJob')?.input as CreateModelImportJobRequest;
      const [{ template }] = account.stacks;
      return { name, template, job, resources };
    } finally {
      await deployment.stop();
    }
  });
}

async function main(): Promise<void> {
  const apps: DeployedApp[] = [];
  for (const name of Object.keys(APPS)) apps.push(await record(name));
  console.log(JSON.stringify(apps, undefined, 1));
}

void main();
