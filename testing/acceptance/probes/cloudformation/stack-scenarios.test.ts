import type { Operation, Seen } from './recorded-stack';
import { judgeArrivals, type Judgement, judgeNestedName, STACK_SCENARIOS } from './stack-scenarios';

/*
 * Each scenario with records in which CloudFormation does what is assumed, and what is not. On the local AWS, CloudFormation is an emulator that
 * cannot do otherwise.
 */

type Request = [type: Seen['type'], logicalId: string, physicalId: string | undefined, value: string, second?: number];

const operation = (does: Operation['does'], status: string, ...requests: Request[]): Operation => ({
  does,
  status,
  seen: requests.map(([type, logicalId, physicalId, value, second = 0], index) =>
    ({ requestId: `${does} ${index}`, type, logicalId, physicalId, value, at: second * 1000, answers: [{}] })),
});

function judged(name: string, ...operations: Operation[]): { readonly [id: string]: boolean | undefined } {
  const { ids, judge } = STACK_SCENARIOS.find(scenario => scenario.name === name)!;
  const judgements = judge({ stack: 'stack', operations });
  expect(judgements.map(({ id }) => id).sort()).toEqual([...ids].sort());
  return holds(judgements);
}

const holds = (judgements: readonly Judgement[]) => Object.fromEntries(judgements.map(one => [one.id, one.holds]));
const evidenceOf = (name: string, id: string, ...operations: Operation[]) =>
  STACK_SCENARIOS.find(scenario => scenario.name === name)!.judge({ stack: 'stack', operations }).find(one => one.id === id)!.evidence;

const created = operation('create', 'CREATE_COMPLETE');
const deleted = operation('delete', 'DELETE_COMPLETE');

describe('failed-update', () => {
  const record = (...next: Request[]) => [created, operation('update', 'UPDATE_ROLLBACK_COMPLETE', ['Update', 'A', 'a1', '2'], ...next), deleted];

  test.each([['a1', 'old'], ['a2', 'new']])('the next request of %s is the variant %s', (id, variant) => {
    expect(judged('failed-update', ...record(['Update', 'A', id, '1']))).toEqual({ 'CFN-3': true });
    expect(evidenceOf('failed-update', 'CFN-3', ...record(['Update', 'A', id, '1']))).toContain(`--world failedUpdateRecords=${variant}`);
  });

  test('any other ID contradicts', () => {
    expect(judged('failed-update', ...record(['Update', 'A', 'stack-A-1ABC', '1']))).toEqual({ 'CFN-3': false });
  });

  test('without a request nothing is seen', () => {
    expect(judged('failed-update', ...record())).toEqual({ 'CFN-3': undefined });
  });
});

describe('replacement', () => {
  const cleanup: Request[] = [['Delete', 'Replaced', 'r1', '1'], ['Delete', 'Released', 'f1', '1'], ['Delete', 'Undeletable', 'u1', '1']];
  const record = (requests: Request[], refused = operation('delete', 'DELETE_FAILED', ['Delete', 'Undeletable', 'u2', '2'])) => [
    created, operation('update', 'UPDATE_COMPLETE', ...requests), refused, operation('delete', 'DELETE_COMPLETE', ['Delete', 'Undeletable', 'u2', '2']),
  ];
  const withoutFirst = cleanup.slice(1);

  test('as assumed', () => {
    expect(judged('replacement', ...record(cleanup))).toEqual({ 'CFN-4': true, 'CHK-4': true, 'CFN-8': true, 'RET-1': true });
    expect(evidenceOf('replacement', 'CFN-4', ...record(cleanup))).toContain('--world cleanupCarries=old');
    expect(evidenceOf('replacement', 'RET-1', ...record(cleanup))).toContain('--world replacePolicyOf=new');
  });

  test('a Delete with the new properties contradicts only CHK-4', () => {
    expect(judged('replacement', ...record([['Delete', 'Replaced', 'r1', '2'], ...withoutFirst]))).toMatchObject({ 'CFN-4': true, 'CHK-4': false });
    expect(evidenceOf('replacement', 'CFN-4', ...record([['Delete', 'Replaced', 'r1', '2'], ...withoutFirst]))).toContain('--world cleanupCarries=new');
  });

  test('no Delete, or one with other properties, contradicts', () => {
    expect(judged('replacement', ...record(withoutFirst))).toMatchObject({ 'CFN-4': false, 'CHK-4': false });
    expect(judged('replacement', ...record([['Delete', 'Replaced', 'r1', '3'], ...withoutFirst]))).toMatchObject({ 'CFN-4': false, 'CHK-4': false });
  });

  test('the policy of the old template is the other variant', () => {
    const old = record([cleanup[0], ['Delete', 'Retained', 'k1', '1'], cleanup[2]]);
    expect(judged('replacement', ...old)).toMatchObject({ 'RET-1': true });
    expect(evidenceOf('replacement', 'RET-1', ...old)).toContain('--world replacePolicyOf=old');
  });

  test('both policies, or none, contradict', () => {
    expect(judged('replacement', ...record([...cleanup, ['Delete', 'Retained', 'k1', '1']]))).toMatchObject({ 'RET-1': false });
    expect(judged('replacement', ...record([cleanup[0], cleanup[2]]))).toMatchObject({ 'RET-1': false });
  });

  test('a resource that is not abandoned, or a stack that is deleted although a resource is not, contradicts', () => {
    const again = operation('delete', 'DELETE_FAILED', ['Delete', 'Undeletable', 'u1', '1'], ['Delete', 'Undeletable', 'u2', '2']);
    const ignored = operation('delete', 'DELETE_COMPLETE', ['Delete', 'Undeletable', 'u2', '2']);
    expect(judged('replacement', ...record(cleanup, again))).toMatchObject({ 'CFN-8': false });
    expect(judged('replacement', ...record(cleanup, ignored))).toMatchObject({ 'CFN-8': false });
    expect(judged('replacement', created, operation('update', 'UPDATE_ROLLBACK_COMPLETE'), deleted, deleted)).toEqual({
      'CFN-4': undefined, 'CHK-4': undefined, 'RET-1': undefined, 'CFN-8': false,
    });
  });
});

