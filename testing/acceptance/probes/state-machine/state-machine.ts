import { gather, type Observed, type Stack } from './gather';
import { judge, JUDGED } from './judge';
import type { World } from '../../world';
import { whyNoBatch } from '../batch-inference/batch-jobs';
import { importEnded, importRequest, isInterruption, startImport } from '../bedrock/imports';
import { tooExpensive } from '../bedrock/model-signals';
import { createRole, readsWeights, trustOfBedrock } from '../bedrock/roles';
import type { Probe } from '../probe';

const APP = 'node --import tsx testing/acceptance/probes/state-machine/app.ts';
const MAX_ERROR = 2000;
/** How long a copy of the imported model runs. */
const COPY_MINUTES = 15;

/** A deployed stack with batches of this library, whose executions are stopped, redriven and read. */
export const stateMachine: Probe = {
  name: 'state-machine',
  title: 'Deploy batches, run them, stop and redrive their executions',
  ids: JUDGED,
  makes: 'a role, an import job and its model, and a stack with a bucket, a key, a log group, functions and state machines; one batch inference job '
    + 'of 100 records, and 24 invocations, one of them of 75,000 tokens and two of the imported model',
  minutes: 840,
  cents: 150,
  usesCdk: true,
  isLastWithItsModels: true,
  async run(world, report) {
    const reason = await whyNoBatch(world);
    if (reason !== undefined) {
      for (const id of this.ids) report.notObserved(id, reason);
      return;
    }
    for (const { id, holds, evidence } of judge(await observe(world))) {
      if (holds === undefined) report.notObserved(id, evidence); else report.judge(id, holds, evidence);
    }
  },
};

async function observe(world: World): Promise<Observed> {
  const importedModelArn = await importModel(world);
  const name = `acceptance-${world.run}-batch`;
  world.made.add({ kind: 'batch job', jobName: jobNamePrefix(name) }); // stopped after the stack is deleted, so that it starts no other
  world.made.add({ kind: 'stack', name });
  const { code, output } = await world.cdk(deployArguments(name, world.batchModel, importedModelArn), APP);
  if (code !== 0) return { deploymentError: output.slice(-MAX_ERROR) };
  return gather(world, await stackOf(world, name));
}

/** The ARN of a new model. Undefined if it cannot be imported: the rest is seen without it. */
async function importModel(world: World): Promise<string | undefined> {
  const roleArn = await createRole(world, 'state-machine', trustOfBedrock(world), readsWeights(world));
  try {
    const jobArn = await startImport(world, importRequest(world, roleArn));
    const { importedModelArn, failureMessage } = await importEnded(world, jobArn);
    if (failureMessage) world.log(`no imported model: ${failureMessage}`);
    const reason = importedModelArn && await tooExpensive(world, importedModelArn, COPY_MINUTES, stateMachine.cents);
    if (reason) world.log(`no imported model: ${reason}`);
    return reason ? undefined : importedModelArn;
  } catch (error) {
    if (isInterruption(error)) throw error;
    world.log(`no imported model: ${(error as Error).message}`);
    return undefined;
  }
}

/** The arguments of the CDK CLI that deploy the stack. */
export function deployArguments(stack: string, model: string, importedModelArn?: string): string[] {
  const context = { stack, jobNamePrefix: jobNamePrefix(stack), model, ...importedModelArn && { importedModelArn } };
  return ['deploy', stack, '--require-approval', 'never', ...Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`])];
}

/** Letters and digits only. */
function jobNamePrefix(stack: string): string {
  return stack.replaceAll('-', '');
}

async function stackOf({ aws: { cloudFormation } }: World, StackName: string): Promise<Stack> {
  const { Stacks: [stack] = [] } = await cloudFormation.describeStacks({ StackName });
  const outputs = new Map(stack.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  return stackFrom((name) => outputs.get(name));
}

/** The stack by its outputs. */
export function stackFrom(output: (name: string) => string | undefined): Stack {
  const machine = (name: string) => output(`${name}StateMachine`)!;
  return {
    machines: {
      Jobs: machine('Jobs'),
      Map: machine('Map'),
      Imported: output('ImportedStateMachine'),
      Events: machine('Events'),
      Facts: machine('Facts'),
      Logs: machine('Logs'),
    },
    bucket: output('Bucket')!,
    keyArn: output('KeyArn')!,
    logGroup: output('LogGroup')!,
  };
}
