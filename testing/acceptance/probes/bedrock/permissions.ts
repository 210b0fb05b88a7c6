import { importEnded, importRequest, outcomeOf, startImport } from './imports';
import { createKey } from './keys';
import { askModel, judgeAnswer, judgeMetrics, metricsOf } from './model-signals';
import { createRole, type LibraryPolicies, libraryPolicies, type Statement } from './roles';
import type { Clients, World } from '../../world';
import type { Probe } from '../probe';

const LOOK_MS = 15_000;
/** The longest time until new roles and their policies can be used. */
const PATIENCE_MS = 12 * 60_000;
/** Imports are few, also when a permission turns out not to be needed. */
const MOST_IMPORTS = 8;

const KEY_ACTIONS = ['kms:DescribeKey', 'kms:GenerateDataKey', 'kms:Decrypt', 'kms:CreateGrant'];

/** Which permissions an import needs: those of the library are sufficient, and each of them is needed. */
export const permissions: Probe = {
  name: 'permissions',
  title: "Import with the library's own roles and a KMS key, then with one permission less; invoke the model, and look for its metrics",
  ids: ['RET-7', 'RET-8', 'RET-9', 'ASK-4', 'ASK-5', 'ASK-7', 'CHK-10'],
  makes: `a KMS key, 15 roles, three import jobs (${MOST_IMPORTS} at most, if AWS needs fewer permissions than it documents) and one model at a time`,
  minutes: 240,
  cents: 200,
  async run(world, report) {
    const keyArn = await createKey(world, 'permissions');
    const policies = libraryPolicies(world, keyArn);
    const roles = await createServiceRoles(world, policies, keyArn);
    const tags = [{ key: 'acceptance', value: world.run }];
    const more = { importedModelKmsKeyId: keyArn, jobTags: tags, importedModelTags: tags };
    const request = (roleArn = roles.library) => importRequest(world, roleArn, more);
    const caller = callerOf(world, policies);
    const library = await createCaller(world, 'caller', caller);
    const unconditional = caller.map(one => one.Action === 'kms:CreateGrant' ? { ...one, Condition: undefined } : one);
    const open = await createCaller(world, 'open-grants', unconditional);
    const lacking = await Promise.all(lacksOf(caller).map(async ({ lacks, statements }, index) => (
      { lacks, aws: await createCaller(world, `lacks-${index}`, statements) })));

    // While this import is running, a request that may be made is refused because of the quota only.
    const first = await start(world, library, request());
    if (first.jobArn === undefined) {
      const second = await start(world, open, request());
      if (second.jobArn === undefined) {
        for (const id of this.ids) report.notObserved(id, `the library's caller was refused: ${first.text}; with unconditional grants: ${second.text}`);
        return;
      }
      report.judge('RET-7', false, `with conditions: ${first.text}; without conditions on kms:CreateGrant: accepted`);
      await endOf(world, second.jobArn);
      return;
    }
    report.judge('RET-7', true, 'the caller with kms:GrantIsForAWSResource and kms:GrantOperations was accepted');
    const needed: string[] = [];
    const needless: string[] = [];
    const unclear: typeof lacking = [];
    for (const one of lacking) {
      const { error, text } = await outcomeOf(one.aws.bedrock.createModelImportJob(request()));
      if (error === undefined) needless.push(`${one.lacks} (accepted while another import was running)`);
      else if (isTemporary(error) || isAboutAnother(one.lacks, text)) unclear.push(one);
      else needed.push(`${one.lacks}: ${text}`);
    }
    const imported = await importEnded(world, first.jobArn);
    let imports = 1;
    if (imported.status !== 'Completed') {
      await judgeFailure(imported.failureMessage ?? '');
      return;
    }
    report.judge('RET-8', true, 'imported with a key, on which the service role has no permission');
    report.judge('ASK-4', true, `imported with a role that may list only the prefixes of ${world.weights.prefix}, and read only what is below`);
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
        if (!isAboutAnother(lacks, outcome.text)) needed.push(`${lacks}: ${outcome.text}`);
        continue;
      }
      imports += 1;
      const { completed, text } = await endOf(world, outcome.jobArn);
      if (completed) needless.push(lacks);
      else needed.push(`${lacks}: ${text}`);
    }
    const seen = `needed: ${needed.join('; ')}${needless.length > 0 ? `; not needed: ${needless.join('; ')}` : ''}`;
    const looked = needed.length + needless.length;
    if (needless.length > 0 || looked > lacking.length) report.judge('RET-9', needless.length === 0, seen);
    else report.notObserved('RET-9', `${looked} of ${lacking.length + 1} permissions: ${seen}`);

    /** The import with the library's role has failed: which permission would have helped? */
    async function judgeFailure(message: string): Promise<void> {
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
async function start(world: World, { bedrock }: Clients, request: ReturnType<typeof importRequest>, isNew = true) {
  const deadline = world.time.now() + PATIENCE_MS;
  for (;;) {
    const { error, result, text } = await outcomeOf(bedrock.createModelImportJob(request));
    const isWorthIt = error !== undefined && (isTemporary(error) || isNew && error.name === 'AccessDeniedException');
    if (!isWorthIt || world.time.now() > deadline) return { jobArn: result?.jobArn, text };
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

function isAboutAccess(text: string): boolean {
  return /access|denied|authoriz|permission|s3/i.test(text);
}

/** Waits for the end of an import, and deletes its model. */
async function endOf(world: World, jobArn: string): Promise<End> {
  const { failureMessage, importedModelArn, status } = await importEnded(world, jobArn);
  if (importedModelArn !== undefined) await removeModel(world, importedModelArn);
  return { completed: status === 'Completed', text: `${status}: ${failureMessage ?? ''}` };
}

/** Before the next import, because of the model quota. */
async function removeModel({ aws, time }: World, modelIdentifier: string): Promise<void> {
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    const { error } = await outcomeOf(aws.bedrock.deleteImportedModel({ modelIdentifier }));
    if (error?.name !== 'ConflictException') return;
    await time.sleep(LOOK_MS);
  }
}
