import { randomUUID } from 'node:crypto';
import { type GetImportedModelCommandOutput, type GetModelImportJobCommandOutput, TagResourceCommand } from '@aws-sdk/client-bedrock';
import {
  firstRequest, type Imported, importEnded, type ImportRequest, importRequest, judgeLag, lagOf, MODEL_TAGS, type NamedRequest, once,
  type Outcome, outcomeOf, untilNoneRuns,
} from './imports';
import { createKey } from './keys';
import type { Report } from '../../findings';
import type { Probe } from '../probe';
import { absentRole, isOfQuota, isOfToken, isOwnFault, judgeEarlierToken, judgeKind, judgeOrder, judgeRefusal, kindOf, saysNothingOfWeights, subjectOf } from './judge-refusal';
import { createRole, putPolicy, readsWeights, trustOfBedrock } from './roles';
import type { World } from '../../world';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const LOOK_MS = 15 * SECOND;
/** How long a new role or permission is waited for. CMI-2 has the minutes that are assumed. */
const PATIENCE_MS = 12 * MINUTE;
const ASSUMED_ROLE_MINUTES = 8;
const ASSUMED_PERMISSION_MINUTES = 7;
/** CHK-3: when a tag must be readable by another request. */
const LATER_MS = 3 * MINUTE;
/** CHK-2: when a tag must be readable. */
const ASSUMED_TAG_SECONDS = 30;
/** A model of the tests has some kilobytes. */
const TINY_BYTES = 1_000_000;

/** All that can be seen before, during and after one import. */
export const importOne: Probe = {
  name: 'import',
  title: 'Import a model with a role that is new, and look at job and model during and after the import',
  ids: [
    'SRV-1', 'SRV-2', 'SRV-3', 'SRV-8', 'SRV-9', 'SRV-11', 'SRV-14', 'SRV-17', 'SRV-18', 'CMI-1', 'CMI-2', 'NEW-5', 'RET-4', 'RET-5',
    'CHK-1', 'CHK-2', 'CHK-3', 'ASK-1', 'ASK-6', 'ASK-9', 'ASK-10', 'ASK-13', 'ASK-15', 'ASK-16',
  ],
  makes: 'two roles, two stacks with a key, an import job and its model; if AWS accepts what should be refused, up to two more jobs, which fail',
  minutes: 90,
  cents: 5,
  async run(world, report) {
    const roleArn = await once(world, 'role', async () => createRole(world, 'import', trustOfBedrock(world), []));
    const neverUsed = await createRole(world, 'unused', trustOfBedrock(world), readsWeights(world));
    const first = await startWithNewRole(world, report, await firstRequest(world, roleArn));
    await once(world, 'first model', async () => {
      await whileRunning(world, report, first, neverUsed);
      const job = await importEnded(world, first.jobArn);
      await judgeSmallModel(world, report, job);
      if (!job.importedModelArn) throw new Error(`the import ended as ${job.status}: ${job.failureMessage}`);
      await afterwards(world, report, { ...first, job, modelArn: job.importedModelArn });
      return { request: first.request, job, modelArn: job.importedModelArn };
    });
  },
};

interface Started {
  readonly request: NamedRequest;
  readonly jobArn: string;
  /** Whether the first attempts were refused. */
  readonly wasRefused: boolean;
  readonly weights: Access;
}

