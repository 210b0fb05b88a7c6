import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger, ledgerOf } from './ledger';
import { clientsOf } from './world';

const OWNER = { account: '111122223333', region: 'us-east-1', run: '0a1b2c3d' };
const MODEL = { modelName: `acceptance-${OWNER.run}-x`, modelArn: 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl' };

type Answers = { readonly [command: string]: (input: Record<string, unknown>) => unknown };

/** The clients of an account that answers so, and the calls that it got. */
function accountOf(answers: Answers) {
  const calls: { readonly name: string; readonly input: Record<string, unknown> }[] = [];
  const aws = clientsOf({ region: OWNER.region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  const answer = (_next: unknown, { commandName = '' }: { commandName?: string }) => async ({ input }: { input: unknown }) => {
    const call = { name: commandName.replace(/Command$/, ''), input: input as Record<string, unknown> };
    calls.push(call);
    return { output: answers[call.name]?.(call.input) ?? {}, response: {} };
  };
  for (const { middlewareStack } of [aws.bedrock, aws.cloudFormation, aws.s3, aws.logs]) {
    (middlewareStack as { add(middleware: typeof answer, options: object): void }).add(answer, { step: 'initialize' });
  }
  let now = 0;
  const time = { now: () => now, sleep: async (ms: number) => { now += ms; } };
  const named = (name: string) => calls.filter(call => call.name === name).map(({ input }) => input);
  return { cleaner: { aws, time, log: () => {} }, named, now: () => now };
}

const gone = () => { throw Object.assign(new Error('Stack with id x does not exist'), { name: 'ValidationError' }); };
/** A stack that has these statuses, one in each look, and is gone then. */
const stackWith = (...statuses: string[]) => () => statuses.length === 0 ? gone() : { Stacks: [{ StackStatus: statuses.shift() }] };

test.each([
  ['CREATE_COMPLETE'], ['CREATE_IN_PROGRESS'], ['REVIEW_IN_PROGRESS'], ['UPDATE_ROLLBACK_COMPLETE'],
])('a stack that is %s is deleted, and the log groups of its functions', async (status) => {
  const logGroupName = '/aws/lambda/A-function';
  const { cleaner, named } = accountOf({ DescribeStacks: stackWith(status, 'DELETE_IN_PROGRESS'), DescribeLogGroups: () => ({ logGroups: [{ logGroupName }] }) });

  await expect(new Ledger(OWNER, undefined, [{ kind: 'stack', name: 'A' }]).clear(cleaner)).resolves.toEqual([]);

  expect(named('DeleteStack')).toEqual([{ StackName: 'A' }]);
  expect(named('DeleteLogGroup')).toEqual([{ logGroupName }]);
});

test('an update is cancelled before its stack is deleted', async () => {
  const { cleaner, named } = accountOf({ DescribeStacks: stackWith('UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE', 'DELETE_IN_PROGRESS') });

  await new Ledger(OWNER, undefined, [{ kind: 'stack', name: 'A' }]).clear(cleaner);

  expect([named('CancelUpdateStack').length, named('DeleteStack').length]).toEqual([1, 1]);
});

test('a deletion that fails is asked for three times; then what the stack may need is kept', async () => {
  const recorder = `acceptance-${OWNER.run}-recorder`;
  const { cleaner, named } = accountOf({ DescribeStacks: ({ StackName }) => StackName === 'A' ? { Stacks: [{ StackStatus: 'DELETE_FAILED' }] } : gone() });
  const ledger = new Ledger(OWNER, undefined, [{ kind: 'bucket', name: 'b' }, { kind: 'stack', name: recorder }, { kind: 'stack', name: 'A' }]);

  const remaining = await ledger.clear(cleaner);

  expect(remaining.map(({ what }) => what)).toEqual(['stack A', `stack ${recorder}`, 'bucket b']);
  expect(remaining[0].command).toBe('aws cloudformation delete-stack --stack-name A --region us-east-1');
  expect(named('DeleteStack')).toEqual(Array(3).fill({ StackName: 'A' }));
  expect(named('DeleteBucket')).toEqual([]);
});

test('a model that no list shows yet is deleted when its job has ended, by ARN, and those of others are not', async () => {
  let isDeleted = false;
  const { cleaner, named, now } = accountOf({
    ListModelImportJobs: () => ({ modelImportJobSummaries: now() >= 40_000 && now() < 120_000 ? [{ jobArn: 'job' }] : [] }),
    ListImportedModels: () => ({ modelSummaries: [{ modelName: `neighbour-${OWNER.run}`, modelArn: 'other' }, ...isDeleted || now() < 120_000 ? [] : [MODEL]] }),
    DeleteImportedModel: () => { isDeleted = true; },
  });

  const remaining = await new Ledger(OWNER, undefined, [{ kind: 'import', jobName: 'j', modelName: 'm' }]).clear(cleaner);

  expect(remaining).toEqual([]);
  expect(named('DeleteImportedModel')).toEqual([{ modelIdentifier: MODEL.modelArn }]);
});

test('a second Ctrl-C leaves everything, and says how to remove it', async () => {
  const { cleaner, named } = accountOf({});

  const remaining = await new Ledger(OWNER, undefined, [{ kind: 'bucket', name: 'b' }]).clear(cleaner, AbortSignal.abort());

  expect(remaining.map(({ what, reason }) => [what, reason])).toEqual([
    [`import jobs and models with "${OWNER.run}" in their names`, 'stopped by the user'], ['bucket b', 'stopped by the user'],
  ]);
  expect(named('DeleteBucket')).toEqual([]);
});

describe('the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  const file = join(folder, 'ledger.json');
  afterAll(() => rmSync(folder, { recursive: true }));

  test('has what is about to be made, and is taken in the same account and Region only', () => {
    new Ledger(OWNER, file).add({ kind: 'bucket', name: 'b' });

    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ...OWNER, things: [{ kind: 'bucket', name: 'b' }] });
    expect(ledgerOf(OWNER, file).owner).toEqual(OWNER);
    expect(() => ledgerOf({ ...OWNER, region: 'us-west-2' }, file)).toThrow('its run was in account 111122223333, Region us-east-1');
    expect(() => ledgerOf({ ...OWNER, account: '444455556666' }, file)).toThrow('its run was in account 111122223333');
    expect(() => ledgerOf(OWNER, `${file}.none`)).toThrow('there is no such file');
  });
});
