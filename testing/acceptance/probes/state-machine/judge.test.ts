import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Execution, jobNameOf, type Observed } from './gather';
import { judge, JUDGED } from './judge';

/** What `local.ts` has seen on the local engine. */
const LOCAL = readFileSync(join(__dirname, 'local.json'), 'utf8');

/** Everything can be altered. */
type Altered<T> = T extends object ? { -readonly [member in keyof T]-?: Altered<NonNullable<T[member]>> } : T;
type Record = Altered<Observed>;

/** The record, with what only an account has: encryption, events, a log, and a check of definitions. */
function seen(): Record {
  const record = JSON.parse(LOCAL) as Record;
  for (const { objects } of [record.jobs, record.map]) {
    for (const object of objects) Object.assign(object, { encryption: 'aws:kms', keyArn: record.bucketKeyArn });
  }
  record.validation.withUnknown = ['SCHEMA_VALIDATION_FAILED: The field "AcceptanceUnknown" is not supported by Step Functions'];
  record.events = [JSON.stringify({ detail: { batchJobName: jobNameOf(record.jobs), status: 'Completed' } })];
  record.logs.output = JSON.stringify({ any: { Events: [{ Message: '{"type":"ExecutionAborted"}' }] }, found: { Events: [] } });
  return record;
}

const LOCALLY_UNSEEN = ['BAT-9', 'BAT-12', 'BAT-21', 'BAT-22', 'BAT-41'];

const holds = (record: Observed) => Object.fromEntries(judge(record).map((judgement) => [judgement.id, judgement.holds]));

test('the local engine confirms what it imitates, and says nothing about the rest', () => {
  expect(holds(JSON.parse(LOCAL) as Observed)).toEqual(Object.fromEntries(JUDGED.map((id) => [id, LOCALLY_UNSEEN.includes(id) ? undefined : true])));
});

test('what was seen confirms everything', () => {
  expect(holds(seen())).toEqual(Object.fromEntries(JUDGED.map((id) => [id, true])));
});

const part = ({ jobs }: Record) => jobs.mapRuns[0].children[0];
const items = ({ map }: Record) => map.mapRuns[1].children;
const item = (record: Record, state: string) => items(record).find(({ states }) => states.includes(state))!;
const objectOf = (record: Record, batch: 'jobs' | 'map', name: RegExp) => record[batch].objects.find(({ key }) => name.test(key))!;
const fail = (execution: Altered<Execution>, error: string, cause: string) => Object.assign(execution, { status: 'FAILED', error, cause });
const replace = (text: string, from: string | RegExp, to: string) => {
  expect(text).toMatch(from);
  return text.replace(from, to);
};

