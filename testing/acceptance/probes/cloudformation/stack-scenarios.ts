import type { Operation, RecordedStack, Seen } from './recorded-stack';

/** What the requests of CloudFormation say about an assumption. */
export interface Judgement {
  readonly id: string;
  /** Undefined if nothing was seen of it. */
  readonly holds?: boolean;
  readonly evidence: string;
}

/** What CloudFormation has done with a stack. */
export interface StackRecord {
  readonly stack: string;
  readonly operations: readonly Operation[];
}

/** A life of a stack, and what it says. To judge a record needs no account, so that it is tested with records of both kinds. */
export interface StackScenario {
  readonly name: string;
  readonly ids: readonly string[];
  play(stack: RecordedStack): Promise<void>;
  judge(record: StackRecord): readonly Judgement[];
}

const FAILED = [{ status: 'FAILED' }] as const;
/** How long a request is not answered that CloudFormation should not wait for. */
const SLOW_SECONDS = 60;
/** A request that comes this much before the answer to another one did not wait for it. */
const MARGIN_MS = 10_000;

/** An Update fails with a new physical ID. */
const failedUpdate: StackScenario = {
  name: 'failed-update',
  ids: ['CFN-3'],
  async play(stack) {
    await stack.create({ A: { id: 'a1', value: '1' } });
    await stack.update({ A: { id: 'a2', value: '2' } }, { 'A Update 2': [{ status: 'FAILED', id: 'a2' }] });
    await stack.delete();
  },
  judge({ operations }) {
    const all = operations.flatMap(({ seen }) => seen).filter(({ logicalId }) => logicalId === 'A');
    const failed = all.findIndex(({ type, value }) => type === 'Update' && value === '2');
    const next = failed === -1 ? undefined : all[failed + 1];
    if (!next) return [{ id: 'CFN-3', evidence: 'no request followed a failed Update' }];
    const variant = { a1: 'old', a2: 'new' }[next.physicalId ?? ''];
    const evidence = `after an Update of a1 that FAILED with a2, the next request is ${told(next)}${variant ? variantOf('failedUpdateRecords', variant) : ''}`;
    return [{ id: 'CFN-3', holds: variant !== undefined, evidence }];
  },
};

/** An update replaces resources. One cannot be deleted, two have another policy in the new template. */
const replacement: StackScenario = {
  name: 'replacement',
  ids: ['CFN-4', 'CHK-4', 'CFN-8', 'RET-1'],
  async play(stack) {
    await stack.create({
      Replaced: { id: 'r1', value: '1' },
      Released: { id: 'f1', value: '1', policy: 'Retain' },
      Retained: { id: 'k1', value: '1', policy: 'Delete' },
      Undeletable: { id: 'u1', value: '1' },
    });
    const undeletable = { 'Undeletable Delete': FAILED };
    await stack.update({
      Replaced: { id: 'r2', value: '2' },
      Released: { id: 'f2', value: '2', policy: 'Delete' },
      Retained: { id: 'k2', value: '2', policy: 'Retain' },
      Undeletable: { id: 'u2', value: '2' },
    }, undeletable);
    await stack.delete(undeletable);
    await stack.delete();
  },
  judge({ operations: [, update, refused, retried] }) {
    if (update.status !== 'UPDATE_COMPLETE') {
      const reason = `the update that replaces resources ended as ${update.status}`;
      return [{ id: 'CFN-8', holds: false, evidence: reason }, ...['CFN-4', 'CHK-4', 'RET-1'].map(id => ({ id, evidence: reason }))];
    }
    const deleted = (id: string) => update.seen.find(({ type, physicalId }) => type === 'Delete' && physicalId === id);
    const cleanup = deleted('r1');
    const carries = { 1: 'old', 2: 'new' }[cleanup?.value ?? ''];
    const properties = cleanup ? `the Delete of r1, which r2 had replaced, has Value ${cleanup.value}` : 'no Delete of r1, which r2 had replaced';

    const [released, retained] = [deleted('f1'), deleted('k1')];
    const policyOf = released && !retained ? 'new' : retained && !released ? 'old' : undefined;
    const policies = `replaced: ${['Retain, then Delete', 'Delete, then Retain'].map((change, index) =>
      `policy ${change}: ${[released, retained][index] ? 'deleted' : 'kept'}`).join('; ')}`;

    const later = [...refused.seen, ...retried?.seen ?? []].filter(({ physicalId }) => physicalId === 'u1').length;
    const again = retried?.seen.some(({ physicalId }) => physicalId === 'u2') ?? false;
    return [
      { id: 'CFN-4', holds: carries !== undefined, evidence: properties + (carries ? variantOf('cleanupCarries', carries) : '') },
      { id: 'CHK-4', holds: carries === 'old', evidence: properties },
      { id: 'RET-1', holds: policyOf !== undefined, evidence: policies + (policyOf ? variantOf('replacePolicyOf', policyOf) : '') },
      {
        id: 'CFN-8',
        holds: deleted('u1') !== undefined && later === 0 && refused.status === 'DELETE_FAILED' && again && retried?.status === 'DELETE_COMPLETE',
        evidence: `a Delete that FAILED in cleanup: ${update.status}, ${later} more requests for it; one that FAILED in the deletion of the stack: `
          + `${refused.status}, and ${retried?.status ?? 'nothing'} with ${again ? 'another' : 'no other'} Delete when it is deleted again`,
      },
    ];
  },
};

