import type { Report } from '../../findings';
import type { Probe } from '../probe';
import { Recorder } from './recorded-stack';
import { type Judgement, judgeArrivals, judgeNestedName, STACK_SCENARIOS } from './stack-scenarios';
import type { World } from '../../world';
import { isInterruption } from '../bedrock/imports';

/** What CloudFormation requests of a custom resource. */
export const cloudFormation: Probe = {
  name: 'cloudformation',
  title: 'Make stacks of custom resources fail, roll back, be cancelled and continued',
  ids: [...STACK_SCENARIOS.flatMap(({ ids }) => ids), 'CFN-10', 'CRP-7', 'RET-10'],
  makes: `a function with a role, and ${STACK_SCENARIOS.length + 3} stacks whose resources are only recorded`,
  minutes: 20,
  cents: 1,
  async run(world, report) {
    const recorder = await Recorder.deploy(world);
    const stacks = STACK_SCENARIOS.map(({ name }) => recorder.stack(name));
    try {
      const played = await Promise.allSettled(STACK_SCENARIOS.map(async (scenario, index) => attempt(report, scenario.ids, async () => {
        await scenario.play(stacks[index]);
        return scenario.judge({ stack: stacks[index].name, operations: stacks[index].operations });
      })));
      // Only when no scenario can start anything any more, what was made can be removed.
      for (const one of played) if (one.status === 'rejected') throw one.reason;
      await attempt(report, ['RET-10'], async () => [await nestedName(world, recorder)]);
      add(report, judgeArrivals(stacks.flatMap(({ operations }) => operations.flatMap(({ seen }) => seen))));
    } finally {
      await Promise.allSettled(stacks.map(async stack => stack.release()));
    }
  },
};

/** Deploys a stack with a nested one that makes nothing. */
async function nestedName(world: World, recorder: Recorder): Promise<Judgement> {
  const { aws: { s3 }, bucket: Bucket, region } = world;
  const Key = 'nested.json';
  await s3.putObject({ Bucket, Key, Body: JSON.stringify({ Resources: { Nothing: { Type: 'AWS::CloudFormation::WaitConditionHandle' } } }) });
  const stack = recorder.stack('parent');
  const TemplateURL = `https://s3.${region}.amazonaws.com/${Bucket}/${Key}`;
  await stack.deploy({ Child: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL } } });
  return judgeNestedName(stack.name, 'Child', await stack.physicalId('Child'));
}

/** What prevents a scenario says nothing about the others. */
async function attempt(report: Report, ids: readonly string[], judged: () => Promise<readonly Judgement[]>): Promise<void> {
  try {
    add(report, await judged());
  } catch (error) {
    if (isInterruption(error)) throw error;
    for (const id of ids) report.notObserved(id, `${(error as Error).name}: ${(error as Error).message}`);
  }
}

function add(report: Report, judgements: readonly Judgement[]): void {
  for (const { id, holds, evidence } of judgements) {
    if (holds === undefined) report.notObserved(id, evidence);
    else report.judge(id, holds, evidence);
  }
}