/** What AWS could do otherwise. */
const CONTRADICTIONS: readonly (readonly [id: string, title: string, alter: (record: Record) => void])[] = [
  ['BAT-6', 'members in camelCase', (record) => {
    part(record).responses.getModelInvocationJob = replace(part(record).responses.getModelInvocationJob, '"Status"', '"status"');
  }],
  ['BAT-6', 'members of a list in camelCase', (record) => { record.facts.output = replace(record.facts.output, '"S3Uri"', '"s3Uri"'); }],
  ['BAT-8', 'an unknown parameter', (record) => { record.deploymentError = 'The field "ClientRequestToken" is not supported by Step Functions'; }],
  ['BAT-9', 'the type is unknown', ({ validation }) => {
    validation.withType = ['The field "ModelInvocationType" is not supported by Step Functions'];
  }],
  ['BAT-12', 'a map run encrypts with another key', (record) => {
    objectOf(record, 'map', /\/output\/.*manifest\.json$/).keyArn = 'arn:aws:kms:::alias/aws/s3';
  }],
  ['BAT-21', 'a job writes with another key', (record) => { objectOf(record, 'jobs', /\.jsonl\.out$/).keyArn = 'arn:aws:kms:::alias/aws/s3'; }],
  ['BAT-21', 'a job needs more permissions', ({ jobs }) => { fail(jobs.execution, 'BatchInference.JobFailed', 'Access to the KMS key is denied'); }],
  ['BAT-22', 'an event without the name', (record) => { record.events[0] = replace(record.events[0], 'batchJobName', 'jobName'); }],
  ['BAT-23', 'the body is text', ({ imported }) => { imported.mapRuns[1].children[0].responses.invokeModel = '{"Body":"{}"}'; }],
  ['BAT-23', 'the ARN is refused', ({ imported }) => {
    fail(imported.mapRuns[1].children[0], 'Bedrock.ValidationException', 'The model identifier is invalid');
  }],
  ['BAT-24', 'the object has an envelope', (record) => { objectOf(record, 'map', /\.out\.json$/).text = '{"Body":{}}'; }],
  ['BAT-24', 'the object is not written', (record) => { record.map.objects = record.map.objects.filter(({ key }) => !key.endsWith('.out.json')); }],
  ['BAT-25', 'the body is too large', (record) => { fail(item(record, 'Invoke model by reference'), 'States.DataLimitExceeded', 'the size'); }],
  ['BAT-26', 'another prefix', (record) => { item(record, 'Record has failed').errors = ['BedrockRuntimeClient.ValidationException']; }],
  ['BAT-28', 'not ready for too long', ({ imported }) => { fail(imported.mapRuns[1].children[0], 'Bedrock.ModelNotReadyException', 'not ready'); }],
  ['BAT-29', 'the error is not caught', ({ facts }) => { Object.assign(facts, { output: '', error: 'States.DataLimitExceeded' }); }],
  ['BAT-30', 'timestamps are not compared', ({ facts }) => { facts.output = replace(facts.output, /"compared": ?true/, '"compared":false'); }],
  ['BAT-31', 'the path is ignored', ({ map }) => { map.mapRuns[1].maxConcurrency = 0; }],
  ['BAT-32', 'one item for the file', ({ map }) => { map.mapRuns[1].total = 1; }],
  ['BAT-33', 'no FLATTEN', (record) => { objectOf(record, 'map', /SUCCEEDED_0\.jsonl$/).text = '{"ExecutionArn":"arn","Output":"{}"}'; }],
  ['BAT-33', 'a result is missing', (record) => { objectOf(record, 'map', /SUCCEEDED_0\.jsonl$/).lines -= 1; }],
  ['BAT-34', 'the prefix is a text', ({ map }) => {
    map.mapRuns[0].children[0].mapOutput = '{"ending":{"manifestKey":"$.part.outputPrefix/manifest.json"}}';
  }],
  ['BAT-35', 'the record is lost', (record) => { item(record, 'Invoke model').output = '{"modelOutput":{}}'; }],
  ['BAT-36', 'the map run belongs to the first execution', ({ map }) => { map.mapRuns[1].executionArn = map.execution.arn; }],
  ['BAT-37', 'a child runs again', (record) => {
    items(record).find(({ statusWhenStopped }) => statusWhenStopped === 'SUCCEEDED')!.redriveCount = 1;
  }],
  ['BAT-37', 'a new map run', ({ map }) => { map.mapRuns[1].arn += '-2'; }],
  ['BAT-37', 'the results of the first run are lost', ({ map }) => { map.resultLines -= 4; }],
  ['BAT-38', 'a permission is missing', ({ map }) => {
    fail(map.execution, 'States.Runtime', 'not authorized to perform: states:RedriveExecution');
  }],
  ['BAT-39', 'the part starts again', (record) => { part(record).states.push('Create job'); }],
  ['BAT-40', 'children go on', (record) => { items(record)[4].statusWhenStopped = 'RUNNING'; }],
  ['BAT-41', 'the log has a record', ({ logs }) => { logs.output = '{"any":{"Events":[{}]},"found":{"Events":[{"Message":"acceptance-record"}]}}'; }],
  ['BAT-42', 'the input cannot be listed', ({ jobs: { execution } }) => {
    fail(execution, 'AccessDenied', 'not authorized to perform: s3:ListBucket').states = ['Prepare records'];
  }],
  ['BAT-43', 'any permission is missing', ({ map: { execution } }) => { fail(execution, 'States.ItemReaderFailed', 'AccessDenied'); }],
  ['BAT-44', 'a multipart upload is denied', ({ jobs }) => {
    fail(jobs.execution, 'AccessDenied', 'not authorized to perform: s3:CreateMultipartUpload');
    jobs.objects = [];
  }],
  ['BAT-45', 'both requests are accepted', ({ storage }) => { storage.claims[2] = ['accepted', 'accepted', 'PreconditionFailed']; }],
  ['BAT-45', 'the other request is a conflict', ({ storage }) => {
    storage.claims[2] = ['accepted', 'ConditionalRequestConflict', 'PreconditionFailed'];
  }],
  ['BAT-46', 'the own account is refused', ({ storage }) => { storage.withOwner[1] = 'AccessDenied'; }],
  ['BAT-47', 'a replaced object is read', ({ storage }) => { storage.replaced = 'accepted'; }],
];