/** An update fails before it reaches a resource that refers to an attribute, which the rollback changes. */
const dependent: StackScenario = {
  name: 'dependent',
  ids: ['CFN-5', 'RET-2'],
  async play(stack) {
    const value = { 'Fn::GetAtt': ['A', 'Value'] };
    await stack.create({ A: { id: 'a', value: '1' }, Dependent: { id: 'd', value } });
    await stack.update({
      A: { id: 'a', value: '2' },
      Kept: { id: 'k', value: '1', policy: 'Retain', after: ['A'] },
      Unkept: { id: 'u', value: '1', policy: 'RetainExceptOnCreate', after: ['A'] },
      Failing: { id: 'f', value: '1', after: ['Kept', 'Unkept'] },
      Dependent: { id: 'd', value, after: ['Failing'] },
    }, { 'Failing Create': FAILED, 'A Update 1': [{ value: 'restored' }] });
    await stack.delete();
  },
  judge({ operations: [, { seen, status }] }) {
    const requests = (type: Seen['type'], id: string) => seen.filter(one => one.type === type && one.logicalId === id);
    const created = ['Kept', 'Unkept'].every(id => requests('Create', id).length > 0);
    const [kept, unkept] = ['Kept', 'Unkept'].map(id => requests('Delete', id).length === 0);
    const retention = {
      id: 'RET-2',
      ...created && { holds: kept && !unkept },
      evidence: created
        ? `created by an update that failed: Retain is ${kept ? 'kept' : 'deleted'}, RetainExceptOnCreate is ${unkept ? 'kept' : 'deleted'}`
        : 'the update has not created the resources',
    };
    const reached = requests('Update', 'Dependent').some(({ value }) => value === '2');
    if (reached || requests('Create', 'Failing').length === 0) return [{ id: 'CFN-5', evidence: 'the update did not fail where it should' }, retention];
    const restored = requests('Update', 'A').some(({ value }) => value === '1');
    const updates = requests('Update', 'Dependent').map(({ value }) => value);
    const follows = updates.length > 0;
    return [{
      id: 'CFN-5',
      holds: restored && updates.every(value => value === 'restored'),
      evidence: `${status}: the resource that the update had changed was ${restored ? '' : 'not '}updated back; the one that refers to its attribute `
        + `${follows ? `got an Update with Value ${updates.join(' and ')}` : 'got no Update'}${restored ? variantOf('rollbackFollows', String(follows)) : ''}`,
    }, retention];
  },
};

/** The user cancels an update while a resource is updated. */
const cancelledUpdate: StackScenario = {
  name: 'cancelled-update',
  ids: ['CFN-6'],
  async play(stack) {
    await stack.create({ A: { id: 'a', value: '1' } });
    await stack.cancelUpdate({ A: { id: 'a', value: '2' } }, { 'A Update 2': [{ seconds: SLOW_SECONDS }] }, 'A');
    await stack.delete();
  },
  judge({ operations: [, { seen, status }] }) {
    const [first, back] = ['2', '1'].map(value => seen.find(one => one.type === 'Update' && one.value === value));
    if (!first) return [{ id: 'CFN-6', evidence: 'the update was cancelled before the request' }];
    const waited = back && back.at - first.at;
    return [{
      id: 'CFN-6',
      holds: waited !== undefined && waited < SLOW_SECONDS * 1000 - MARGIN_MS,
      evidence: `${status}; an Update that is answered after ${SLOW_SECONDS} s was cancelled: `
        + `${waited === undefined ? 'no Update back' : `the Update back came ${inSeconds(waited)} after it`}`,
    }];
  },
};

