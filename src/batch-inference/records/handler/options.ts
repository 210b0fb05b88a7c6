import { createHash } from 'node:crypto';
import { assertValid, InvalidInput } from './invalid-input';
import { type ObjectStore, uriOf } from './object-store';
import { isObject, placeOf } from './records';
import { complaint } from '../../../shared/validation/complaint';
import type { ExecutionOptions, Place, PrepareRequest, Run, Settings } from '../../contract';
import { canBeInvoked, checkInvokedModel, checkJobModel, checkNumber, checkTolerance } from '../../library-limits';

/** The members of the input of an execution. Others are refused: a misspelt one would silently be without effect. */
const MEMBERS: { readonly [member in keyof Required<ExecutionOptions>]: 'string' | 'number' } = {
  input: 'string',
  output: 'string',
  maxConcurrency: 'number',
  retryRounds: 'number',
  toleratedFailureCount: 'number',
  toleratedFailurePercentage: 'number',
  timeoutDurationInHours: 'number',
};

/** What Step Functions itself, and its console, add to the input. */
const IGNORED = /^(Comment|AWS_STEP_FUNCTIONS_.*)$/;

/** A time that no job reaches. */
const NEVER = '9999-12-31T23:59:59Z';

/** Checks the input of an execution, and returns its settings: those of the construct, unless the execution chooses others. */
export function runOf({ executionArn, executionName, startTime, options: given, settings }: PrepareRequest): Omit<Run, 'totalRecordCount'> {
  const options = checkOptions(given);
  const { maxConcurrentJobs, deadlineMinutes, ...rest } = settings;
  const input = options.input === undefined ? settings.input : within('input', options.input, settings.input);
  const output = options.output === undefined ? settings.output : within('output', options.output, settings.output);
  const results = `${output.key}${executionName}/`;
  const work = `${settings.output.key}_work/`;
  assertValid(
    settings.engine === 'job' ? checkJobModel(settings.modelId) : checkInvokedModel(settings.modelId),
    checkApart(input, { ...output, key: results }) ?? checkApart(settings.input, { ...output, key: results }),
    results.startsWith(work)
      ? complaint('output', uriOf(output), `outside ${uriOf({ ...output, key: work })}, which may be deleted`, 'Choose another folder')
      : undefined,
  );
  const facts = [executionArn, startTime, settings.jobNamePrefix, output.bucket, results];
  const id = createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
  return {
    ...rest,
    ...tolerance(options, settings),
    input,
    output,
    maxConcurrency: options.maxConcurrency ?? settings.maxConcurrency,
    retryRounds: options.retryRounds ?? settings.retryRounds,
    timeoutDurationInHours: options.timeoutDurationInHours ?? settings.timeoutDurationInHours,
    executionArn,
    startTime,
    id,
    results,
    // Bedrock accepts fewer characters in the URIs of a job than Step Functions in the name of an execution.
    work: `${work}${executionName.replace(/[^a-zA-Z0-9_-]/g, '_')}-${id}/`,
    onDemand: settings.onDemand && canBeInvoked(settings.modelId),
    maxConcurrentParts: settings.engine === 'job' ? maxConcurrentJobs : 1,
    deadline: deadlineMinutes === undefined ? NEVER : later(startTime, deadlineMinutes),
  };
}

/**
 * Claims the folder of the results, so that two executions never mix their results there: those of two state machines can have the same name.
 * An execution that tries again has the same id.
 */
export async function claimResults(store: ObjectStore, run: Run): Promise<void> {
  const { id, executionArn, startTime, modelId, jobNamePrefix, work, output, results } = run;
  const place: Place = { ...output, key: `${results}run.json` };
  const jobNames = `${jobNamePrefix}-${id}`;
  const description = JSON.stringify({ id, executionArn, startTime, modelId, jobNames, work: uriOf({ ...output, key: work }) }, undefined, 2);
  if (await store.claim(place, description)) return;
  const { id: other } = JSON.parse(await store.text(place)) as { readonly id?: string };
  if (other === id) return;
  throw new InvalidInput(complaint('output', uriOf(place), 'an object that does not exist: another execution of this name writes its results there',
    'Start the execution with another name, or choose another output'));
}

function checkOptions(given: unknown): ExecutionOptions {
  const remedy = `Pass {} or an object with some of ${Object.keys(MEMBERS).join(', ')}`;
  if (!isObject(given)) throw new InvalidInput(complaint('The input of the execution', given, 'a JSON object', remedy));
  const members = Object.entries(given).filter(([name]) => !IGNORED.test(name));
  for (const [name, value] of members) {
    const type = MEMBERS[name as keyof ExecutionOptions] as string | undefined;
    assertValid(
      type === undefined ? complaint('The input of the execution', name, `one of ${Object.keys(MEMBERS).join(', ')}`, remedy) : undefined,
      type !== undefined && typeof value !== type ? complaint(name, value, `a ${type}`, 'Correct it in the input of the execution') : undefined,
    );
  }
  const options: ExecutionOptions = Object.fromEntries(members);
  assertValid(
    checkNumber('maxConcurrency', options.maxConcurrency),
    checkNumber('retryRounds', options.retryRounds),
    checkNumber('timeoutDurationInHours', options.timeoutDurationInHours),
    checkTolerance(options.toleratedFailureCount, options.toleratedFailurePercentage),
  );
  return options;
}

/** The tolerance of the execution replaces that of the construct, whichever of the two it is. */
function tolerance(options: ExecutionOptions, settings: Settings): Pick<Settings, 'toleratedFailureCount' | 'toleratedFailurePercentage'> {
  const { toleratedFailureCount, toleratedFailurePercentage } = options;
  const chosen = toleratedFailureCount === undefined && toleratedFailurePercentage === undefined ? settings : options;
  return { toleratedFailureCount: chosen.toleratedFailureCount, toleratedFailurePercentage: chosen.toleratedFailurePercentage };
}

/**
 * A place within the place that the construct was given. Whoever may start an execution must not read or write elsewhere with the permissions of
 * the function.
 */
function within(property: 'input' | 'output', uri: string, allowed: Place): Place {
  const isUri = /^s3:\/\/[^/]+(\/|$)/.test(uri);
  const { bucket, key: given } = isUri ? placeOf(uri) : { bucket: '', key: '' };
  const key = property === 'input' && given.endsWith('.jsonl') ? given : folder(given);
  const isWithin = bucket === allowed.bucket && (key === allowed.key || isFolder(allowed.key) && key.startsWith(allowed.key));
  assertValid(isUri && isWithin ? undefined : complaint(property, uri, `an S3 URI within ${uriOf(allowed)}`,
    `Move the records there, or define the construct with a wider ${property} location`));
  return { bucket, key, bucketOwner: allowed.bucketOwner };
}

function checkApart(input: Place, output: Place): string | undefined {
  const isInside = input.bucket === output.bucket && isFolder(input.key) && output.key.startsWith(input.key);
  return isInside ? complaint('output', uriOf(output), `outside the input ${uriOf(input)}: the next execution would read the results as its input`,
    'Choose another prefix') : undefined;
}

function isFolder(key: string): boolean {
  return key === '' || key.endsWith('/');
}

function folder(key: string): string {
  return isFolder(key) ? key : `${key}/`;
}

function later(time: string, minutes: number): string {
  return new Date(new Date(time).getTime() + minutes * 60_000).toISOString();
}