describe('dependent', () => {
  const update: Request[] = [
    ['Update', 'A', 'a', '2'], ['Create', 'Kept', undefined, '1'], ['Create', 'Unkept', undefined, '1'], ['Create', 'Failing', undefined, '1'],
  ];
  const back: Request[] = [['Update', 'A', 'a', '1']];
  const cleanup: Request[] = [['Delete', 'Unkept', 'u', '1']];
  const record = (...requests: Request[]) => [created, operation('update', 'UPDATE_ROLLBACK_COMPLETE', ...update, ...requests), deleted];

  test('a rollback that does not follow', () => {
    expect(judged('dependent', ...record(...back, ...cleanup))).toEqual({ 'CFN-5': true, 'RET-2': true });
    expect(evidenceOf('dependent', 'CFN-5', ...record(...back, ...cleanup))).toContain('--world rollbackFollows=false');
  });

  test('a rollback that follows', () => {
    const follows = record(...back, ['Update', 'Dependent', 'd', 'restored'], ...cleanup);
    expect(judged('dependent', ...follows)).toMatchObject({ 'CFN-5': true });
    expect(evidenceOf('dependent', 'CFN-5', ...follows)).toContain('--world rollbackFollows=true');
  });

  test('a rollback without an Update back, or with another value, contradicts', () => {
    expect(judged('dependent', ...record(...cleanup))).toMatchObject({ 'CFN-5': false });
    expect(judged('dependent', ...record(...back, ['Update', 'Dependent', 'd', '1'], ...cleanup))).toMatchObject({ 'CFN-5': false });
  });

  test('nothing is seen if the update came to the resource', () => {
    expect(judged('dependent', ...record(['Update', 'Dependent', 'd', '2'], ...back, ...cleanup))).toMatchObject({ 'CFN-5': undefined });
  });

  test('a Delete of the retained resource, or none of the other, contradicts', () => {
    expect(judged('dependent', ...record(...back, ...cleanup, ['Delete', 'Kept', 'k', '1']))).toMatchObject({ 'RET-2': false });
    expect(judged('dependent', ...record(...back))).toMatchObject({ 'RET-2': false });
    expect(judged('dependent', created, operation('update', 'UPDATE_ROLLBACK_COMPLETE', update[0]), deleted)).toMatchObject({ 'RET-2': undefined });
  });
});

test.each([
  ['at once', [['Update', 'A', 'a', '2', 0], ['Update', 'A', 'a', '1', 20]], true],
  ['after the answer', [['Update', 'A', 'a', '2', 0], ['Update', 'A', 'a', '1', 61]], false],
  ['never', [['Update', 'A', 'a', '2', 0]], false],
  ['before the request', [], undefined],
] as [string, Request[], boolean | undefined][])('cancelled-update: rolled back %s', (_, requests, expected) => {
  expect(judged('cancelled-update', created, operation('cancelled update', 'UPDATE_ROLLBACK_COMPLETE', ...requests), deleted)).toEqual({ 'CFN-6': expected });
});

test.each([
  ['at once, with a generated ID', [['Create', 'Created', undefined, '1', 0], ['Delete', 'Created', 'stack-Created-1ABCDEFG', '1', 15]], true],
  ['after the answer', [['Create', 'Created', undefined, '1', 0], ['Delete', 'Created', 'c', '1', 61]], false],
  ['at once, with another ID', [['Create', 'Created', undefined, '1', 0], ['Delete', 'Created', '7d1a7d0c-0000', '1', 15]], false],
  ['never', [['Create', 'Created', undefined, '1', 0]], false],
  ['before the request', [], undefined],
] as [string, Request[], boolean | undefined][])('cancelled-create: deleted %s', (_, requests, expected) => {
  expect(judged('cancelled-create', operation('create', 'ROLLBACK_COMPLETE', ...requests), deleted)).toEqual({ 'CFN-1': expected });
});