/** A resource fails while another is created. */
const cancelledCreate: StackScenario = {
  name: 'cancelled-create',
  ids: ['CFN-1'],
  async play(stack) {
    await stack.create({ Created: { id: 'c', value: '1' }, Failing: { id: 'f', value: '1' } }, {
      'Created Create': [{ seconds: SLOW_SECONDS }], 'Failing Create': [{ seconds: 10, status: 'FAILED' }],
    });
    await stack.delete();
  },
  judge({ stack, operations }) {
    const seen = operations.flatMap(operation => operation.seen).filter(({ logicalId }) => logicalId === 'Created');
    const [create, deletion] = (['Create', 'Delete'] as const).map(type => seen.find(one => one.type === type));
    if (!create) return [{ id: 'CFN-1', evidence: 'the sibling failed before the request' }];
    const waited = deletion && deletion.at - create.at;
    return [{
      id: 'CFN-1',
      holds: isGenerated(deletion?.physicalId, stack, 'Created') && waited! < SLOW_SECONDS * 1000 - MARGIN_MS,
      evidence: `a sibling failed 10 s after a Create that is answered after ${SLOW_SECONDS} s: `
        + `${deletion ? `${told(deletion)}, ${inSeconds(waited!)} after it` : 'no Delete'}; ${operations[0].status}`,
    }];
  },
};

/** A Create is never answered. */
const unanswered: StackScenario = {
  name: 'unanswered',
  ids: ['CFN-2'],
  async play(stack) {
    await stack.create({ Silent: { id: 's', value: '1', timeoutSeconds: 30 } }, { 'Silent Create': [] });
    await stack.delete();
  },
  judge({ stack, operations }) {
    const deletion = operations.flatMap(({ seen }) => seen).find(({ type }) => type === 'Delete');
    return [{
      id: 'CFN-2',
      holds: isGenerated(deletion?.physicalId, stack, 'Silent'),
      evidence: `a Create without a response within a ServiceTimeout of 30 s: ${operations[0].status}, ${deletion ? told(deletion) : 'no Delete'}`,
    }];
  },
};

/** A Create is answered twice. */
const answeredTwice: StackScenario = {
  name: 'answered-twice',
  ids: ['CFN-7'],
  async play(stack) {
    await stack.create({ A: { id: 'a', value: '1' } }, { 'A Create': [{ id: 'first' }, { seconds: 2, status: 'FAILED', id: 'second' }] });
    await stack.delete();
  },
  judge({ operations: [{ status }, end] }) {
    const deletion = end.seen.find(({ type }) => type === 'Delete');
    return [{
      id: 'CFN-7',
      holds: status === 'CREATE_COMPLETE' && deletion?.physicalId === 'first',
      evidence: `a Create answered with SUCCESS and "first", 2 s later with FAILED and "second": ${status}, then ${deletion ? told(deletion) : 'no Delete'}`,
    }];
  },
};

/** A rollback fails for one resource, and is continued. */
const continued: StackScenario = {
  name: 'continued',
  ids: ['CFN-9'],
  async play(stack) {
    const resources = (value: string) => ({ Restored: { id: 'r', value }, Stuck: { id: 's', value } });
    await stack.create(resources('1'));
    const { status } = await stack.update({ ...resources('2'), Failing: { id: 'f', value: '1', after: ['Restored', 'Stuck'] } }, {
      'Failing Create': FAILED, 'Stuck Update 1': [{ seconds: 10, status: 'FAILED' }],
    });
    if (status === 'UPDATE_ROLLBACK_FAILED') await stack.continueRollback();
    await stack.delete();
  },
  judge({ operations: [, update, next] }) {
    const back = ({ seen }: Operation, id: string) => seen.filter(({ type, logicalId, value }) => type === 'Update' && logicalId === id && value === '1').length;
    if (update.status !== 'UPDATE_ROLLBACK_FAILED' || back(update, 'Restored') === 0 || next?.does !== 'continued rollback') {
      return [{ id: 'CFN-9', evidence: `the rollback did not fail where it should: ${update.status}` }];
    }
    return [{
      id: 'CFN-9',
      holds: back(next, 'Stuck') > 0 && back(next, 'Restored') === 0,
      evidence: `ContinueUpdateRollback: ${next.status}, ${back(next, 'Stuck')} Updates of the resource that had failed, `
        + `${back(next, 'Restored')} of the one that was restored`,
    }];
  },
};

