import { ModelInvocationJobStatus } from '@aws-sdk/client-bedrock';
import { Duration } from 'aws-cdk-lib';
import { newBatch, type Rule, type State, statesIn } from './batches';
import { JOB_STATUSES } from '../../src/batch-inference/job-statuses';
import { SHAPES } from '../../testing/bedrock-server/constraints';
import { newStack } from '../../testing/support/stacks';

/** What the state machine knows when it looks at a job, or chooses an engine. */
interface Scene {
  readonly status?: string;
  readonly engine?: string;
  /** The last wait in seconds. */
  readonly wait?: number;
  readonly stopped?: boolean;
  readonly now?: string;
}

const DEADLINE = '2026-01-02T00:00:00Z';
const BEFORE = '2026-01-01T23:59:59Z';

function valueOf(path: string, { status = '', engine = 'job', wait = 30, stopped = false, now = BEFORE }: Scene): string | number | boolean {
  const values: { readonly [path: string]: string | number | boolean } = {
    '$.job.State.Status': status,
    '$.poll.wait': wait,
    '$.poll.stopped': stopped,
    '$$.State.EnteredTime': now,
    '$.run.deadline': DEADLINE,
    '$.part.engine': engine,
  };
  if (!(path in values)) throw new Error(`The Choice reads ${path}, which this test does not know`);
  return values[path];
}

/** Evaluates a rule of a Choice state, with the operators that this library uses. */
function holds({ And, Or, Not, Next: _, Variable, ...operators }: Rule, scene: Scene): boolean {
  if (Not) return !holds(Not, scene);
  if (And) return And.every(rule => holds(rule, scene));
  if (Or) return Or.some(rule => holds(rule, scene));
  const [[operator, operand], ...others] = Object.entries(operators);
  if (others.length > 0) throw new Error(`More than one operator: ${Object.keys(operators).join(', ')}`);
  const value = valueOf(Variable!, scene);
  switch (operator) {
    case 'StringEquals': case 'BooleanEquals': return value === operand;
    case 'NumericLessThan': return (value as number) < (operand as number);
    case 'TimestampGreaterThanEqualsPath': return Date.parse(value as string) >= Date.parse(valueOf(operand as string, scene) as string);
    default: throw new Error(`This test does not know the operator ${operator}`);
  }
}

const nextOf = ({ Choices, Default }: State, scene: Scene) => Choices!.find(rule => holds(rule, scene))?.Next ?? Default!;

/** The states after a poll, until the next poll or the collection of the results. */
function pathOf(states: { readonly [name: string]: State }, scene: Scene): string[] {
  const path = [nextOf(states['Is the job running'], scene)];
  while (!['Get job', 'Collect results'].includes(path[path.length - 1])) {
    const { Next } = states[path[path.length - 1]];
    if (!Next || path.length > 10) throw new Error(`No end after ${path.join(', ')}`);
    path.push(Next);
  }
  return path;
}

const statesWith = (deadline?: Duration) => statesIn(newBatch({ deadline }, newStack()).stateMachine.stack);
const [plain, withDeadline] = [statesWith(), statesWith(Duration.hours(24))];
const routed = (route: string) => Object.keys(JOB_STATUSES).filter(status => JOB_STATUSES[status] === route);

describe('the table', () => {
  test('has every status of the API, and no other', () => {
    expect(Object.keys(JOB_STATUSES).sort()).toEqual(Object.values(ModelInvocationJobStatus).sort());
    expect(Object.keys(JOB_STATUSES)).toHaveLength(10);
  });

  const shape = (SHAPES as { [name: string]: unknown }).ModelInvocationJobStatus as { enum?: string[] } | undefined;
  (shape ? test : test.skip)('has every status of the Bedrock server', () => {
    expect(Object.keys(JOB_STATUSES).sort()).toEqual([...shape!.enum!].sort());
  });

  // GetModelInvocationJob: "PartiallyCompleted" ran out of time, "Expired" never started, and "Stopped" was stopped by a user.
  test('waits for a job that has not ended, retries the records of one that has, and fails with what it did not serve', () => {
    expect(routed('wait')).toEqual(['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Stopping']);
    expect(routed('retry')).toEqual(['Completed', 'PartiallyCompleted']);
    expect(routed('fail')).toEqual(['Failed', 'Expired', 'Stopped']);
  });
});