/** Starts an import with a role that is new and may not read the weights, then gives it the permission. */
async function startWithNewRole(world: World, report: Report, request: NamedRequest): Promise<Started> {
  const attempts = new Attempts(world);
  // What Bedrock says about a role that does not exist is what it says about a new one, whether or not the handler recognizes it.
  const { text: ofAbsentRole } = await outcomeOf(world.aws.bedrock.createModelImportJob(importRequest(world, absentRole(world))));
  const isOfRole = (error: Error) => kindOf(error) === 'role' || subjectOf(error) === 'role' || `${error.name}: ${error.message}` === ofAbsentRole;
  const forbidden = await attempts.repeat(() => request, error => isOfRole(error) || kindOf(error) === 'quota');
  const { first } = attempts;
  if (first?.error && isOfRole(first.error)) judgeKind(report, 'ASK-10', 'role', first);
  if (forbidden.error && isOfRole(forbidden.error)) {
    report.judge('CMI-2', false, `the role is refused until the end: ${attempts.evidence}`);
    throw new Error('the role of the import cannot be used');
  }
  const roleMinutes = attempts.minutesSince(attempts.began);
  const weights = await judgeAccess(world, report, 'ASK-15', 'a role without a policy', forbidden);

  await putPolicy(world, request.roleArn!, readsWeights(world));
  const permitted = world.time.now();
  // A job that has started keeps its name and token. Its model has not come into being.
  let asked = forbidden.result ? importRequest(world, request.roleArn!, { ...request, jobName: `${request.jobName}-2`, clientRequestToken: randomUUID() }) : request;
  // Whatever Bedrock says about a policy that has not propagated passes.
  const passes = (error: Error) => !['shape', 'tags', 'token', 'name'].includes(subjectOf(error) ?? '');
  let accepted = await attempts.repeat(() => asked, passes);
  if (accepted.error && !isOwnFault(accepted.error)) {
    const { error: refused, text } = accepted;
    accepted = await attempts.repeat(() => { asked = { ...asked, clientRequestToken: randomUUID() }; return asked; }, passes);
    const evidence = `with the token of a refused request: ${text}; with another token: ${accepted.text}`;
    if (accepted.result && refused !== undefined && isOfToken(refused)) report.judge('SRV-3', false, evidence);
    else report.notObserved('SRV-3', evidence);
  } else if (accepted.result && asked === request && attempts.refused > 0) {
    report.judge('SRV-3', true, `accepted with the token of ${attempts.refused} refused requests`);
  }
  if (!accepted.result?.jobArn) throw new Error(`no import could be started: ${attempts.evidence}`);
  const permissionMinutes = attempts.minutesSince(permitted);
  report.judge('CMI-2', roleMinutes <= ASSUMED_ROLE_MINUTES && permissionMinutes <= ASSUMED_PERMISSION_MINUTES,
    `a new role was refused for ${roleMinutes} minutes, a new policy for ${permissionMinutes}; by the age of the role: ${attempts.evidence}`);
  return { request: asked, jobArn: accepted.result.jobArn, wasRefused: attempts.refused > 0, weights };
}

/** Attempts to start an import, and what AWS said when. */
class Attempts {
  public readonly began: number;
  public refused = 0;
  private readonly texts: string[] = [];
  private last = 0;
  private firstOutcome?: Outcome<unknown>;

  constructor(private readonly world: World) {
    this.began = world.time.now();
  }

  /** Each text with the seconds after which it was first seen. */
  public get evidence(): string {
    return this.texts.join('; ');
  }

  public get first(): Outcome<unknown> | undefined {
    return this.firstOutcome;
  }

  /** How long after a time AWS still refused the role or its access, which passes. Not for a quota, or throttled. */
  public minutesSince(time: number): number {
    return Math.round(Math.max(0, this.last - time) / SECOND / 6) / 10;
  }

  /** Repeats a request until AWS accepts it, or refuses it for a reason that does not pass. */
  public async repeat(request: () => ImportRequest, passes: (error: Error) => boolean): Promise<Outcome<{ readonly jobArn?: string }>> {
    const { time, aws } = this.world;
    let deadline = time.now() + PATIENCE_MS;
    for (;;) {
      const outcome = await outcomeOf<{ readonly jobArn?: string }>(aws.bedrock.createModelImportJob(request()));
      const text = `${outcome.text.replace(/\.$/, '')}`;
      if (!this.texts[this.texts.length - 1]?.endsWith(text)) this.texts.push(`${Math.round((time.now() - this.began) / SECOND)} s: ${text}`);
      this.firstOutcome ??= outcome;
      if (!outcome.error) return outcome;
      this.refused += 1;
      if (kindOf(outcome.error) !== 'transient' && !passes(outcome.error) || time.now() > deadline) return outcome;
      if (isOfQuota(outcome.error)) {
        deadline += await untilNoneRuns(this.world);
      } else if (kindOf(outcome.error) !== 'transient') {
        this.last = time.now();
      }
      await time.sleep(LOOK_MS);
    }
  }
}

/** Whether Bedrock has noticed that it has no access when the import was to start. Undefined if that cannot be told. */
interface Access {
  readonly isRefused?: boolean;
  readonly evidence: string;
}

async function judgeAccess(world: World, report: Report, id: string, what: string, outcome: Outcome<{ readonly jobArn?: string }>): Promise<Access> {
  const { result, error, text } = outcome;
  if (result) {
    const { status, failureMessage } = await importEnded(world, result.jobArn!);
    const evidence = `${what} is accepted; the job ended as ${status}${failureMessage === undefined ? '' : `: ${failureMessage}`}`;
    report.notObserved(id, evidence);
    return { isRefused: false, evidence };
  }
  const evidence = `${what}: ${text}`;
  if (isOwnFault(error!) || subjectOf(error!) === 'token' || subjectOf(error!) === 'quota') {
    report.notObserved(id, evidence);
    return { evidence };
  }
  judgeKind(report, id, 'access', outcome);
  return { isRefused: true, evidence };
}

/** ASK-1: missing access to the weights or to the key is noticed at the start, or only in the job. */
function judgeStart(report: Report, ...both: readonly Access[]): void {
  const evidence = both.map(access => access.evidence).join('; ');
  if (both.some(({ isRefused }) => isRefused)) report.judge('ASK-1', true, evidence);
  else if (both.every(({ isRefused }) => isRefused === false)) report.judge('ASK-1', false, evidence);
  else report.notObserved('ASK-1', evidence);
}