test.each(CONTRADICTIONS)('%s is contradicted: %s', (id, _title, alter) => {
  const record = seen();
  alter(record);

  expect(holds(record)[id]).toBe(false);
});

test('each can be contradicted', () => {
  expect([...new Set(CONTRADICTIONS.map(([id]) => id))]).toEqual(JUDGED);
});

test.each<[string, (record: Record) => void, string[]]>([
  ['throttled requests of Amazon S3', ({ storage }) => {
    Object.assign(storage, { claims: [['SlowDown', 'SlowDown', 'SlowDown']], replaced: 'SlowDown' });
  }, ['BAT-45', 'BAT-47']],
  ['credentials that have expired', ({ storage }) => { storage.withOwner[0] = storage.withoutOwner[0] = 'ExpiredToken'; }, ['BAT-46']],
  ['a deployment that fails for another reason', (record) => { record.deploymentError = 'is this account bootstrapped?'; }, ['BAT-8']],
  ['a job that fails for another reason', ({ jobs }) => { fail(jobs.execution, 'BatchInference.JobFailed', 'expired'); }, ['BAT-21']],
  ['a log that was not read to its end', ({ logs }) => {
    logs.output = '{"any":{"Events":[{}]},"found":{"Events":[],"NextToken":"more"}}';
  }, ['BAT-41']],
  ['an account without anything', (record) => {
    for (const member of Object.keys(record)) delete record[member as keyof Record];
  }, JUDGED.filter((id) => id !== 'BAT-8')],
  ['executions that ended before they could be stopped', ({ jobs, map }) => {
    for (const batch of [jobs, map]) {
      Object.assign(batch, { endedAs: 'SUCCEEDED', mapRunsWhenStopped: [] });
      for (const execution of [batch.execution, ...batch.mapRuns.flatMap(({ children }) => children)]) {
        Object.assign(execution, { redriveCount: 0, statusWhenStopped: undefined });
      }
    }
  }, ['BAT-37', 'BAT-38', 'BAT-39', 'BAT-40']],
])('nothing is learned from %s', (_title, alter, ids) => {
  const record = seen();
  alter(record);

  expect(ids.map((id) => holds(record)[id])).toEqual(ids.map(() => undefined));
});

test('what one batch has not shown is said, and the other one is judged', () => {
  const { jobs: _, ...record } = seen();
  const judgements = judge({ ...record, failures: { jobs: 'ExecutionNotRedrivable: too late' } });

  expect(judgements.find(({ id }) => id === 'BAT-39')?.evidence).toContain('jobs failed: ExecutionNotRedrivable: too late');
  expect(judgements.find(({ id }) => id === 'BAT-37')?.holds).toBe(true);
});
