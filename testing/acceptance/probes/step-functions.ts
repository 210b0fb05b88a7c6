import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import type { World } from '../world';
import { outcomeOf } from './bedrock/imports';
import { RecordedStack, until } from './cloudformation/recorded-stack';
import type { Probe } from './probe';

/** What the waiter of the provider framework depends on. */
export const stepFunctions: Probe = {
  name: 'step-functions',
  title: 'Start executions twice, change the definition of a running one, and delete its state machine',
  ids: ['CRP-1', 'CRP-4', 'CRP-11'],
  makes: 'a stack with a role and two state machines that wait',
  minutes: 10,
  cents: 1,
  async run(world, report) {
    const { sfn } = world.aws;
    const [changing, deleted] = await deployStateMachines(world);

    const name = `acceptance-${world.run}`;
    const first = await sfn.startExecution({ stateMachineArn: changing, name, input: '{"a":1}' });
    const again = await outcomeOf(sfn.startExecution({ stateMachineArn: changing, name, input: '{"a":1}' }));
    const other = await outcomeOf(sfn.startExecution({ stateMachineArn: changing, name, input: '{"a":2}' }));
    report.judge('CRP-1', again.result?.executionArn === first.executionArn && other.error?.name === 'ExecutionAlreadyExists',
      `the same name and input: ${again.text}, ${again.result?.executionArn === first.executionArn ? 'the same' : 'another'} execution; with other input: ${other.text}`);

    await until(world, 'the wait of the execution', async () => {
      const { events = [] } = await sfn.getExecutionHistory({ executionArn: first.executionArn! });
      return events.find(({ type }) => type === 'WaitStateEntered');
    });
    await sfn.updateStateMachine({ stateMachineArn: changing, definition: definitionOf(SHORT_SECONDS, 'new') });
    const { output, status } = await until(world, 'the end of the execution', async () => {
      const execution = await sfn.describeExecution({ executionArn: first.executionArn! });
      return execution.status === 'RUNNING' ? undefined : execution;
    });
    if (status === 'SUCCEEDED') report.judge('CRP-11', output === '"old"', `an execution that was running when the definition changed ends with ${output}`);
    else report.notObserved('CRP-11', `the execution ended as ${status}`);

    const { executionArn } = await sfn.startExecution({ stateMachineArn: deleted });
    await sfn.deleteStateMachine({ stateMachineArn: deleted });
    const end = await until(world, 'the end of the execution of the deleted state machine', async (): Promise<ExecutionStatus | 'gone' | undefined> => {
      const { error, result, text } = await outcomeOf(sfn.describeExecution({ executionArn }));
      if (error !== undefined && error.name !== 'ExecutionDoesNotExist') throw new Error(text);
      return result?.status === 'RUNNING' ? undefined : result?.status ?? 'gone';
    });
    report.judge('CRP-4', end !== 'SUCCEEDED', `an execution in a wait of ${LONG_SECONDS} s, whose state machine was deleted: ${end}`);
  },
};

const SHORT_SECONDS = 60;
const LONG_SECONDS = 300;

function definitionOf(Seconds: number, result: string): string {
  return JSON.stringify({ StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds, Next: 'End' }, End: { Type: 'Pass', Result: result, End: true } } });
}

async function deployStateMachines(world: World): Promise<[string, string]> {
  const stateMachine = (seconds: number) => (
    { Type: 'AWS::StepFunctions::StateMachine', Properties: { RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] }, DefinitionString: definitionOf(seconds, 'old') } });
  const stack = new RecordedStack(world, '', `acceptance-${world.run}-waiters`);
  await stack.deploy({
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'states.amazonaws.com' } }] },
      },
    },
    Changing: stateMachine(SHORT_SECONDS),
    Deleted: stateMachine(LONG_SECONDS),
  });
  return [await stack.physicalId('Changing'), await stack.physicalId('Deleted')];
}
