import { importEnded, importRequest, type Outcome, outcomeOf, removeModel, startImport, untilNoneRuns } from './imports';
import { isOfQuota } from './judge-refusal';
import { createKey } from './keys';
import { askModel, judgeAnswer, judgeMetrics, metricsOf, tooExpensive } from './model-signals';
import { createRole, type LibraryPolicies, libraryPolicies, type Statement } from './roles';
import type { Clients, World } from '../../world';
import type { Probe } from '../probe';

const LOOK_MS = 15_000;
/** The longest time until new roles and their policies can be used. */
const PATIENCE_MS = 12 * 60_000;
/** Imports are few, also when a permission turns out not to be needed. */
const MOST_IMPORTS = 8;
/** How long a copy of the model runs: until it is loaded, and until it is idle. */
const COPY_MINUTES = 20;

const KEY_ACTIONS = ['kms:DescribeKey', 'kms:GenerateDataKey', 'kms:Decrypt', 'kms:CreateGrant'];

/** Which permissions an import needs: those of the library are sufficient, and each of them is needed. */
export const permissions: Probe = {
  name: 'permissions',
  title: "Import with the library's own roles and a KMS key, then with one permission less; invoke the model, and look for its metrics",
  ids: ['RET-7', 'RET-8', 'RET-9', 'ASK-4', 'ASK-5', 'ASK-7', 'CHK-10'],
  makes: `a stack with a KMS key, 15 roles, three import jobs (${MOST_IMPORTS} at most, if AWS needs fewer permissions than it documents) and one model at a time, of one Custom Model Unit`,
  minutes: 240,
  cents: 200,
  isLastWithItsModels: true,
  async run(world, report) {
    const keyArn = await createKey(world, 'permissions');
    // Nothing is wrong with the library's policies if they do not suffice for that.
    const special = await whatIsSpecial(world);
    const note = special === undefined ? '' : `; ${special}`;
    const policies = libraryPolicies(world, keyArn);
    const roles = await createServiceRoles(world, policies, keyArn);
    const tags = [{ key: 'acceptance', value: world.run }];
    const more = { importedModelKmsKeyId: keyArn, jobTags: tags, importedModelTags: tags };
    const request = (roleArn = roles.library) => importRequest(world, roleArn, more);
    const caller = callerOf(world, policies);
    const library = await createCaller(world, 'caller', caller);
    const unconditional = caller.map(one => one.Action === 'kms:CreateGrant' ? { ...one, Condition: undefined } : one);
    const unconditionalCaller = await createCaller(world, 'open-grants', unconditional);
    const lacking = await Promise.all(lacksOf(caller).map(async ({ lacks, statements }, index) => (
      { lacks, aws: await createCaller(world, `lacks-${index}`, statements) })));

    // While this import is running, a request that may be made is refused because of the quota only.
    const first = await start(world, library, request());
    if (first.jobArn === undefined) {
      const second = await start(world, unconditionalCaller, request());
      if (second.jobArn === undefined) {
        for (const id of this.ids) report.notObserved(id, `the library's caller was refused: ${first.text}; with unconditional grants: ${second.text}${note}`);
        return;
      }
      const evidence = `with conditions: ${first.text}; without conditions on kms:CreateGrant: accepted${note}`;
      if (isAboutGrant(first.text)) report.judge('RET-7', false, evidence);
      else report.notObserved('RET-7', evidence);
      await endOf(world, second.jobArn);
      return;
    }
    report.judge('RET-7', true, 'the caller with kms:GrantIsForAWSResource and kms:GrantOperations was accepted');
    const needed: string[] = [];
    const needless: string[] = [];
    const unclear: typeof lacking = [];
    const open: string[] = [];
    for (const one of lacking) {
      const { error, text } = await outcomeOf(one.aws.bedrock.createModelImportJob(request()));
      if (error === undefined) needless.push(`${one.lacks} (accepted while another import was running)`);
      else if (showsNeed(one.lacks, error)) needed.push(`${one.lacks}: ${text}`);
      else unclear.push(one);
    }
    const imported = await importEnded(world, first.jobArn);
    let imports = 1;
    if (imported.status !== 'Completed') {
      await judgeFailure(imported.failureMessage ?? '');
      return;
    }
    report.judge('RET-8', true, `imported with a key, on which the service role has no permission${note}`);
    report.judge('ASK-4', true, `imported with a role that may list only the prefixes of ${world.weights.prefix}, and read only what is below${note}`);
    await lookAtModel(imported.importedModelArn!);
    await removeModel(world, imported.importedModelArn!);

    const withSlash = await tryRole(roles.slash);
    if (withSlash.completed) report.judge('ASK-5', true, `imported with a role that may list only ${world.weights.prefix}*`);
    else if (isAboutAccess(withSlash.text)) report.judge('ASK-5', false, `with a role that may list only ${world.weights.prefix}*: ${withSlash.text}`);
    else report.notObserved('ASK-5', withSlash.text);

    const withoutList = await tryRole(roles.noList);
    if (withoutList.completed) needless.push('s3:ListBucket of the service role');
    else if (isAboutAccess(withoutList.text)) needed.push(`s3:ListBucket of the service role: ${withoutList.text}`);
    else report.notObserved('RET-9', `without s3:ListBucket: ${withoutList.text}`);

    for (const { aws, lacks } of unclear) {
      if (imports === MOST_IMPORTS) break;
      const outcome = await start(world, aws, request(), false);
      if (outcome.jobArn === undefined) {
        if (showsNeed(lacks, outcome.error!)) needed.push(`${lacks}: ${outcome.text}`);
        else open.push(`${lacks}: ${outcome.text}`);
        continue;
      }
      imports += 1;
      const { completed, text } = await endOf(world, outcome.jobArn);
      if (completed) needless.push(lacks);
      else if (isAboutAccess(text)) needed.push(`${lacks}: ${text}`);
      else open.push(`${lacks}: ${text}`);
    }
    const seen = `needed: ${needed.join('; ')}${needless.length > 0 ? `; not needed: ${needless.join('; ')}` : ''}${
      open.length > 0 ? `; unclear: ${open.join('; ')}` : ''}`;
    const looked = needed.length + needless.length;
    if (needless.length > 0 || looked > lacking.length) report.judge('RET-9', needless.length === 0, seen);
    else report.notObserved('RET-9', `${looked} of ${lacking.length + 1} permissions: ${seen}`);

    /** The import with the library's role has failed: which permission would have helped? */
    async function judgeFailure(message: string): Promise<void> {
      if (special !== undefined) {
        for (const id of ['ASK-4', 'ASK-5', 'RET-8', 'RET-9']) report.notObserved(id, `the import failed: ${message}; ${special}`);
        return;
      }
      const wider = [
        { id: 'ASK-4', role: roles.open, what: 'may list and read the whole bucket' },
        { id: 'RET-8', role: roles.key, what: 'may use the key' },
      ];
      for (const { id, role, what } of /kms|key/i.test(message) ? wider.reverse() : wider) {
        const { completed } = await tryRole(role);
        if (!completed) continue;
        report.judge(id, false, `with the library's service role: ${message}; imported with one that ${what}`);
        return;
      }
      for (const { id } of wider) report.notObserved(id, `the import failed, with more permissions too: ${message}`);
    }

    async function tryRole(roleArn: string): Promise<End> {
      imports += 1;
      const { error, result: jobArn, text } = await outcomeOf(startImport(world, request(roleArn)));
      return error === undefined ? endOf(world, jobArn!) : { completed: false, text };
    }

    async function lookAtModel(modelArn: string): Promise<void> {
      const reason = await tooExpensive(world, modelArn, COPY_MINUTES, permissions.cents);
      if (reason !== undefined) {
        for (const id of ['CHK-10', 'ASK-7']) report.notObserved(id, reason);
        return;
      }
      const answer = await askModel(world, modelArn);
      if (answer.body === undefined) {
        for (const id of ['CHK-10', 'ASK-7']) report.notObserved(id, `the model did not answer: ${answer.text}`);
        return;
      }
      const format = judgeAnswer(answer.body);
      report.judge('CHK-10', format.holds, format.evidence);
      const dimensions = judgeMetrics(await metricsOf(world, modelArn), modelArn);
      if (dimensions.holds === undefined) report.notObserved('ASK-7', dimensions.evidence);
      else report.judge('ASK-7', dimensions.holds, dimensions.evidence);
    }
  },
};

