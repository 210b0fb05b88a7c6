import {
  type Batch, type Execution, jobNameOf, LARGE_BYTES, MAP_CONCURRENCY, MAP_RECORDS, type MapRun, type Observed, type StoredObject,
} from './gather';
import { COLD_START } from '../../../../src/batch-inference/patience';

/** What was seen of an assumption. Undefined `holds`: nothing, for the reason in `evidence`. */
export interface Judgement {
  readonly id: string;
  readonly holds?: boolean;
  readonly evidence: string;
}

/** The assumptions that an account with the stack can show. */
export const JUDGED = [
  6, 8, 9, 12, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
].map((number) => `BAT-${number}`);

/** The records of the map: the small ones, a large one, and one that the model refuses. */
const ALL_RECORDS = MAP_RECORDS + 2;

/** Says what an account has shown. Pure. */
export function judge(observed: Observed): Judgement[] {
  const judgements = JUDGES.flatMap((part) => part(observed));
  return JUDGED.map((id) => {
    const all = judgements.filter((judgement) => judgement.id === id);
    const decisive = all.find(({ holds }) => holds === false) ?? all.find(({ holds }) => holds);
    if (decisive) return decisive;
    const failures = Object.entries(observed.failures ?? {}).map(([what, reason]) => `; ${what} failed: ${reason}`).join('');
    return { id, evidence: `${all[0]?.evidence ?? 'nothing of it was seen'}${failures}` };
  });
}

type Judge = (observed: Observed) => Judgement[];

const seen = (id: string, holds: boolean | undefined, evidence: string): Judgement => ({ id, holds, evidence });
const unseen = (id: string, reason: string): Judgement => seen(id, undefined, reason);

/** An execution that was refused something: no evidence about anything else. */
const deniedText = ({ error = '', cause = '' }: Execution) => /AccessDenied|not authorized/i.test(error + cause) ? `${error}: ${cause}` : undefined;

const deployment: Judge = ({ deploymentError: error }) => {
  if (error === undefined) return [seen('BAT-8', true, 'the state machines were created')];
  const isRefused = /not supported|SCHEMA_VALIDATION_FAILED|InvalidDefinition/i.test(error);
  return [seen('BAT-8', isRefused ? false : undefined, error)];
};

const types: Judge = ({ validation }) => {
  if (!validation) return [];
  const { withType, withUnknown } = validation;
  if (withUnknown.length === 0) return [unseen('BAT-9', 'a definition with an unknown parameter was found valid, so the check says nothing')];
  return [seen('BAT-9', withType.length === 0, withType[0] ?? `valid; with an unknown parameter: ${withUnknown[0]}`)];
};

const permissions: Judge = ({ jobs: batch, map: mapBatch, storage: s3 }) => {
  const batches = [batch, mapBatch].filter((one) => one !== undefined);
  const executions = batches.flatMap(({ execution, mapRuns }) => [execution, ...mapRuns.flatMap(({ children }) => children)]);
  const denied = executions.find(deniedText);
  const isFirst = denied && !denied.states.includes('Is the input valid') && denied.states.includes('Prepare records');
  const succeeded = batches.length === 2 && batches.every(({ execution }) => execution.status === 'SUCCEEDED');
  const evidence = denied ? deniedText(denied)! : 'both executions have succeeded with the policies of the library';
  const judgements: Judgement[] = [];
  if (denied || succeeded) judgements.push(seen('BAT-43', !denied, evidence));
  const wasListed = batches.some(({ execution }) => execution.states.includes('Is the input valid'));
  if (isFirst && /ListBucket|ListObjects/.test(evidence)) judgements.push(seen('BAT-42', false, evidence));
  else if (wasListed) judgements.push(seen('BAT-42', true, 'the input was listed'));
  if (s3) {
    const refused = s3.withOwner.some((answer, index) => answer !== 'accepted' && s3.withoutOwner[index] === 'accepted');
    const answered = s3.withOwner.every((answer) => answer === 'accepted');
    if (refused || answered) judgements.push(seen('BAT-46', !refused, `list, read and write: ${s3.withOwner.join(', ')}`));
  }
  return judgements;
};

