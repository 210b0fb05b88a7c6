import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { InvariantName } from './invariants';
import type { HandlerCode } from './lambda';

/** A change of one file of src/imported-model/provider/handler, which breaks it. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A broken handler, and the invariants of which one must notice. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  readonly caughtBy: readonly InvariantName[];
  /** Where to look for a history that is rare. */
  readonly seed?: number;
  /** The history itself, where it is too rare to look for: both are what `--replay` takes. */
  readonly path?: string;
}

const D = 'decide.ts';

/** Broken handlers, to prove that the simulation notices. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'owner hash without the stack',
    patches: [{ file: 'names.ts', find: 'return hash(OWNER_LENGTH, origin.stackId, origin.importLogicalId);', replace: 'return hash(OWNER_LENGTH, origin.importLogicalId);' }],
    caughtBy: ['hands-off', 'needless-failure', 'arn-live', 'nothing-left', 'delete-verified', 'needless-import'],
  },
  {
    name: 'owner hash without the logical id',
    patches: [{ file: 'names.ts', find: 'return hash(OWNER_LENGTH, origin.stackId, origin.importLogicalId);', replace: 'return hash(OWNER_LENGTH, origin.stackId);' }],
    caughtBy: ['hands-off', 'needless-failure', 'arn-live', 'model-kept', 'delete-verified'],
  },
  {
    name: 'model name without the content',
    patches: [{ file: 'names.ts', find: '?? `${prefix}-${contentOf(request)}`;', replace: '?? prefix;' }],
    caughtBy: ['needless-failure', 'arn-live', 'model-kept'],
  },
  {
    name: 'content without the version of the source',
    patches: [{ file: 'names.ts', find: 'withoutSlash(request.s3Uri), request.sourceVersion, request.importedModelKmsKeyId)', replace: 'withoutSlash(request.s3Uri), request.importedModelKmsKeyId)' }],
    caughtBy: ['arn-live'],
  },
  {
    name: 'the role is content',
    patches: [{ file: 'names.ts', find: 'request.sourceVersion, request.importedModelKmsKeyId);', replace: 'request.sourceVersion, request.importedModelKmsKeyId, (request as ModelImportRequest).roleArn);' }],
    caughtBy: ['needless-import', 'needless-failure'],
  },
  {
    name: 'job name without the request',
    patches: [{ file: 'names.ts', find: 'hash(REQUEST_LENGTH, origin.requestId, owner, content)', replace: 'hash(REQUEST_LENGTH, owner, content)' }],
    caughtBy: ['needless-failure', 'fails-at-first-look', 'arn-live'],
  },
  {
    name: 'throws on throttling',
    patches: [{ file: D, find: "    case 'transient':\n    case 'busy':\n      return wait(goal, now, said);", replace: "    case 'transient':\n      return fail(said);\n    case 'busy':\n      return wait(goal, now, said);" }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'conflict is final',
    patches: [{ file: D, find: "    case 'transient':\n    case 'busy':\n      return wait(goal, now, said);", replace: "    case 'transient':\n      return wait(goal, now, said);\n    case 'busy':\n      return fail(said);" }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'forgets the running job on delete',
    patches: [{ file: D, find: '  if (own) return waitForImport(goal, now, own);\n', replace: '' }],
    caughtBy: ['delete-verified', 'nothing-left'],
  },
  {
    name: 'no deadline of its own',
    patches: [{ file: D, find: "  if (now < goal.deadline) return { do: 'wait', why };", replace: "  if (now < goal.deadline + 9e9) return { do: 'wait', why };" }],
    caughtBy: ['one-call-per-poll', 'answered', 'needless-failure'],
  },
  {
    name: 'fails when its window closes, instead of handing over',
    patches: [{ file: D, find: "  if (goal.link !== last) return { do: 'succeed'", replace: "  if (goal.link === 'none' as string) return { do: 'succeed'" }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'hands over at once',
    patches: [{ file: D, find: "  if (now < goal.deadline) return { do: 'wait', why };", replace: "  if (now < goal.deadline && !(goal.kind === 'present' && goal.link === 'import')) return { do: 'wait', why };" }],
    caughtBy: ['arn-live', 'needless-failure'],
  },
  {
    name: 'reaps the model that a rollback needs',
    patches: [{ file: D, find: 'others.filter(other => !isFormer(other) && isOlder(other, goal))', replace: 'others.filter(other => isOlder(other, goal))' }],
    caughtBy: ['model-kept', 'rollback-restores', 'needless-import'],
  },
  {
    name: 'reaps what a later deployment has made',
    patches: [{ file: D, find: 'return model.creationTime <= goal.startedAt;', replace: 'return model.creationTime <= goal.startedAt + 9e9;' }],
    caughtBy: ['model-kept', 'needless-import', 'needless-failure', 'arn-live', 'rollback-restores'],
    seed: 109,
  },
  {
    name: 'reaps the models of others',
    patches: [{ file: D, find: 'return models.filter(({ arn }) => {', replace: 'return models.filter(({ arn }) => {\n    if (arn) return true;' }],
    caughtBy: ['hands-off'],
  },
  {
    name: 'never reaps',
    patches: [{ file: D, find: '      if (deletion) return deletion;\n    }\n  }\n', replace: '    }\n  }\n' }],
    caughtBy: ['orphan-removed'],
    seed: 13,
  },
  {
    name: 'reports a deletion before it is done',
    patches: [{ file: 'reconcile.ts', find: '      await bedrock.deleteModel(step.modelArn);', replace: '      await bedrock.deleteModel(step.modelArn).catch(() => undefined);\n      if (facts) return { model: \'absent\', models: [], ownJobs: [] };' }],
    caughtBy: ['delete-verified', 'nothing-left', 'model-kept', 'needless-import', 'arn-live', 'orphan-removed'],
  },
  {
    name: 'a cancelled Create is forgotten',
    patches: [{ file: D, find: 'if (goal.cancelledCreate && now < goal.cancelledCreate.until) {', replace: 'if (goal.cancelledCreate && now < 0) {' }],
    caughtBy: ['nothing-left'],
  },
  {
    name: 'a request begins when the handler hears of it',
    patches: [{ file: 'model-import-handler.ts', find: 'if (!signed) return now;', replace: 'if (!signed || now > 0) return now;' }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'DELETE_FIRST waits for its turn, then deletes',
    patches: [{ file: D, find: "if (goal.request.replacementStrategy === 'DELETE_FIRST' && !goal.request.retain && facts.now < goal.startedAt + GIVE_WAY_PATIENCE) {", replace: "if (goal.request.replacementStrategy === 'DELETE_FIRST' && running.length === 0) {" }],
    caughtBy: ['model-kept'],
    seed: 103,
  },
  {
    name: 'a link clings to a job of long ago',
    patches: [{ file: D, find: 'if (!isHistory(goal, facts.job)) return', replace: 'if (goal.owner !== undefined) return' }],
    caughtBy: ['needless-failure', 'arn-live'],
    seed: 22,
  },
  {
    name: 'a role error is final at once',
    patches: [{ file: D, find: "    case 'role':\n      return isPatient(PROPAGATION_PATIENCE)", replace: "    case 'role':\n      return isPatient(0)" }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'a role error waits for ever',
    patches: [{ file: D, find: "    case 'role':\n      return isPatient(PROPAGATION_PATIENCE)", replace: "    case 'role':\n      return isPatient(9e9)" }],
    caughtBy: ['bounded-patience'],
  },
  {
    name: 'a denied call is final at once',
    patches: [{ file: D, find: "    case 'access':\n      return isPatient(PROPAGATION_PATIENCE)", replace: "    case 'access':\n      return isPatient(0)" }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'a denied call waits for ever',
    patches: [{ file: D, find: "    case 'access':\n      return isPatient(PROPAGATION_PATIENCE)", replace: "    case 'access':\n      return isPatient(9e9)" }],
    caughtBy: ['bounded-patience'],
  },
  {
    name: 'a quota is final at once',
    patches: [{ file: D, find: "    case 'quota':\n      return decideQuota(goal, facts, said);", replace: "    case 'quota':\n      return fail(said);" }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'a full account waits for ever',
    patches: [{ file: D, find: 'if (now < since + FULL_ACCOUNT_PATIENCE || models.length === 0)', replace: 'if (now < since + 9e9 || models.length === 0)' }],
    caughtBy: ['bounded-patience'],
  },
  {
    name: 'an account is full that was busy',
    patches: [{ file: D, find: 'Math.max(goal.startedAt, ...recent.map(job => job.endTime ?? job.creationTime), ...models.map(model => model.creationTime))', replace: 'goal.startedAt' }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'DELETE_FIRST deletes the models of others',
    patches: [{ file: D, find: 'deleteOne(facts, owned.filter(other => isOlder(other, goal)))', replace: 'deleteOne(facts, (facts.models ?? []).filter(other => isOlder(other, goal)))' }],
    caughtBy: ['hands-off'],
  },
  {
    name: 'DELETE_FIRST deletes although it is CREATE_FIRST',
    patches: [{ file: D, find: "if (goal.request.replacementStrategy === 'DELETE_FIRST' && !goal.request.retain && facts.now < goal.startedAt + GIVE_WAY_PATIENCE) {", replace: "if (goal.request.replacementStrategy !== 'none' as string) {" }],
    caughtBy: ['model-kept', 'rollback-restores'],
  },
  {
    name: 'the import link deletes one model only',
    patches: [{ file: D, find: '    const deletion = deleteOne(facts, owned);', replace: '    const deletion = deleteOne(facts, owned.slice(1));' }],
    caughtBy: ['delete-verified', 'nothing-left'],
  },
  {
    name: 'the import link does not sweep',
    patches: [{ file: D, find: '    const deletion = deleteOne(facts, owned);', replace: '    const deletion = deleteOne(facts, owned.slice(9));' }],
    caughtBy: ['delete-verified', 'nothing-left'],
  },
  {
    name: 'no quiet time',
    patches: [{ file: D, find: 'export const QUIET_TIME = 30 * SECOND;', replace: 'export const QUIET_TIME = 0 * SECOND;' }],
    caughtBy: ['delete-verified', 'nothing-left'],
  },
  {
    name: 'the wait link deletes',
    patches: [{ file: D, find: "if (goal.link === 'import') {\n    const owned", replace: "if (goal.link !== 'model') {\n    const owned" }],
    caughtBy: ['model-kept'],
  },
  {
    name: 'tags are not removed',
    patches: [{ file: D, find: 'remove: formerKeys.filter(key => have.has(key) && !want.has(key)),', replace: 'remove: formerKeys.filter(key => have.has(key) && want.has(key) && !want.has(key)),' }],
    caughtBy: ['tags'],
  },
  {
    name: 'untags everything',
    patches: [{ file: D, find: 'remove: formerKeys.filter(key => have.has(key) && !want.has(key)),', replace: 'remove: [...have.keys()].filter(key => !want.has(key) || formerKeys.length < 0),' }],
    caughtBy: ['retained', 'tags'],
    seed: 3,
  },
  {
    name: 'tags are not changed',
    patches: [{ file: D, find: "return needed.length > 0 ? { do: 'TagResource', changes: needed } : { do: 'succeed', model };", replace: "return needed.length > 99 ? { do: 'TagResource', changes: needed } : { do: 'succeed', model };" }],
    caughtBy: ['retained', 'tags'],
  },
  {
    name: 'a failed job is waited for',
    patches: [{ file: D, find: "      case 'Failed':\n        return fail(`Import job", replace: "      case 'Failed':\n        if (facts.now <= goal.deadline) return wait(goal, facts.now, 'later');\n        return fail(`Import job" }],
    caughtBy: ['fails-at-first-look', 'reason-given', 'needless-failure', 'arn-live'],
  },
  {
    name: 'a failed job keeps its reason to itself',
    patches: [{ file: D, find: "failed: ${job.failureMessage ?? 'Bedrock gave no reason'}. `", replace: 'failed. `' }],
    caughtBy: ['reason-given'],
  },
  {
    name: 'a long answer is not cut',
    patches: [{ file: 'deployment-error.ts', find: 'const MAX_BYTES = 2500;', replace: 'const MAX_BYTES = 250000;' }],
    caughtBy: ['answer-fits'],
  },
  {
    name: 'the id of the import link has the content',
    patches: [{ file: 'goal.ts', find: "return prefixOf(ownerIn(event), request.nameBase ?? '', event.PhysicalResourceId);", replace: "return `${prefixOf(ownerIn(event), request.nameBase ?? '', event.PhysicalResourceId)}-${contentOf(request)}`;" }],
    caughtBy: ['needless-failure', 'rollback-restores'],
  },
  {
    name: 'an id that changes in a deletion',
    patches: [{ file: 'model-import-handler.ts', find: "  if (event.RequestType === 'Delete') return event.PhysicalResourceId ?? '';\n", replace: '' }],
    caughtBy: ['answer-fits', 'needless-failure', 'delete-verified', 'hands-off', 'model-kept', 'nothing-left', 'destroy-ends'],
  },
  {
    name: 'a deletion checks the properties',
    patches: [{ file: 'model-import-handler.ts', find: "  if (event.RequestType === 'Delete') return event.PhysicalResourceId ?? '';\n", replace: "  parse(event);\n  if (event.RequestType === 'Delete') return event.PhysicalResourceId ?? '';\n" }],
    caughtBy: ['needless-failure'],
    seed: 12,
  },
  {
    name: 'every poll looks at everything',
    patches: [{ file: D, find: "  if (facts.job === undefined) return { do: 'GetModelImportJob', into: 'job', jobName: names.jobName };", replace: "  if (facts.models === undefined) return { do: 'ListImportedModels' };\n  if (facts.job === undefined) return { do: 'GetModelImportJob', into: 'job', jobName: names.jobName };" }],
    caughtBy: ['one-call-per-poll'],
  },
  {
    name: 'a model is reported when the window closes',
    patches: [{ file: D, find: "  if (facts.retagged) return { do: 'succeed', model };", replace: "  if (facts.now < goal.deadline) return { do: 'wait', why: 'later' };\n  if (facts.retagged) return { do: 'succeed', model };" }],
    caughtBy: ['prompt'],
  },
  {
    name: 'a deletion is never sure',
    patches: [{ file: D, find: "    case 'import':\n      return succeedWhenQuiet(goal, now, facts.ownJobs ?? []);", replace: "    case 'import':\n      return wait(goal, now, 'never');" }],
    caughtBy: ['destroy-ends'],
  },
  {
    name: 'a change does not end the poll',
    patches: [{ file: 'reconcile.ts', find: "if (news === undefined) return { do: 'wait', why: `${step.do} has been called` };", replace: '' }],
    caughtBy: ['needless-failure', 'terminates', 'answered'],
  },
  {
    name: 'not found is an error',
    patches: [{ file: 'bedrock-api.ts', find: "if ((error as Partial<Error>).name === 'ResourceNotFoundException') return 'absent';", replace: '' }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'reads the first page only',
    patches: [{ file: 'bedrock-api.ts', find: '} while (nextToken);', replace: '} while (nextToken === \'\');' }],
    caughtBy: ['delete-verified', 'nothing-left', 'orphan-removed', 'needless-failure', 'bounded-patience', 'model-kept'],
    seed: 108,
  },
  {
    name: 'a job name in use is final',
    patches: [{ file: 'refusal.ts', find: "if (/job name is currently in use|model with name .* already exists/i.test(error.message)) return 'busy';", replace: '' }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'the attributes lack one',
    patches: [{ file: 'bedrock-api.ts', find: "          JobArn: model.jobArn ?? '',\n", replace: "          JobArn: '',\n" }],
    caughtBy: ['attributes'],
  },
  // What is retained, and whose names lie.
  {
    name: 'a model that a failed update has asked for is retained',
    patches: [
      { file: 'decide.ts', find: 'others.filter(({ name }) => name === replacedModelName)', replace: 'others.filter(isFormer)' },
      { file: 'decide.ts', find: '(replacedModelName !== undefined && replacedModelName !== names.modelName)', replace: 'goal.formerModelNames.some(name => name !== names.modelName)' },
    ],
    caughtBy: ['hands-off'],
    seed: 2028294669,
    path: '221:0:0:0:0:0:0:0:0:2:3:3:3:3:3:6:7:6:6:6:7:7:7:7:8:9:8:9:9:9:10:10',
  },
  {
    name: 'RETAIN is not read',
    patches: [{ file: 'request.ts', find: "retain: text(properties.RemovalPolicy) === 'RETAIN',", replace: 'retain: false,' }],
    caughtBy: ['retained', 'model-kept'],
  },
  {
    name: 'RETAIN holds as long as it is the policy',
    patches: [{ file: D, find: '!modelTags.some(({ key }) => key === RETAIN_TAG.key)', replace: '!modelTags.some(() => false)' }],
    caughtBy: ['retained'],
  },
  {
    name: 'RETAIN does not keep orphans from being removed',
    patches: [{ file: D, find: 'else if (!leavesOrphan(goal, facts)) {', replace: 'if (!leavesOrphan(goal, facts)) {' }],
    caughtBy: ['retained', 'model-kept', 'arn-live'],
    seed: 101,
  },
  {
    name: 'the mark of a retained model is removed when it serves again',
    patches: [{ file: 'goal.ts', find: 'former ? modelTagsOf(former).map(tag => tag.key) : []', replace: '[RETAIN_TAG.key, ...former ? modelTagsOf(former).map(tag => tag.key) : []]' }],
    caughtBy: ['retained'],
    seed: 108,
  },
  {
    name: 'every model is marked as retained',
    patches: [{ file: 'goal.ts', find: 'return retain ? [...importedModelTags, RETAIN_TAG] : importedModelTags;', replace: 'return retain !== undefined ? [...importedModelTags, RETAIN_TAG] : importedModelTags;' }],
    caughtBy: ['tags'],
  },
  {
    name: 'a model is deleted by its name alone',
    patches: [{ file: D, find: 'return made.has(arn) || (model !== undefined', replace: 'return made.has(arn) || looked[arn] !== undefined || (model !== undefined' }],
    caughtBy: ['hands-off'],
    seed: 205,
  },
  {
    name: 'a deletion takes whatever has the name',
    patches: [{ file: D, find: "if (identityOfJob(model.jobName)?.owner !== goal.owner) return { do: 'succeed', why: `${model.arn} is not", replace: "if (goal.owner === '') return { do: 'succeed', why: `${model.arn} is not" }],
    caughtBy: ['hands-off'],
    seed: 102,
  },
  {
    name: 'the name of a job is believed',
    patches: [{ file: D, find: '  const doubt = doubtOf(goal, model, facts);\n  if (doubt) return doubt;\n', replace: '' }],
    caughtBy: ['hands-off', 'tags', 'genuine', 'arn-live'],
    seed: 202,
  },
  {
    name: 'the role of a job is not looked at',
    patches: [{ file: D, find: "  if (job === 'absent' || isOfRole(goal, job)) return undefined;", replace: '  if (job) return undefined;' }],
    caughtBy: ['hands-off', 'tags', 'genuine', 'arn-live'],
    seed: 202,
  },
  {
    name: 'the id that a skipped link has is forgotten',
    patches: [{ file: 'goal.ts', find: '[formerName, event.FormerPhysicalResourceId]', replace: '[formerName]' }],
    caughtBy: ['model-kept'],
    seed: 307,
  },
  {
    name: 'the former role is a stranger',
    patches: [{ file: 'goal.ts', find: '...former?.roleArn ? [former.roleArn] : []', replace: '' }],
    caughtBy: ['needless-failure', 'needless-import', 'arn-live'],
    seed: 203,
  },
  {
    name: 'an import of a stranger blocks a deletion',
    patches: [{ file: D, find: ' && !isForeign(goal, facts, job));', replace: ');' }],
    caughtBy: ['destroy-ends'],
    seed: 8,
  },
  {
    name: 'the readable part is identity',
    patches: [{ file: 'names.ts', find: 'current?.endsWith(`-${owner}`) ? current : `${nameBase}-${owner}`', replace: 'current?.endsWith(`-${owner}!`) ? current : `${nameBase}-${owner}`' }],
    caughtBy: ['rollback-restores', 'needless-import'],
    seed: 8,
  },
  {
    name: 'a longer chain blocks its own rollback',
    patches: [{ file: D, find: "    if (owned.length > 0) return { do: 'succeed', why: `${owned[0].arn} serves", replace: "    if (owned.length > 99) return { do: 'succeed', why: `${owned[0].arn} serves" }],
    caughtBy: ['rollback-prompt'],
    seed: 207,
  },
  {
    name: 'a chain that nothing is known of is gone at once',
    patches: [{ file: D, find: "if (goal.link === 'import' && ownJobs.length === 0 && now", replace: "if (goal.link === 'import' && ownJobs.length < 0 && now" }],
    caughtBy: ['delete-verified', 'nothing-left'],
    seed: 9,
  },
  // Calls that hang.
  {
    name: 'a call that is not answered is tried again at once, without end',
    patches: [
      { file: 'entry-point.ts', find: 'client.send(command, { abortSignal })', replace: 'client.send(command)' },
      { file: 'reconcile.ts', find: '    } catch (error) {\n', replace: "    } catch (error) {\n      if ((error as Error).name === 'TimeoutError') continue;\n" },
    ],
    caughtBy: ['within-time-out'],
  },
  {
    name: 'a call that is not answered fails the deployment',
    patches: [{ file: 'refusal.ts', find: 'isTransientError(sdkError) ||', replace: "(isTransientError(sdkError) && error.name !== 'TimeoutError') ||" }],
    caughtBy: ['needless-failure'],
  },
  // The time of an invocation.
  {
    name: 'an invocation has no budget of time',
    patches: [{ file: 'entry-point.ts', find: 'client.send(command, { abortSignal })', replace: 'client.send(command)' }],
    caughtBy: ['within-time-out'],
  },
  {
    name: 'each call has a budget of its own',
    patches: [{ file: 'entry-point.ts', find: 'client.send(command, { abortSignal })', replace: 'client.send(command, { abortSignal: abortAfter(calls) })' }],
    caughtBy: ['within-time-out'],
  },
  {
    name: 'each look has a budget of its own',
    patches: [
      { file: 'entry-point.ts', find: '    const abortSignal = abortAfter(calls);\n', replace: '    let abortSignal: AbortSignal;\n' },
      { file: 'entry-point.ts', find: 'request => modelImport.handle(request)', replace: 'request => { abortSignal = abortAfter(calls); return modelImport.handle(request); }' },
    ],
    caughtBy: ['within-time-out'],
  },
  {
    name: 'the budget is longer than the function lives',
    patches: [{ file: 'time-budget.ts', find: 'calls: 75 * SECOND', replace: 'calls: 125 * SECOND' }],
    caughtBy: ['within-time-out'],
  },
  {
    name: 'a call that is aborted fails the deployment',
    patches: [{ file: 'refusal.ts', find: " || error.name === 'AbortError'", replace: '' }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'looks quickly for ten minutes',
    patches: [
      { file: 'quick-at-first.ts', find: 'QUICK_PHASE = 60_000', replace: 'QUICK_PHASE = 600_000' },
      { file: 'quick-at-first.ts', find: ', until)', replace: ', Infinity)' },
    ],
    caughtBy: ['within-time-out'],
  },
  {
    name: 'a model that is gone and still seen counts as retained',
    patches: [{ file: D, find: " || tags?.[arn] === 'absent';", replace: ';' }],
    caughtBy: ['needless-failure', 'arn-live'],
    seed: 201,
  },
  {
    name: 'DELETE_FIRST deletes whenever it can at last',
    patches: [{ file: D, find: 'PROPAGATION_PATIENCE + MINUTE;', replace: '60 * MINUTE;' }],
    caughtBy: ['model-kept', 'arn-live'],
    seed: 205,
  },
  // The stacks that a provider serves.
  {
    name: 'every stack is served',
    patches: [{ file: 'served-stacks.ts', find: 'return where === place && names', replace: 'return true || names' }],
    caughtBy: ['bound'],
  },
  {
    name: 'only the provider\'s own stack is served',
    patches: [{ file: 'served-stacks.ts', find: 'return where === place && names', replace: 'return false && names' }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'a stack is asked for at its first request only',
    patches: [{ file: 'model-import-handler.ts', find: '  private async isComplete(event: IsCompleteRequest): Promise<IsCompleteResponse> {\n    this.refuseStrangers(event);\n', replace: '  private async isComplete(event: IsCompleteRequest): Promise<IsCompleteResponse> {\n' }],
    caughtBy: ['bound'],
  },
  {
    name: 'a stack that is no longer served cannot be deleted',
    patches: [{ file: 'model-import-handler.ts', find: "RequestType === 'Delete' || ", replace: '' }],
    caughtBy: ['destroy-ends', 'nothing-left', 'needless-failure'],
  },
  // Upgrades of the library: of the models' stack before that of the provider, and of both.
  {
    name: 'properties of a later version are refused',
    patches: [{ file: 'request.ts', find: '  const problems = problemsOf(request);\n', replace: "  const problems = problemsOf(request);\n  if (properties.AttributesRevision === '2') problems.push('AttributesRevision: unknown');\n" }],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'a later version has another content',
    patches: [{ file: 'request.ts', find: '    sourceVersion: text(properties.SourceVersion),', replace: "    sourceVersion: properties.AttributesRevision === '2' ? '2' : text(properties.SourceVersion)," }],
    caughtBy: ['needless-import', 'needless-failure', 'arn-live'],
  },
];

const ROOT = path.join(__dirname, '..', '..');
const HANDLER = 'src/imported-model/provider/handler';

/** The handler with patches, from a temporary copy of its source. */
export async function patchedHandler(patches: readonly Patch[]): Promise<HandlerCode> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'mutant-'));
  fs.cpSync(path.join(ROOT, 'src'), path.join(directory, 'src'), { recursive: true });
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
  for (const { file, find, replace } of patches) {
    const name = path.join(directory, HANDLER, file);
    const source = fs.readFileSync(name, 'utf8');
    if (source.split(find).length !== 2) throw new Error(`${file} has ${source.split(find).length - 1} times, not once: ${find}`);
    fs.writeFileSync(name, source.replace(find, () => replace));
  }
  const load = async (name: string) => import(path.join(directory, HANDLER, `${name}.ts`)) as Promise<HandlerCode>;
  const { invocation } = await load('entry-point');
  const { servedStacks } = await load('served-stacks');
  fs.rmSync(directory, { recursive: true });
  return { invocation, servedStacks };
}