/** What can only be seen while an import is running. */
async function whileRunning(world: World, report: Report, { request, jobArn, wasRefused }: Started, unusedRole: string): Promise<void> {
  const { bedrock } = world.aws;
  const { jobName, roleArn } = request;
  const ask = async (more: Partial<ImportRequest>) => outcomeOf(bedrock.createModelImportJob({ ...request, ...more }));
  const other = (more: Partial<ImportRequest> = {}) => importRequest(world, roleArn!, more);

  judgeLag(report, 'CreateModelImportJob', await lagOf(world, {
    GetModelImportJob: async () => (await bedrock.getModelImportJob({ jobIdentifier: jobArn })).jobArn === jobArn,
    ListModelImportJobs: async () => (await bedrock.listModelImportJobs({ nameContains: jobName })).modelImportJobSummaries?.length === 1,
  }));
  report.judge('RET-5', ...sameText((await bedrock.getModelImportJob({ jobIdentifier: jobArn })).roleArn, roleArn!));

  judgeEarlierToken(report, 'during the import', jobArn, await ask({}));
  const { jobName: otherJob, importedModelName: otherModel } = other();
  judgeRefusal(report, 'SRV-2', 'ValidationException', await ask({ jobName: otherJob, importedModelName: otherModel }));

  judgeOrder(report, 'token', 'role', await ask({ jobName: otherJob, importedModelName: otherModel, roleArn: absentRole(world) }));
  judgeOrder(report, 'name', 'quota', await outcomeOf(bedrock.createModelImportJob(other({ jobName }))));
  const roleOrQuota = await outcomeOf(bedrock.createModelImportJob(other({ roleArn: absentRole(world) })));
  judgeOrder(report, 'role', 'quota', roleOrQuota);
  judgeKind(report, 'ASK-13', 'quota', await outcomeOf(bedrock.createModelImportJob(other())));

  const unused = await outcomeOf(bedrock.createModelImportJob(other({ roleArn: unusedRole })));
  const subject = unused.error && subjectOf(unused.error);
  const canTell = wasRefused && roleOrQuota.error && subjectOf(roleOrQuota.error) === 'role' && (subject === 'role' || subject === 'quota');
  const evidence = `first use of a role that is as old as one that is valid: ${unused.text}`;
  if (canTell) report.judge('SRV-9', subject === 'role', evidence);
  else report.notObserved('SRV-9', wasRefused ? evidence : 'a new role was valid at once');

  await judgeTags(world, report, jobArn);
}

async function judgeTags(world: World, report: Report, resourceARN: string): Promise<void> {
  const { bedrock } = world.aws;
  const key = 'acceptance-probe';
  const twice = await outcomeOf(bedrock.tagResource({ resourceARN, tags: [{ key: 'acceptance-twice', value: '1' }, { key: 'acceptance-twice', value: '2' }] }));
  judgeRefusal(report, 'SRV-17', 'ValidationException', twice);

  const command = new TagResourceCommand({ resourceARN, tags: [{ key, value: '0' }] });
  command.middlewareStack.add(next => async args => {
    const sent = args.request as { body: Uint8Array };
    sent.body = Buffer.from(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(sent.body)) as object, acceptanceProbe: 'unknown' }));
    return next(args);
  }, { step: 'build', priority: 'high' });
  judgeRefusal(report, 'SRV-18', 'ValidationException', await outcomeOf(bedrock.send(command)), 'TagResource with the member acceptanceProbe');

  const valueOf = async () => (await bedrock.listTagsForResource({ resourceARN })).tags?.find(tag => tag.key === key)?.value;
  const late: string[] = [];
  for (const value of ['1', '2', '3', '4', '5']) {
    await bedrock.tagResource({ resourceARN, tags: [{ key, value }] });
    const seen = await valueOf();
    if (seen !== value) late.push(`${seen} instead of ${value}`);
  }
  report.judge('NEW-5', late.length === 0, late.length === 0 ? 'five changes were read at once' : `read at once: ${late.join(', ')}`);
  const { ListTagsForResource } = await lagOf(world, { ListTagsForResource: async () => await valueOf() === '5' });
  report.judge('CHK-2', ListTagsForResource.seconds < ASSUMED_TAG_SECONDS, `${ListTagsForResource.seconds} s until the last change was read`);
  await world.time.sleep(LATER_MS);
  const seen = await valueOf();
  report.judge('CHK-3', seen === '5', `after ${LATER_MS / MINUTE} minutes: ${seen} instead of 5`.replace('5 instead of 5', 'as set'));
}