/** Weights for which the roles of this probe have no permissions. Undefined if they are those of the account, encrypted by Amazon S3. */
async function whatIsSpecial({ account, aws: { kms, s3 }, weights: { bucket: Bucket, prefix: Prefix } }: World): Promise<string | undefined> {
  const { Contents: [first] = [] } = await s3.listObjectsV2({ Bucket, Prefix, MaxKeys: 1 });
  const owned = await outcomeOf(s3.listObjectsV2({ Bucket, Prefix, MaxKeys: 1, ExpectedBucketOwner: account }));
  if (owned.error?.name === 'AccessDenied') return `the weights are in another account, whose bucket ${Bucket} may not allow the roles of this probe`;
  if (first === undefined) return undefined;
  const { SSEKMSKeyId: KeyId } = await s3.headObject({ Bucket, Key: first.Key });
  if (KeyId === undefined) return undefined;
  const { result, text } = await outcomeOf(kms.describeKey({ KeyId }));
  if (result?.KeyMetadata?.KeyManager === 'AWS') return undefined;
  const key = result === undefined ? `the key ${KeyId} (${text})` : `the customer managed key ${KeyId}`;
  return `the weights are encrypted with ${key}, on which the roles of this probe have no permission`;
}

interface End {
  readonly completed: boolean;
  readonly text: string;
}

