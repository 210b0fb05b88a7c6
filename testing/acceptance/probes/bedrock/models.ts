import {
  firstModel, type Imported, importEnded, importModel, importRequest, once, type Outcome, outcomeOf, roleOfImports, runningImports, startImport,
  untilNoneRuns,
} from './imports';
import { createAlias, createKey } from './keys';
import type { Report } from '../../findings';
import type { Probe } from '../probe';
import { absentRole, isOwnFault, judgeKind, kindOf, subjectOf } from './judge-refusal';
import { createRole, readsWeights, trustOfBedrock } from './roles';
import type { World } from '../../world';

const SECOND = 1000;
const LOOK_MS = 15 * SECOND;
/** How long a deleted role is watched. */
const WATCH_MS = 120 * SECOND;
/** How often an exhausted quota is seen without a running import, until it is that of models. */
const LOOKS = 5;
/** How long the role and the permissions of an import may be refused. */
const REFUSAL_PATIENCE_MS = 12 * 60 * SECOND;

/** What takes several models. */
export const models: Probe = {
  name: 'models',
  title: 'Import two more models, delete the roles of both imports, and exceed the quota of models',
  ids: ['SRV-6', 'SRV-7', 'SRV-15', 'SRV-16', 'SRV-19', 'RET-4', 'CMI-3', 'ASK-9', 'ASK-14'],
  makes: 'three roles, a stack with a key, its alias, and two import jobs with their models; three if the quota of the account is larger than three models',
  minutes: 120,
  cents: 5,
  async run(world, report) {
    await firstModel(world);
    const full = await secondModel(world, report) ?? await thirdModel(world, report);
    await judgeLists(world, report);
    await judgeModelQuota(world, report, full);
  },
};

/** The refusal of an import, if the quota of models is exhausted before. */
type Full = Outcome<never> | undefined;

/** Imports a model with an alias of a key, and deletes the role of the import when it has ended. */
async function secondModel(world: World, report: Report): Promise<Full> {
  const roleArn = await createRole(world, 'second', trustOfBedrock(world), readsWeights(world));
  const keyArn = await once(world, 'key', async () => createKey(world, 'model'));
  const alias = await createAlias(world, 'second', keyArn);
  const request = importRequest(world, roleArn, { importedModelKmsKeyId: alias });
  const { result, error, text } = await outcomeOf(importModel(world, request));
  if (!result) return stopUnlessFull(world, error!, text);

  const { modelKmsKeyArn, modelDataSource } = await world.aws.bedrock.getImportedModel({ modelIdentifier: result.modelArn });
  const evidence = modelKmsKeyArn === keyArn ? 'the ARN of its key' : `${modelKmsKeyArn}; the alias is one of ${keyArn}`;
  report.judge('SRV-19', modelKmsKeyArn?.includes(':key/') ?? false, `given ${alias}, returned ${evidence}`);
  const [given, source] = [request.modelDataSource, modelDataSource].map(one => one?.s3DataSource?.s3Uri);
  report.judge('RET-4', source?.replace(/\/$/, '') === given?.replace(/\/$/, ''), `given ${given}, returned ${source}`);
  await judgeDeletedRole(world, report, result);
  return undefined;
}

/** CMI-3: a job name that is in use is refused as such until the role is, if the role is checked before. */
async function judgeDeletedRole(world: World, report: Report, { request: { jobName, roleArn } }: Imported): Promise<void> {
  const ask = async (role: string) => outcomeOf(world.aws.bedrock.createModelImportJob(importRequest(world, role, { jobName })));
  const isOfRole = ({ error }: Outcome<unknown>) => error !== undefined && subjectOf(error) === 'role';
  const absent = await ask(absentRole(world));
  const valid = await ask(roleArn!);
  if (!isOfRole(absent) || !valid.error || subjectOf(valid.error) !== 'name') {
    report.notObserved('CMI-3', `the role is not checked before the name: ${absent.text}; ${valid.text}`);
    return;
  }
  await deleteRole(world, roleArn!);
  const deleted = world.time.now();
  let last = await ask(roleArn!);
  let validMs = 0;
  while (!isOfRole(last) && world.time.now() - deleted < WATCH_MS) {
    await world.time.sleep(SECOND);
    validMs = world.time.now() - deleted;
    last = await ask(roleArn!);
  }
  report.judge('CMI-3', validMs === 0, `a deleted role was valid for ${isOfRole(last) ? '' : 'at least '}${Math.round(validMs / SECOND)} s, then: ${last.text}`);
}