const jobs: Judge = ({ jobs: batch, bucketKeyArn }) => {
  if (!batch) return [];
  const [part] = childrenOf(batch);
  const judgements: Judgement[] = [];
  const response = part?.responses.getModelInvocationJob;
  if (response) judgements.push(pascalCase(response, ['JobArn', 'Status', 'OutputDataConfig']));

  const output = batch.objects.find(({ key }) => key.endsWith('.jsonl.out'));
  const message = String(batch.execution.cause);
  if (batch.execution.status !== 'SUCCEEDED') {
    if (/kms|key/i.test(message)) judgements.push(seen('BAT-21', false, message));
  } else if (output?.encryption) {
    judgements.push(seen('BAT-21', output.keyArn === bucketKeyArn, `the job has written ${encryptionOf(output)}`));
  } else {
    judgements.push(unseen('BAT-21', 'the output has no encryption'));
  }

  const copy = batch.objects.find(({ key }) => /\/_work\/.*\/input\//.test(key));
  if (copy && copy.size > 5 * 1024 * 1024) {
    const inParts = /-\d+"?$/.test(copy.etag);
    judgements.push(seen('BAT-44', inParts ? true : undefined, `${copy.size} bytes were written with the entity tag ${copy.etag}`));
  } else if (/Multipart/.test(message) && deniedText(batch.execution)) {
    judgements.push(seen('BAT-44', false, message));
  }
  return judgements;
};

const map: Judge = ({ map: batch, bucketKeyArn }) => {
  const [run, part] = [batch && innerRun(batch), batch && childrenOf(batch)[0]];
  if (!batch || !run || !part) return [unseen('BAT-36', `there is no map run in a map run: ${batch?.execution.error}`)];
  const { outputPrefix } = (JSON.parse(part.input) as { part: { outputPrefix: string } }).part;
  const { manifestKey = '' } = (JSON.parse(part.mapOutput ?? '{}') as { ending?: { manifestKey?: string } }).ending ?? {};
  const judgements: Judgement[] = [
    seen('BAT-36', batch.mapRuns.some(({ children }) => children.some(({ arn }) => arn === run.executionArn)), `${run.arn} in ${run.executionArn}`),
    seen('BAT-31', run.maxConcurrency === MAP_CONCURRENCY, `the map run has maxConcurrency ${run.maxConcurrency}`),
    seen('BAT-32', run.total === ALL_RECORDS, `${run.total} items of ${ALL_RECORDS} lines`),
  ];
  if (!part.mapOutput) return judgements;
  judgements.push(seen('BAT-34', manifestKey.startsWith(`${outputPrefix}/`), `${manifestKey} for the prefix ${outputPrefix}`));

  const manifest = batch.objects.find(({ key }) => key === manifestKey);
  const { ResultFiles } = JSON.parse(manifest?.text || '{}') as { ResultFiles?: { SUCCEEDED?: { Key: string }[] } };
  const files = (ResultFiles?.SUCCEEDED ?? []).map(({ Key }) => batch.objects.find(({ key }) => key === Key));
  const lines = files.reduce((sum, file) => sum + (file?.lines ?? 0), 0);
  const firsts = files.flatMap((file) => file ? [parsed(file.text.split('\n')[0])] : []);
  const areFlat = firsts.every((line) => line !== undefined && 'recordId' in line && !('ExecutionArn' in line) && !('Output' in line));
  const isWhole = manifest !== undefined && lines === run.succeeded;
  judgements.push(seen('BAT-33', isWhole && areFlat, `${lines} lines of ${run.succeeded} children, with ${Object.keys(firsts[0] ?? {}).join(', ')}`));
  if (manifest?.encryption) judgements.push(seen('BAT-12', manifest.keyArn === bucketKeyArn, `the map run has written ${encryptionOf(manifest)}`));
  else if (manifest) judgements.push(unseen('BAT-12', 'the manifest has no encryption'));
  return judgements;
};

/** What a child leaves of a record. */
interface Line {
  readonly recordId?: string;
  readonly modelInput?: object;
  readonly result?: { readonly modelOutput?: object };
}

const records: Judge = ({ map: batch }) => {
  const children = batch ? innerRun(batch)?.children ?? [] : [];
  const judgements: Judgement[] = [];
  const small = children.find(({ input, status }) => input.includes('-record-') && status === 'SUCCEEDED');
  if (small?.output) {
    const { recordId, modelInput, result } = JSON.parse(small.output) as Line;
    const isWhole = typeof recordId === 'string' && typeof modelInput === 'object' && typeof result?.modelOutput === 'object';
    judgements.push(seen('BAT-35', isWhole, small.output));
  }

  const refused = children.find(({ input }) => input.includes('"refused"'));
  if (refused && refused.errors.length > 0) {
    const areKnown = refused.errors.every((error) => /^(Bedrock|BedrockRuntime)\.[A-Z][A-Za-z]+Exception$/.test(error));
    judgements.push(seen('BAT-26', areKnown, [...new Set(refused.errors)].join(', ')));
  } else if (refused) {
    judgements.push(unseen('BAT-26', 'the model refuses no record'));
  }

  const large = children.find(({ states }) => states.includes('Invoke model by reference'));
  const output = batch?.objects.find(({ key }) => /\/large\/.*\.out\.json$/.test(key));
  if (large && large.errors.length === 0 && large.status === 'SUCCEEDED') {
    const isBody = output !== undefined && /^\{(?!"Body")/.test(output.text);
    judgements.push(seen('BAT-24', isBody, `the object of the output begins with ${output?.text.slice(0, 60)}`));
    judgements.push(seen('BAT-25', true, `a body of more than ${LARGE_BYTES} bytes was taken`));
  } else if (large) {
    const error = [...large.errors, `${large.error}: ${large.cause}`].join(', ');
    const isDenied = /AccessDenied|not authorized/i.test(error);
    judgements.push(seen('BAT-24', isDenied ? false : undefined, error));
    judgements.push(seen('BAT-25', /size|too large|DataLimit/i.test(error) ? false : undefined, error));
  }
  return judgements;
};

const endedBefore = (batch: Batch | undefined) => batch?.endedAs === undefined ? undefined : `the execution ended as ${batch.endedAs} before it was stopped`;

const stops: Judge = ({ jobs: jobBatch, map: mapBatch }) => [jobBatch, mapBatch].flatMap((batch) => {
  if (batch?.endedAs !== undefined) return ['BAT-38', 'BAT-40'].map((id) => unseen(id, endedBefore(batch)!));
  if (!batch || batch.mapRunsWhenStopped.length === 0) return [];
  const { execution, mapRuns } = batch;
  const going = mapRuns.flatMap((run) => run.children).filter(({ statusWhenStopped }) => statusWhenStopped === 'RUNNING');
  const judgements = [seen('BAT-40', going.length === 0, `${going.length} children were running minutes after the execution was stopped`)];
  const denied = deniedText(execution);
  const goesOn = execution.redriveCount > 0 && execution.status === 'SUCCEEDED';
  if (denied?.includes('states:')) judgements.push(seen('BAT-38', false, denied));
  else if (goesOn) judgements.push(seen('BAT-38', true, 'an execution that was stopped and redriven has succeeded'));
  return judgements;
});

const redriveOfJob: Judge = ({ jobs: batch }) => {
  const [part] = batch ? childrenOf(batch) : [];
  if (part?.statusWhenStopped !== 'ABORTED' || part.redriveCount === 0) {
    return [unseen('BAT-39', endedBefore(batch) ?? 'the part was not stopped, or not redriven')];
  }
  const created = part.states.filter((state) => state === 'Create job').length;
  const [next] = part.statesAfterRedrive;
  const goesOn = created === 1 && (next === 'Wait for job' || next === 'Get job');
  return [seen('BAT-39', goesOn, `stopped in a Wait, then ${part.statesAfterRedrive.slice(0, 3).join(', ')}`)];
};

const redriveOfMap: Judge = ({ map: batch }) => {
  const run = batch && innerRun(batch);
  const done = run?.children.filter(({ statusWhenStopped }) => statusWhenStopped === 'SUCCEEDED') ?? [];
  if (!batch || batch.execution.redriveCount === 0 || done.length === 0) {
    return [unseen('BAT-37', endedBefore(batch) ?? 'no child had succeeded before a redrive')];
  }
  const timesInvoked = ({ states }: Execution) => states.filter((state) => state.startsWith('Invoke model')).length;
  const again = done.filter((child) => child.redriveCount > 0 || timesInvoked(child) > 1);
  const isSameRun = batch.mapRuns.every(({ arn }) => batch.mapRunsWhenStopped.includes(arn));
  const evidence = `of ${done.length} children that had succeeded, ${again.length} ran again; ${batch.resultLines} of ${ALL_RECORDS} results`;
  if (!isSameRun || again.length > 0) return [seen('BAT-37', false, evidence)];
  if (batch.execution.status !== 'SUCCEEDED') return [unseen('BAT-37', `the execution has failed: ${batch.execution.error}`)];
  return [seen('BAT-37', batch.resultLines === ALL_RECORDS, evidence)];
};

const facts: Judge = ({ facts: execution }) => {
  if (!execution) return [];
  const { error, cause } = execution;
  const output = parsed(execution.output ?? '') as { compared?: boolean; caught?: unknown; list?: unknown } | undefined;
  const failure = `${error}: ${cause}`;
  if (output === undefined) {
    return [seen('BAT-29', error === 'States.DataLimitExceeded' ? false : undefined, failure), unseen('BAT-30', failure)];
  }
  return [
    seen('BAT-29', output.caught === undefined ? undefined : true, JSON.stringify(output.caught ?? 'the object was not too large')),
    seen('BAT-30', output.compared === true, `${execution.input}: ${output.compared}`),
    ...output.list === undefined ? [] : [pascalCase(JSON.stringify(output.list), ['InvocationJobSummaries', 'JobArn', 'S3Uri'])],
  ];
};

const imported: Judge = ({ imported: batch, map: served }) => {
  const children = batch ? innerRun(batch)?.children ?? [] : [];
  const servedChildren = served ? innerRun(served)?.children ?? [] : [];
  const ofServed = servedChildren.find(({ states, status }) => states.includes('Invoke model') && status === 'SUCCEEDED');
  const response = children.find(({ responses }) => responses.invokeModel)?.responses.invokeModel ?? ofServed?.responses.invokeModel;
  const judgements: Judgement[] = [];
  const body = response && (parsed(response) as { Body?: unknown } | undefined)?.Body;
  const wasRefused = children.find(({ status, error }) => status === 'FAILED' && /Validation/.test(String(error)));
  if (wasRefused) judgements.push(seen('BAT-23', false, `${wasRefused.error}: ${wasRefused.cause}`));
  else if (response && typeof body !== 'object') judgements.push(seen('BAT-23', false, response));
  else if (children.some(({ status }) => status === 'SUCCEEDED')) judgements.push(seen('BAT-23', true, response!));
  else judgements.push(unseen('BAT-23', 'no imported model was invoked'));

  const cold = children.filter(({ errors }) => errors.some((error) => error.endsWith('.ModelNotReadyException')));
  const tooLong = cold.find(({ status, error }) => status === 'FAILED' && error?.endsWith('.ModelNotReadyException'));
  const slowest = Math.max(...cold.map(({ seconds }) => seconds));
  const longest = COLD_START.attempts * COLD_START.maxDelay;
  if (tooLong) judgements.push(seen('BAT-28', false, `still not ready after ${tooLong.seconds} s`));
  else if (cold.length === 0) judgements.push(unseen('BAT-28', 'no call was answered with ModelNotReadyException'));
  else judgements.push(seen('BAT-28', slowest <= longest, `ready after ${slowest} s`));
  return judgements;
};

const logs: Judge = ({ logs: execution }) => {
  const { any, found } = (parsed(execution?.output ?? '') ?? {}) as { any?: Events; found?: Events };
  if (!any?.Events || !found?.Events) return [unseen('BAT-41', `the log was not read: ${execution?.error}`)];
  if (found.Events.length > 0) return [seen('BAT-41', false, JSON.stringify(found.Events[0]))];
  const wasSearched = any.Events.length > 0 && found.NextToken === undefined;
  return [wasSearched ? seen('BAT-41', true, 'no event has the text of a record') : unseen('BAT-41', 'the log is empty, or was not read to its end')];
};

interface Events {
  readonly Events?: readonly object[];
  readonly NextToken?: string;
}

const events: Judge = ({ events: texts = [], jobs: batch }) => {
  if (!batch || texts.length === 0) return [unseen('BAT-22', 'no event about the job has arrived')];
  const details = texts.map((text) => (parsed(text) as { detail?: { batchJobName?: string } } | undefined)?.detail);
  return [seen('BAT-22', details.every((detail) => detail?.batchJobName === jobNameOf(batch)), texts[0])];
};

const storage: Judge = ({ storage: s3 }) => {
  if (!s3) return [];
  const answers = s3.claims.flat();
  const known = answers.every((answer) => ['accepted', 'PreconditionFailed', 'ConditionalRequestConflict'].includes(answer));
  const asExpected = s3.claims.every(([one, other, later]) =>
    [one, other].sort().join() === 'PreconditionFailed,accepted' && later === 'PreconditionFailed');
  const isAnswer = s3.replaced === 'PreconditionFailed' || s3.replaced === 'accepted';
  return [
    seen('BAT-45', known ? asExpected : undefined, s3.claims.map((claim) => claim.join(', ')).join('; ')),
    seen('BAT-47', isAnswer ? s3.replaced === 'PreconditionFailed' : undefined, s3.replaced),
  ];
};

/** Whether a response has these members, and all of its members are in PascalCase. */
function pascalCase(json: string, expected: string[]): Judgement {
  const names = [...json.matchAll(/"(\w+)":/g)].map(([, name]) => name);
  const holds = names.every((name) => /^[A-Z]/.test(name)) && expected.every((name) => names.includes(name));
  return seen('BAT-6', holds, [...new Set(names)].join(', '));
}

function encryptionOf({ encryption, keyArn }: StoredObject): string {
  return `with ${encryption} and ${keyArn ?? 'no key'}`;
}

/** The executions of the parts. */
function childrenOf({ mapRuns: [outer] }: Batch): readonly Execution[] {
  return outer?.children ?? [];
}

/** The map run of the records. */
function innerRun({ mapRuns }: Batch): MapRun | undefined {
  return mapRuns[1];
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

const JUDGES: readonly Judge[] = [
  deployment, types, permissions, jobs, map, records, stops, redriveOfJob, redriveOfMap, facts, imported, logs, events, storage,
];