/** ASK-6. A model of the user is not small. */
async function judgeSmallModel(world: World, report: Report, { status, failureMessage }: GetModelImportJobCommandOutput): Promise<void> {
  const { bucket, prefix } = world.weights;
  const { Contents = [] } = await world.aws.s3.listObjectsV2({ Bucket: bucket, Prefix: prefix });
  const bytes = Contents.reduce((sum, { Size = 0 }) => sum + Size, 0);
  const evidence = `${bytes} bytes in ${Contents.length} files: ${status}${failureMessage === undefined ? '' : `: ${failureMessage}`}`;
  const ofWeights = status === 'Completed' || !saysNothingOfWeights(failureMessage);
  if (bytes < TINY_BYTES && ofWeights) report.judge('ASK-6', status === 'Completed', evidence);
  else if (bytes < TINY_BYTES) report.notObserved('ASK-6', evidence);
  else report.notObserved('ASK-6', `the weights are not those of the tests: ${evidence}`);
}

/** What can be seen when the model exists. */
async function afterwards(
  world: World, report: Report, { request, job, modelArn, weights }: Started & Imported,
): Promise<void> {
  const { bedrock } = world.aws;
  const { roleArn, importedModelName: name } = request;
  let tags: string | undefined;
  judgeLag(report, 'the end of the job', await lagOf(world, {
    GetImportedModel: async () => {
      const { modelArn: seen } = await bedrock.getImportedModel({ modelIdentifier: modelArn });
      tags ??= JSON.stringify((await bedrock.listTagsForResource({ resourceARN: modelArn })).tags);
      return seen === modelArn;
    },
    ListImportedModels: async () => (await bedrock.listImportedModels({ nameContains: name })).modelSummaries?.length === 1,
  }, job.endTime!.getTime()));
  report.judge('CHK-1', MODEL_TAGS.every(({ value }) => tags?.includes(`"${value}"`)), `tags when the model was first read: ${tags}`);

  const model = await bedrock.getImportedModel({ modelIdentifier: modelArn });
  judgeCreationTime(report, model, job);
  judgeReturned(report, model, request);
  await judgeFilters(world, report, job);

  const deny = { Effect: 'Deny', Action: ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*', Principal: '*' } as const;
  const importedModelKmsKeyId = await createKey(world, 'denied', [deny]);
  const withDeniedKey = await outcomeOf(bedrock.createModelImportJob(importRequest(world, roleArn!, { importedModelKmsKeyId })));
  judgeStart(report, weights, await judgeAccess(world, report, 'ASK-16', 'a key whose policy denies its use', withDeniedKey));
}

function judgeCreationTime(report: Report, { creationTime }: GetImportedModelCommandOutput, job: GetModelImportJobCommandOutput): void {
  const [model, start, end] = [creationTime, job.creationTime, job.endTime].map(time => time?.getTime() ?? NaN);
  report.judge('SRV-11', Math.abs(model - end) < Math.abs(model - start),
    `job from ${job.creationTime?.toISOString()} to ${job.endTime?.toISOString()}, model ${creationTime?.toISOString()}`);
}

function judgeReturned(report: Report, model: GetImportedModelCommandOutput, { modelDataSource: asked, importedModelKmsKeyId }: NamedRequest): void {
  const { modelDataSource, modelKmsKeyArn } = model;
  const [source, given] = [modelDataSource, asked].map(one => one?.s3DataSource?.s3Uri);
  const isSame = source?.replace(/\/$/, '') === given?.replace(/\/$/, '') && modelKmsKeyArn === importedModelKmsKeyId;
  report.judge('RET-4', isSame, `given ${given} and ${importedModelKmsKeyId}, returned ${source} and ${modelKmsKeyArn}`);
}

/** SRV-14: filters with the time and the name of a job. */
async function judgeFilters(world: World, report: Report, { jobName, creationTime }: GetModelImportJobCommandOutput): Promise<void> {
  const listed = async (more: object) => {
    const { modelImportJobSummaries = [] } = await world.aws.bedrock.listModelImportJobs({ nameContains: jobName, ...more });
    return modelImportJobSummaries.length > 0;
  };
  if (!await listed({})) {
    report.notObserved('SRV-14', 'the job is not listed by its name');
    return;
  }
  const inclusive = await listed({ creationTimeAfter: creationTime }) || await listed({ creationTimeBefore: creationTime });
  const anyCase = await listed({ nameContains: jobName!.toUpperCase() });
  report.judge('SRV-14', !inclusive && !anyCase, `the filter by time is ${inclusive ? '' : 'not '}inclusive, that by name is ${anyCase ? 'not ' : ''}case-sensitive`);
}

function sameText(seen: string | undefined, expected: string): [boolean, string] {
  return [seen === expected, seen === expected ? 'as given' : `${seen} instead of ${expected}`];
}