/** Imports a model, and deletes the role while the import is running. */
async function thirdModel(world: World, report: Report): Promise<Full> {
  const roleArn = await createRole(world, 'third', trustOfBedrock(world), readsWeights(world));
  const { result: jobArn, error, text } = await outcomeOf(startImport(world, importRequest(world, roleArn)));
  if (!jobArn) return stopUnlessFull(world, error!, text);
  await world.time.sleep(LOOK_MS);
  await deleteRole(world, roleArn);
  const importQuota = await outcomeOf(world.aws.bedrock.createModelImportJob(importRequest(world, await roleOfImports(world))));
  await once(world, 'import quota', async () => importQuota);
  const { status, failureMessage } = await importEnded(world, jobArn);
  const evidence = `the import whose role was deleted: ${status}${failureMessage === undefined ? '' : `: ${failureMessage}`}`;
  // What fails for another reason would have failed with the role, too.
  if (status === 'Completed' || /\brole|assume/i.test(failureMessage ?? '')) report.judge('CMI-3', status === 'Completed', evidence);
  else report.notObserved('CMI-3', evidence);
  return undefined;
}

/** SRV-15, SRV-16: the lists of the jobs of this run. */
async function judgeLists(world: World, report: Report): Promise<void> {
  const { bedrock } = world.aws;
  const { nextToken, modelImportJobSummaries: jobs = [] } = await bedrock.listModelImportJobs({ nameContains: world.run, maxResults: 1000 });
  const times = jobs.map(({ creationTime }) => creationTime!.getTime());
  if (jobs.length < 2) {
    report.notObserved('SRV-15', `${jobs.length} jobs on a page`);
  } else {
    report.judge('SRV-15', times.every((time, index) => index === 0 || time <= times[index - 1]), times.map(time => new Date(time).toISOString()).join(', '));
  }
  if (jobs.length < 3 && nextToken === undefined) {report.notObserved('SRV-16', `${jobs.length} jobs fit on any page`);} else {
    report.judge('SRV-16', nextToken !== undefined && jobs.length === 2,
      `${jobs.length} jobs of this run on a page of up to 1000, and ${nextToken === undefined ? 'no' : 'a'} nextToken`);
  }
}

/** SRV-6, SRV-7, ASK-14: another import, when there are as many models as the account may have. */
async function judgeModelQuota(world: World, report: Report, before: Full): Promise<void> {
  const full: Outcome<{ readonly jobArn?: string }> = before ?? await repeatWhileFull(world);
  const { error, result, text } = full;
  const { modelSummaries = [] } = await world.aws.bedrock.listImportedModels({ maxResults: 1000 });
  if (result) {
    const { status, failureMessage = '' } = await importEnded(world, result.jobArn!);
    const evidence = `an import beside ${modelSummaries.length} or more models is accepted, and ended as ${status} ${failureMessage}`.trim();
    if (status === 'Failed' && /quota|limit/i.test(failureMessage)) report.judge('SRV-6', false, evidence);
    else report.notObserved('SRV-6', evidence);
    return;
  }
  if (isOwnFault(error!)) throw error!;
  judgeKind(report, 'ASK-14', 'quota', full);
  report.judge('SRV-6', true, `refused when it starts: ${text}`);
  const importQuota = await once<Outcome<unknown>>(world, 'import quota', async () => ({ text: '' }));
  if (!importQuota.error) report.notObserved('SRV-7', text);
  else report.judge('SRV-7', importQuota.error.name === error!.name, `quota of models: ${text}; of imports: ${importQuota.text}`);
}

/** Repeats a request as long as it could be another import that is running, or a role that has not propagated. */
async function repeatWhileFull(world: World): Promise<Outcome<{ readonly jobArn?: string }>> {
  const request = importRequest(world, await roleOfImports(world));
  let deadline = world.time.now() + REFUSAL_PATIENCE_MS;
  for (let looks = 0; ; ) {
    const outcome = await outcomeOf<{ readonly jobArn?: string }>(world.aws.bedrock.createModelImportJob(request));
    const kind = outcome.error && kindOf(outcome.error);
    if (kind === 'role' || kind === 'access' || kind === 'transient') {
      if (world.time.now() > deadline) throw outcome.error!;
    } else {
      const waitedMs = kind === 'quota' ? await untilNoneRuns(world) : 0;
      deadline += waitedMs;
      looks = waitedMs === 0 ? looks + 1 : 0;
      if (kind !== 'quota' || looks >= LOOKS) return outcome;
    }
    await world.time.sleep(LOOK_MS);
  }
}

/** Only while no import is running, the quota that is exhausted is that of models. */
async function stopUnlessFull(world: World, error: Error, text: string): Promise<Outcome<never>> {
  if (kindOf(error) !== 'quota' || await runningImports(world) > 0) throw error;
  return { error, text };
}

async function deleteRole(world: World, roleArn: string): Promise<void> {
  const RoleName = roleArn.replace(/^.*\//, '');
  await world.aws.iam.deleteRolePolicy({ RoleName, PolicyName: 'acceptance' });
  await world.aws.iam.deleteRole({ RoleName });
}