async function createServiceRoles(world: World, { serviceRole, trust }: LibraryPolicies, keyArn: string) {
  const { bucket, prefix } = world.weights;
  const bucketArn = `arn:${world.partition}:s3:::${bucket}`;
  const role = async (purpose: string, statements: readonly Statement[]) => createRole(world, purpose, trust, statements);
  const listing = (statement: Statement) => statement.Action === 's3:ListBucket';
  return {
    library: await role('service', serviceRole),
    slash: await role('slash', serviceRole.map(one => listing(one) ? { ...one, Condition: { StringLike: { 's3:prefix': [`${prefix}*`] } } } : one)),
    noList: await role('no-list', serviceRole.filter(one => !listing(one))),
    open: await role('open', [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: [bucketArn, `${bucketArn}/*`] }]),
    key: await role('key', [...serviceRole, { Effect: 'Allow', Action: KEY_ACTIONS, Resource: keyArn }]),
  };
}

/** The statements of the library's caller, for the roles of this run. */
function callerOf({ account, partition, run }: World, { caller }: LibraryPolicies): Statement[] {
  return caller.map(statement => statement.Action === 'iam:PassRole'
    ? { ...statement, Resource: `arn:${partition}:iam::${account}:role/acceptance-${run}-*` } : statement);
}

async function createCaller(world: World, purpose: string, statements: readonly Statement[]): Promise<Clients> {
  const trust: Statement = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:${world.partition}:iam::${world.account}:root` } };
  return world.as(await createRole(world, purpose, trust, statements));
}

/** The caller, each time without one permission. */
function lacksOf(caller: readonly Statement[]): { readonly lacks: string; readonly statements: Statement[] }[] {
  const list = <T>(value: T | readonly T[]): T[] => Array.isArray(value) ? value as T[] : [value as T];
  const withoutAction = (lacks: string) => ({
    lacks,
    statements: caller.flatMap(one => {
      const Action = list(one.Action).filter(action => action !== lacks);
      return Action.length > 0 ? [{ ...one, Action }] : [];
    }),
  });
  const withoutTags = (type: string) => ({
    lacks: `bedrock:TagResource on ${type}`,
    statements: caller.map(one => list(one.Action).includes('bedrock:TagResource')
      ? { ...one, Resource: list(one.Resource!).filter(resource => !resource.endsWith(`:${type}/*`)) } : one),
  });
  return [...['iam:PassRole', ...KEY_ACTIONS].map(withoutAction), ...['model-import-job', 'imported-model'].map(withoutTags)];
}

/** Starts an import, as soon as the roles can be used and no other import is running. */
async function start(
  world: World, { bedrock }: Clients, request: ReturnType<typeof importRequest>, isNew = true,
): Promise<Outcome<unknown> & { readonly jobArn?: string }> {
  let deadline = world.time.now() + PATIENCE_MS;
  for (;;) {
    const { error, result, text } = await outcomeOf(bedrock.createModelImportJob(request));
    const isWorthIt = error !== undefined && (isTemporary(error) || isNew && error.name === 'AccessDeniedException');
    if (!isWorthIt || world.time.now() > deadline) return { jobArn: result?.jobArn, error, text };
    if (isOfQuota(error)) deadline += await untilNoneRuns(world);
    await world.time.sleep(LOOK_MS);
  }
}

function isTemporary({ name, message }: Error): boolean {
  return name === 'ServiceQuotaExceededException' || name === 'ThrottlingException' || name === 'InternalServerException'
    || /role/i.test(message) && /invalid|assume/i.test(message) && name === 'ValidationException';
}

/** A policy that has not propagated is refused as well, but for another action. */
function isAboutAnother(lacks: string, text: string): boolean {
  const [, action] = /not authorized to perform: (\S+)/.exec(text) ?? [];
  return action !== undefined && !lacks.startsWith(action);
}

/** Not every error that names Amazon S3, and none that is about the credentials of the caller. */
export function isAboutAccess(text: string): boolean {
  return /access|denied|authori[sz]|permission|forbidden/i.test(text) && !/token|expired/i.test(text);
}

/** Whether the conditions on kms:CreateGrant can be what is refused. */
export function isAboutGrant(text: string): boolean {
  return /AccessDenied|not authorized|kms|grant/i.test(text);
}

/** Whether the refusal of a caller that lacks a permission shows that the permission is needed. Otherwise nothing is learned. */
export function showsNeed(lacks: string, error: Error): boolean {
  const text = `${error.name}: ${error.message}`;
  return isAboutAccess(text) && !isTemporary(error) && !isAboutAnother(lacks, text);
}

/** Waits for the end of an import, and deletes its model. */
async function endOf(world: World, jobArn: string): Promise<End> {
  const { failureMessage, importedModelArn, status } = await importEnded(world, jobArn);
  if (importedModelArn !== undefined) await removeModel(world, importedModelArn);
  return { completed: status === 'Completed', text: `${status}: ${failureMessage ?? ''}` };
}