describe.each([['without a deadline', plain], ['before the deadline', withDeadline]])('the state machine, %s,', (_, states) => {
  test.each(routed('wait'))('polls again after %s, and waits twice as long', (status) => {
    expect(pathOf(states, { status })).toEqual(['Wait longer', 'Wait for job', 'Get job']);
  });

  test.each(routed('wait'))('does not wait longer than 32 minutes after %s', (status) => {
    expect(pathOf(states, { status, wait: 960 })).toEqual(['Wait longer', 'Wait for job', 'Get job']);
    expect(pathOf(states, { status, wait: 1920 })).toEqual(['Wait for job', 'Get job']);
  });

  test.each([...routed('retry'), ...routed('fail'), 'StatusOfTomorrow', ''])('collects the results after %j', (status) => {
    expect(pathOf(states, { status })).toEqual(['Job has ended', 'Collect results']);
    expect(pathOf(states, { status, wait: 1920, stopped: true })).toEqual(['Job has ended', 'Collect results']);
  });
});

describe('after the deadline, the state machine', () => {
  test.each(routed('wait'))('stops a job that is %s, and polls again', (status) => {
    const path = ['Stop job', 'Job is stopping', 'Wait for job', 'Get job'];
    expect(pathOf(withDeadline, { status, now: DEADLINE })).toEqual(path);
    expect(pathOf(withDeadline, { status, now: '2026-01-02T00:32:00Z', wait: 1920 })).toEqual(path);
  });

  test.each(routed('wait'))('stops a job once, and then waits while it is %s', (status) => {
    expect(pathOf(withDeadline, { status, now: DEADLINE, stopped: true })).toEqual(['Wait longer', 'Wait for job', 'Get job']);
  });

  test.each([...routed('retry'), ...routed('fail')])('does not stop a job that is %s', (status) => {
    expect(pathOf(withDeadline, { status, now: DEADLINE })).toEqual(['Job has ended', 'Collect results']);
  });

  // It may have ended, or have a status in which Bedrock stops no job: a batch of days must not fail because of it.
  test('goes on polling whatever error keeps it from stopping the job', () => {
    expect(withDeadline['Stop job'].Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Job is stopping' }]);
    expect(withDeadline['Job is stopping']).toMatchObject({ ResultPath: '$.poll', Next: 'Wait for job' });
  });
});

describe('a part', () => {
  const engineOf = (states: { readonly [name: string]: State }, engine: string, now: string) => nextOf(states['Choose engine'], { engine, now });
  const MAP = 'Invoke model for each record';

  test.each([
    ['before the deadline', withDeadline, BEFORE, 'Create job'],
    ['at the deadline', withDeadline, DEADLINE, 'Too late for a job'],
    ['after the deadline', withDeadline, '2026-01-02T00:00:01Z', 'Too late for a job'],
    ['at any time, without a deadline', plain, '2026-01-09T00:00:00Z', 'Create job'],
  ])('of a job that starts %s', (_, states, now, state) => {
    expect(engineOf(states, 'job', now)).toBe(state);
  });

  test.each([BEFORE, DEADLINE])('of the map, and one without records, go where they go anyway at %s', (now) => {
    expect([plain, withDeadline].flatMap(states => ['map', 'none'].map(engine => engineOf(states, engine, now)))).toEqual([MAP, 'Part is finished', MAP, 'Part is finished']);
  });
});

test('the wait doubles from 30 seconds', () => {
  expect(plain['Start polling'].Parameters).toEqual({ wait: 30, stopped: false });
  expect(plain['Wait longer'].Parameters).toEqual({ 'wait.$': 'States.MathAdd($.poll.wait, $.poll.wait)', 'stopped.$': '$.poll.stopped' });
  expect(plain['Wait for job']).toMatchObject({ Type: 'Wait', SecondsPath: '$.poll.wait' });
  expect(withDeadline['Job is stopping'].Parameters).toEqual({ wait: 30, stopped: true });
});

describe('these checks can fail:', () => {
  const choice = plain['Is the job running'];

  test('a status without a rule goes to the default', () => {
    const missing = { ...choice, Choices: choice.Choices!.map(rule => JSON.parse(JSON.stringify(rule).replace(/"Scheduled"/g, '"Other"')) as Rule) };
    expect(nextOf(choice, { status: 'Scheduled' })).toBe('Wait longer');
    expect(nextOf(missing, { status: 'Scheduled' })).toBe('Job has ended');
  });

  test.each([{ Variable: '$.job.Status', StringEquals: 'Failed' }, { Variable: '$.poll.wait', NumericGreaterThan: 1 }])('%j is not understood', (rule) => {
    expect(() => holds(rule, { status: 'Failed' })).toThrow(/test does not know/);
  });
});