/** A rollback fails for a resource that was replaced, and the user skips it. */
const skipped: StackScenario = {
  name: 'skipped',
  ids: ['RET-3'],
  async play(stack) {
    await stack.create({ Skipped: { id: 's1', value: '1' } });
    const { status } = await stack.update({ Skipped: { id: 's2', value: '2' }, Failing: { id: 'f', value: '1', after: ['Skipped'] } }, {
      'Failing Create': FAILED, 'Skipped Update 1': FAILED,
    });
    if (status !== 'UPDATE_ROLLBACK_FAILED') return;
    await stack.continueRollback(['Skipped']);
    await stack.update({ Skipped: { id: 's1', value: '1' }, Reader: { id: 'r', value: { 'Fn::GetAtt': ['Skipped', 'Value'] } } });
    await stack.delete();
  },
  judge({ operations: [, { status, seen }, next, update, end] }) {
    if (!next) return [{ id: 'RET-3', evidence: `the rollback did not fail where it should: ${status} after ${seen.map(told).join(', ')}` }];
    if (next.status !== 'UPDATE_ROLLBACK_COMPLETE' || update?.status !== 'UPDATE_COMPLETE') {
      return [{ id: 'RET-3', evidence: `the resource was not skipped: ${next.status}, then ${update?.status}` }];
    }
    const again = update.seen.find(({ type, logicalId }) => type === 'Update' && logicalId === 'Skipped');
    const attribute = update.seen.find(({ logicalId }) => logicalId === 'Reader')?.value;
    const deletion = end.seen.find(({ logicalId }) => logicalId === 'Skipped');
    return [{
      id: 'RET-3',
      holds: !again && attribute === '2' && deletion?.physicalId === 's2',
      evidence: `replaced by s2 with Value 2, then skipped: an update with the old properties sends ${again ? told(again) : 'no Update'}, `
        + `its attribute is ${attribute}, and at the end ${deletion ? told(deletion) : 'no Delete'}`,
    }];
  },
};

export const STACK_SCENARIOS: readonly StackScenario[] = [
  failedUpdate, replacement, dependent, cancelledUpdate, cancelledCreate, unanswered, answeredTwice, continued, skipped,
];

/** When requests arrive, by the date in their URLs. */
export function judgeArrivals(seen: readonly Seen[]): readonly Judgement[] {
  const without = seen.filter(({ urlDate }) => urlDate === undefined).length;
  const dates = seen.flatMap(({ at, urlDate }) => urlDate === undefined ? [] : [at - parsed(urlDate)]);
  if (seen.length === 0) return ['CFN-10', 'CRP-7'].map(id => ({ id, evidence: 'no request was seen' }));
  const [earliest, latest] = [Math.min(...dates), Math.max(...dates)];
  const delays = `received ${inSeconds(earliest)} to ${inSeconds(latest)} after it`;
  return [
    {
      id: 'CFN-10',
      // A clock can be a little wrong, and the second is not complete.
      holds: without === 0 && earliest > -5000 && latest < 10 * 60_000,
      evidence: without > 0 ? `${without} of ${seen.length} URLs have no X-Amz-Date` : `${seen.length} URLs have an X-Amz-Date; ${delays}`,
    },
    dates.length === 0
      ? { id: 'CRP-7', evidence: 'the URLs have no X-Amz-Date' }
      : { id: 'CRP-7', holds: latest <= 90_000, evidence: `${dates.length} requests with an X-Amz-Date, ${delays}` },
  ];
}

/** The name of a nested stack. */
export function judgeNestedName(parent: string, logicalId: string, stackArn: string): Judgement {
  const name = stackArn.split('/')[1] ?? stackArn;
  return { id: 'RET-10', holds: isGenerated(name, parent, logicalId), evidence: `the nested stack ${logicalId} of ${parent} is named ${name}` };
}

function isGenerated(name: string | undefined, stack: string, logicalId: string): boolean {
  const start = `${stack}-${logicalId}-`;
  return name !== undefined && name.startsWith(start) && /^[A-Za-z0-9]+$/.test(name.slice(start.length));
}

/** Like 20261121T101500Z. */
function parsed(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function told({ type, logicalId, physicalId, value }: Seen): string {
  return `${type === 'Update' ? 'an' : 'a'} ${type} of ${physicalId ?? logicalId} with Value ${value}`;
}

/** What plays only this variant in the simulation. */
function variantOf(setting: string, value: string): string {
  return ` (simulate with \`--world ${setting}=${value}\`)`;
}