test.each([
  ['a generated ID', [['Delete', 'Silent', 'stack-Silent-1ABCDEFG', '1']], true],
  ['another ID', [['Delete', 'Silent', 's', '1']], false],
  ['no Delete', [], false],
] as [string, Request[], boolean][])('unanswered: %s', (_, requests, expected) => {
  expect(judged('unanswered', operation('create', 'ROLLBACK_COMPLETE', ['Create', 'Silent', undefined, '1'], ...requests), deleted)).toEqual({ 'CFN-2': expected });
});

test.each([
  ['the first', 'CREATE_COMPLETE', 'first', true],
  ['the second', 'ROLLBACK_COMPLETE', 'second', false],
  ['the ID of the second', 'CREATE_COMPLETE', 'second', false],
])('answered-twice: %s counts', (_, status, id, expected) => {
  expect(judged('answered-twice', operation('create', status), operation('delete', 'DELETE_COMPLETE', ['Delete', 'A', id, '1']))).toEqual({ 'CFN-7': expected });
});

describe('continued', () => {
  const failed = operation('update', 'UPDATE_ROLLBACK_FAILED', ['Update', 'Restored', 'r', '1'], ['Update', 'Stuck', 's', '1']);

  test.each([
    ['only what failed', [['Update', 'Stuck', 's', '1']], true],
    ['everything', [['Update', 'Stuck', 's', '1'], ['Update', 'Restored', 'r', '1']], false],
    ['nothing', [], false],
  ] as [string, Request[], boolean][])('%s is updated', (_, requests, expected) => {
    const continued = operation('continued rollback', 'UPDATE_ROLLBACK_COMPLETE', ...requests);
    expect(judged('continued', created, failed, continued, deleted)).toEqual({ 'CFN-9': expected });
  });

  test('nothing is seen of a rollback that did not fail', () => {
    expect(judged('continued', created, operation('update', 'UPDATE_ROLLBACK_COMPLETE'), deleted)).toEqual({ 'CFN-9': undefined });
  });
});

describe('skipped', () => {
  const failed = operation('update', 'UPDATE_ROLLBACK_FAILED');
  const next = operation('continued rollback', 'UPDATE_ROLLBACK_COMPLETE');
  const record = (update: Request[], last: string) => [
    created, failed, next, operation('update', 'UPDATE_COMPLETE', ...update), operation('delete', 'DELETE_COMPLETE', ['Delete', 'Skipped', last, '1']),
  ];

  test.each([
    ['as assumed', [['Create', 'Reader', undefined, '2']], 's2', true],
    ['recorded with the properties of the update', [['Update', 'Skipped', 's2', '1'], ['Create', 'Reader', undefined, '2']], 's2', false],
    ['with the former attributes', [['Create', 'Reader', undefined, '1']], 's2', false],
    ['with the former physical ID', [['Create', 'Reader', undefined, '2']], 's1', false],
  ] as [string, Request[], string, boolean][])('%s', (_, update, last, expected) => {
    expect(judged('skipped', ...record(update, last))).toEqual({ 'RET-3': expected });
  });

  test('nothing is seen if it could not be skipped', () => {
    expect(judged('skipped', created, operation('update', 'UPDATE_ROLLBACK_COMPLETE'), deleted)).toEqual({ 'RET-3': undefined });
    expect(judged('skipped', created, failed, operation('continued rollback', 'UPDATE_ROLLBACK_FAILED'), deleted)).toEqual({ 'RET-3': undefined });
  });
});

describe('arrivals', () => {
  const seen = (urlDate: string | undefined, at: string): Seen =>
    ({ requestId: at, type: 'Create', logicalId: 'A', urlDate, at: Date.parse(at), answers: [] });

  test.each([
    ['at once', '20261121T101500Z', '2026-11-21T10:15:01.500Z', { 'CFN-10': true, 'CRP-7': true }],
    ['later than is assumed', '20261121T101500Z', '2026-11-21T10:17:00Z', { 'CFN-10': true, 'CRP-7': false }],
    ['with the date of something else', '20261121T101500Z', '2026-11-21T18:00:00Z', { 'CFN-10': false, 'CRP-7': false }],
    ['without a date', undefined, '2026-11-21T10:15:01Z', { 'CFN-10': false, 'CRP-7': undefined }],
  ])('%s', (_, urlDate, at, expected) => {
    expect(holds(judgeArrivals([seen('20261121T101500Z', '2026-11-21T10:15:01Z'), seen(urlDate, at)].slice(urlDate === undefined ? 1 : 0)))).toEqual(expected);
  });

  test('nothing', () => {
    expect(holds(judgeArrivals([]))).toEqual({ 'CFN-10': undefined, 'CRP-7': undefined });
  });
});

test.each([
  ['arn:aws:cloudformation:us-east-1:111122223333:stack/parent-Child-1ABCDEFGHIJKL/id', true],
  ['arn:aws:cloudformation:us-east-1:111122223333:stack/parent-1ABCDEFGHIJKL/id', false],
  ['arn:aws:cloudformation:us-east-1:111122223333:stack/parent-Child/id', false],
])('the nested stack %s', (arn, expected) => {
  expect(judgeNestedName('parent', 'Child', arn).holds).toBe(expected);
});
