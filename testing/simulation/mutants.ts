import type { Histories } from './histories';
import type { InvariantName } from './invariants';
import { type Variant, variantsOf } from './variants';
import { REPLACED_BY_TAG, RETAIN_TAG, type Tag, VERIFICATION_TAG } from '../../src/imported-model/provider/contract';
import type { ImportJob, Model } from '../../src/imported-model/provider/handler/bedrock-api';
import type { RefusalKind } from '../../src/imported-model/provider/handler/bedrock-error';
import type { decideChecked } from '../../src/imported-model/provider/handler/decide/checked';
import type { ownedModels } from '../../src/imported-model/provider/handler/decide/ownership';
import type { decideRefused } from '../../src/imported-model/provider/handler/decide/refused';
import type { Answer, Facts, Present, Step } from '../../src/imported-model/provider/handler/decide/steps';
import type { verifyAnswer } from '../../src/imported-model/provider/handler/decide/verification';
import { fail, wait } from '../../src/imported-model/provider/handler/decide/wait';
import type { InvocationEnvironment } from '../../src/imported-model/provider/handler/entry-point';
import { readEvent, validate } from '../../src/imported-model/provider/handler/event';
import { contentOf } from '../../src/imported-model/provider/handler/names';
import { withQuickPolls } from '../../src/imported-model/provider/handler/quick-polls';
import type { ModelImportRequest } from '../../src/imported-model/provider/handler/request';
import { CALL_BUDGET, MINUTE, QUIET_TIME, SECOND } from '../../src/imported-model/provider/patience';
import type { ModelCheck } from '../../src/model-format';

/** A broken handler, and the invariants of which one must detect it. */
export interface Mutant {
  readonly name: string;
  readonly variants: readonly Variant[];
  readonly caughtBy: readonly InvariantName[];
  /** The histories that are searched. Those without check, verification and former models are shorter. @default - 'plain' */
  readonly histories?: Histories;
  /** The seed, if a history that detects the mutant is rare. */
  readonly seed?: number;
  /** The path of the history, if it takes hundreds to find it. Seed and path as in `--replay`. Remove it when histories change, and search again. */
  readonly path?: string;
}

const answer = variantsOf<typeof import('../../src/imported-model/provider/handler/answer')>('handler/answer');
const absent = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/absent')>('handler/decide/absent');
const bedrockApi = variantsOf<typeof import('../../src/imported-model/provider/handler/bedrock-api')>('handler/bedrock-api');
const checked = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/checked')>('handler/decide/checked');
const deploymentError = variantsOf<typeof import('../../src/imported-model/provider/handler/deployment-error')>('handler/deployment-error');
const entryPoint = variantsOf<typeof import('../../src/imported-model/provider/handler/entry-point')>('handler/entry-point');
const event = variantsOf<typeof import('../../src/imported-model/provider/handler/event')>('handler/event');
const goal = variantsOf<typeof import('../../src/imported-model/provider/handler/goal')>('handler/goal');
const handler = variantsOf<typeof import('../../src/imported-model/provider/handler/model-import-handler')>('handler/model-import-handler');
const names = variantsOf<typeof import('../../src/imported-model/provider/handler/names')>('handler/names');
const ownership = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/ownership')>('handler/decide/ownership');
const patience = variantsOf<typeof import('../../src/imported-model/provider/patience')>('patience');
const present = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/present')>('handler/decide/present');
const previous = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/previous')>('handler/decide/previous');
const reconcile = variantsOf<typeof import('../../src/imported-model/provider/handler/reconcile')>('handler/reconcile');
const refusal = variantsOf<typeof import('../../src/imported-model/provider/handler/bedrock-error')>('handler/bedrock-error');
const refused = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/refused')>('handler/decide/refused');
const refusedFiles = variantsOf<typeof import('../../src/imported-model/provider/handler/refused-files')>('handler/refused-files');
const request = variantsOf<typeof import('../../src/imported-model/provider/handler/request')>('handler/request');
const served = variantsOf<typeof import('../../src/imported-model/provider/handler/served-stacks')>('handler/served-stacks');
const tags = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/tags')>('handler/decide/tags');
const verification = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/verification')>('handler/decide/verification');
const verify = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/verify')>('handler/decide/verify');
const waiting = variantsOf<typeof import('../../src/imported-model/provider/handler/decide/wait')>('handler/decide/wait');

/** Changes the decision for refusals of one kind. */
const onRefusal = (kind: RefusalKind, decide: typeof decideRefused) =>
  refused('decideRefused', original => (aGoal, facts, aRefusal) => aRefusal.kind === kind
    ? decide(aGoal, facts, aRefusal)
    : original(aGoal, facts, aRefusal));

/** Classifies matching errors as refusals of another kind. */
const asKind = (error: RegExp, kind: RefusalKind) => refusal('refusalOf', original => (operation, thrown) => {
  const found = original(operation, thrown);
  return error.test(found.message) ? { ...found, kind } : found;
});

/** Changes the goal if a model should be present. */
const withGoal = (change: (goal: Present, facts: Facts) => Partial<Present>) =>
  present('decidePresent', original => (aGoal, facts) => original({ ...aGoal, ...change(aGoal, facts) }, facts));

/** Changes the step if a model should be present. */
const withStep = (change: (step: Step, goal: Present, facts: Facts) => Step) =>
  present('decidePresent', original => (aGoal, facts) => change(original(aGoal, facts), aGoal, facts));

/** Changes the models of an owner after they are listed. */
const withOwned = (change: (owned: Owned, ...args: Parameters<typeof ownedModels>) => Owned) =>
  ownership('ownedModels', original => (aGoal, facts) => {
    const owned = original(aGoal, facts);
    return Array.isArray(owned) ? change(owned, aGoal, facts) : owned;
  });
type Owned = NonNullable<Facts['models']>;

const strategy = (aGoal: Present, replacementStrategy: ModelImportRequest['replacementStrategy']) => ({ request: { ...aGoal.request, replacementStrategy } });

/** Changes the function that calls Bedrock. */
const withSend = (change: (environment: InvocationEnvironment) => (command: never) => Promise<unknown>) =>
  entryPoint('invocation', original => environment => original({ ...environment, client: { send: change(environment) } as InvocationEnvironment['client'] }));

const withoutRetainTag = (facts: Facts): Facts => ({
  ...facts,
  tags: Object.fromEntries(Object.entries(facts.tags ?? {}).map(([arn, list]) => (
    [arn, Array.isArray(list) ? list.filter(({ key }) => key !== RETAIN_TAG.key) : list]))),
});

const REPLACING = { key: REPLACED_BY_TAG.key };

/** Changes what is known of the files. */
const withFiles = (original: typeof decideChecked, change: (files: ModelCheck) => ModelCheck): typeof decideChecked => (aGoal, facts) => (
  original(aGoal, facts.files && 'passed' in facts.files ? { ...facts, files: change(facts.files) } : facts));

/** Takes some answers for good ones. */
const withAnswer = (original: typeof verifyAnswer, isGood: (said: Answer) => boolean): typeof verifyAnswer => (aGoal, model, facts) => (
  original(aGoal, model, facts.answer && isGood(facts.answer) ? { ...facts, answer: { is: 'good' } } : facts));

const withoutReason = (job: Facts['job']): Facts['job'] => job === undefined || job === 'absent' ? job : { ...job, failureMessage: undefined } satisfies ImportJob;

/** Broken handlers, to verify that the simulation detects them. */
const OF_IMPORTS: readonly Mutant[] = [
  // Names.
  {
    name: 'owner hash without the stack',
    variants: [names('ownerOf', original => origin => original({ ...origin, stackId: '' }))],
    caughtBy: ['hands-off', 'needless-failure', 'arn-live', 'nothing-left', 'delete-verified', 'needless-import'],
  },
  {
    name: 'owner hash without the logical id',
    variants: [names('ownerOf', original => origin => original({ ...origin, importLogicalId: '' }))],
    caughtBy: ['hands-off', 'needless-failure', 'arn-live', 'model-kept', 'delete-verified'],
  },
  {
    name: 'model name without the content',
    variants: [names('modelNameOf', () => (prefix, { importedModelName }) => importedModelName ?? prefix)],
    caughtBy: ['needless-failure', 'arn-live', 'model-kept'],
  },
  {
    name: 'content without the version of the source',
    variants: [names('contentOf', original => aRequest => original({ ...aRequest, sourceVersion: undefined }))],
    caughtBy: ['arn-live'],
  },
  {
    name: 'the role is content',
    variants: [names('contentOf', original => aRequest => original({ ...aRequest, sourceVersion: `${aRequest.sourceVersion} ${(aRequest as ModelImportRequest).roleArn}` }))],
    caughtBy: ['needless-import', 'needless-failure'],
    seed: 1,
  },
  {
    name: 'job name without the request',
    variants: [names('namesOf', original => (origin, ...rest) => original({ ...origin, requestId: '' }, ...rest))],
    caughtBy: ['needless-failure', 'fails-at-first-look', 'arn-live'],
  },
  {
    name: 'the readable part is identity',
    variants: [names('prefixOf', () => (owner, nameBase) => `${nameBase}-${owner}`)],
    caughtBy: ['rollback-restores', 'needless-import'],
    seed: 8,
  },
  {
    name: 'the id of the import link has the content',
    variants: [goal('physicalIdOf', original => anEvent => anEvent.request.link === 'import' ? `${original(anEvent)}-${contentOf(anEvent.request)}` : original(anEvent))],
    caughtBy: ['needless-failure', 'rollback-restores'],
  },

  // Refusals.
  { name: 'throws on throttling', variants: [onRefusal('transient', (_, __, { message }) => fail(message))], caughtBy: ['needless-failure'] },
  { name: 'conflict is final', variants: [onRefusal('busy', (_, __, { message }) => fail(message))], caughtBy: ['needless-failure'] },
  { name: 'a role error is final at once', variants: [onRefusal('role', (_, __, { message }) => fail(message))], caughtBy: ['needless-failure'] },
  { name: 'a role error waits for ever', variants: [onRefusal('role', (aGoal, { now }, { message }) => wait(aGoal, now, message))], caughtBy: ['bounded-patience'], seed: 2 },
  { name: 'a denied call is final at once', variants: [onRefusal('access', (_, __, { message }) => fail(message))], caughtBy: ['needless-failure'] },
  { name: 'a denied call waits for ever', variants: [onRefusal('access', (aGoal, { now }, { message }) => wait(aGoal, now, message))], caughtBy: ['bounded-patience'] },
  { name: 'a quota is final at once', variants: [onRefusal('quota', (_, __, { message }) => fail(message))], caughtBy: ['needless-failure'] },
  { name: 'a full account waits for ever', variants: [patience('FULL_ACCOUNT_PATIENCE', () => Infinity)], caughtBy: ['bounded-patience'] },
  {
    name: 'an account is full that was busy',
    variants: [refused('decideRefused', original => (aGoal, facts, aRefusal) => original(aGoal, {
      ...facts,
      recent: facts.recent?.filter(({ status }) => status === 'InProgress'),
      models: facts.models?.map(model => ({ ...model, creationTime: 0 })),
    }, aRefusal))],
    caughtBy: ['needless-failure'],
  },
  { name: 'a job name in use is final', variants: [asKind(/job name is currently in use|already exists/i, 'final')], caughtBy: ['needless-failure'], seed: 17 },
  {
    name: 'not found is an error',
    variants: [bedrockApi('BedrockApi', original => class extends original {
      public async getJob(name: string) { return orThrow(await super.getJob(name)); }

      public async getModel(name: string) { return orThrow(await super.getModel(name)); }

      public async getTags(arn: string) { return orThrow(await super.getTags(arn)); }
    })],
    caughtBy: ['needless-failure'],
  },

  // Time.
  {
    name: 'no deadline of its own',
    variants: [waiting('wait', original => (aGoal, now, why) => now < aGoal.deadline + 9e9 ? { do: 'wait', why } : original(aGoal, now, why))],
    caughtBy: ['one-call-per-poll', 'answered', 'needless-failure'],
  },
  {
    name: 'fails when its window closes, instead of handing over',
    variants: [waiting('wait', original => (aGoal, now, why) => original({ ...aGoal, link: aGoal.kind === 'present' ? 'model' : 'import' }, now, why))],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'hands over at once',
    variants: [waiting('wait', original => (aGoal, now, why) => (
      original(aGoal.kind === 'present' && aGoal.link === 'import' ? { ...aGoal, deadline: 0 } : aGoal, now, why)))],
    caughtBy: ['arn-live', 'needless-failure'],
  },
  {
    name: 'a request begins when the handler hears of it',
    variants: [handler('ModelImportHandler', original => class extends original {
      public async handle(anEvent: Parameters<InstanceType<typeof original>['handle']>[0]) { return super.handle({ ...anEvent, ResponseURL: undefined }); }
    })],
    caughtBy: ['needless-failure'],
  },
  { name: 'a link clings to a job of long ago', variants: [patience('STALE_JOB_AGE', () => Infinity)], caughtBy: ['needless-failure', 'arn-live'], seed: 20 },
  { name: 'no quiet time', variants: [patience('QUIET_TIME', () => 0)], caughtBy: ['delete-verified', 'nothing-left'] },
  {
    name: 'every poll looks at everything',
    variants: [present('decidePresent', original => (aGoal, facts) => (
      facts.models === undefined && !facts.refusal ? { do: 'ListImportedModels' } : original(aGoal, facts)))],
    caughtBy: ['one-call-per-poll'],
  },
  {
    name: 'a model is reported when the window closes',
    variants: [withStep((step, { deadline, link }, { now }) => step.do === 'succeed' && link === 'model' && now < deadline ? { do: 'wait', why: 'later' } : step)],
    caughtBy: ['prompt'],
  },
  {
    name: 'a change does not end the poll',
    variants: [reconcile('reconcile', original => async (...args) => {
      let end = await original(...args);
      while (end.do === 'wait' && end.why.endsWith('has been called')) end = await original(...args);
      return end;
    })],
    caughtBy: ['needless-failure', 'terminates', 'answered', 'one-call-per-poll'],
  },

  // A model that should be present.
  {
    name: 'a failed job is waited for',
    variants: [withStep((step, aGoal, { job, now }) => step.do === 'fail' && job !== 'absent' && job?.status === 'Failed' && now <= aGoal.deadline ? wait(aGoal, now, 'later') : step)],
    caughtBy: ['fails-at-first-look', 'reason-given', 'needless-failure', 'arn-live'],
  },
  {
    name: 'a failed job keeps its reason to itself',
    variants: [present('decidePresent', original => (aGoal, facts) => (
      original(aGoal, { ...facts, job: withoutReason(facts.job), ownJob: withoutReason(facts.ownJob) })))],
    caughtBy: ['reason-given'],
  },
  {
    name: 'a long answer is not cut',
    variants: [deploymentError('DeploymentError', () => class extends Error {
      constructor(why: string) {
        super(why);
        this.stack = `${this.name}: ${why}`;
      }
    })],
    caughtBy: ['answer-fits'],
  },
  {
    name: 'the attributes lack one',
    variants: [bedrockApi('BedrockApi', original => class extends original {
      public async getModel(name: string) {
        const model = await super.getModel(name);
        return model === 'absent' ? model : { ...model, attributes: { ...model.attributes, JobArn: '' } };
      }
    })],
    caughtBy: ['attributes'],
  },
  {
    name: 'reads the first page only',
    variants: [bedrockApi('BedrockApi', original => class extends original {
      constructor(client: ConstructorParameters<typeof original>[0]) {
        super({ send: async (command: never) => ({ ...await client.send(command) as object, nextToken: undefined }) } as never);
      }
    })],
    caughtBy: ['delete-verified', 'nothing-left', 'orphan-removed', 'needless-failure', 'bounded-patience', 'model-kept', 'previous-kept'],
    seed: 14,
  },

  // Deletions in a deployment.
  {
    name: 'reaps the model that a rollback needs',
    variants: [withGoal(() => ({ formerModelNames: [] }))],
    caughtBy: ['model-kept', 'rollback-restores', 'needless-import'],
  },
  {
    name: 'reaps what a later deployment has made',
    variants: [ownership('isOlder', () => (model, { startedAt }) => model.creationTime <= startedAt + 9e9)],
    caughtBy: ['model-kept', 'needless-import', 'needless-failure', 'arn-live', 'rollback-restores'],
    seed: 109,
    path: '556',
  },
  { name: 'reaps the models of others', variants: [withOwned((_, __, { models = [] }) => models)], caughtBy: ['hands-off'] },
  { name: 'never reaps', variants: [withGoal((_, { models = [] }) => ({ formerModelNames: models.map(({ name }) => name) }))], caughtBy: ['orphan-removed'], seed: 6 },
  {
    name: 'DELETE_FIRST waits for its turn, then deletes',
    variants: [
      patience('GIVE_WAY_PATIENCE', () => Infinity),
      withGoal((aGoal, { model, running = [] }) => model === 'absent' && running.length > 0 ? strategy(aGoal, 'CREATE_FIRST') : {}),
    ],
    caughtBy: ['model-kept'],
    seed: 14,
  },
  {
    name: 'DELETE_FIRST deletes the models of others',
    variants: [withOwned((owned, { kind }, { model, models = [] }) => kind === 'present' && model === 'absent' ? models : owned)],
    caughtBy: ['hands-off'],
  },
  {
    name: 'DELETE_FIRST deletes although it is CREATE_FIRST',
    variants: [withGoal((aGoal, { model }) => model === 'absent' ? strategy(aGoal, 'DELETE_FIRST') : {})],
    caughtBy: ['model-kept', 'rollback-restores'],
  },
  { name: 'DELETE_FIRST deletes whenever it can at last', variants: [patience('GIVE_WAY_PATIENCE', () => 70 * MINUTE)], caughtBy: ['model-kept', 'arn-live'], seed: 205, path: '2064' },
  {
    name: 'a model that is gone and still seen counts as retained',
    variants: [ownership('isBeingDeleted', () => ({ deleted }, { arn }) => deleted?.[arn] === true)],
    caughtBy: ['needless-failure', 'arn-live'],
    seed: 21,
  },

  // A model that should be absent.
  {
    name: 'forgets the running job on delete',
    variants: [waiting('waitForImport', original => (aGoal, now, job) => aGoal.kind === 'absent' ? { do: 'succeed' } : original(aGoal, now, job))],
    caughtBy: ['delete-verified', 'nothing-left'],
  },
  {
    name: 'reports a deletion before it is done',
    variants: [absent('decideAbsent', original => (aGoal, facts) => (
      facts.deleted || facts.refusal?.operation === 'DeleteImportedModel' ? { do: 'succeed' } : original(aGoal, facts)))],
    caughtBy: ['delete-verified', 'nothing-left', 'model-kept', 'needless-import', 'arn-live', 'orphan-removed'],
  },
  {
    name: 'a cancelled Create is forgotten',
    variants: [absent('decideAbsent', original => (aGoal, facts) => original({ ...aGoal, cancelledCreate: undefined }, facts))],
    caughtBy: ['nothing-left'],
  },
  {
    name: 'the import link deletes one model only',
    variants: [withOwned((owned, { kind, link }) => kind === 'absent' && link === 'import' ? owned.slice(1) : owned)],
    caughtBy: ['delete-verified', 'nothing-left'],
  },
  {
    name: 'the import link does not sweep',
    variants: [withOwned((owned, { kind, link }) => kind === 'absent' && link === 'import' ? [] : owned)],
    caughtBy: ['delete-verified', 'nothing-left'],
  },
  {
    name: 'the wait link deletes',
    variants: [absent('decideAbsent', original => (aGoal, facts) => original(aGoal.link === 'wait' ? { ...aGoal, link: 'import' } : aGoal, facts))],
    caughtBy: ['model-kept'],
  },
  {
    name: 'a deletion is never sure',
    variants: [absent('decideAbsent', original => (aGoal, facts) => {
      const step = original(aGoal, facts);
      return step.do === 'succeed' && aGoal.link === 'import' ? wait(aGoal, facts.now, 'never') : step;
    })],
    caughtBy: ['destroy-ends'],
  },
  {
    name: 'a longer chain blocks its own rollback',
    variants: [withOwned((owned, { kind, link }) => kind === 'absent' && link === 'wait' ? [] : owned)],
    caughtBy: ['rollback-prompt'],
    seed: 207,
    path: '1484',
  },
  {
    name: 'a chain that nothing is known of is gone at once',
    variants: [absent('decideAbsent', original => (aGoal, facts) => (
      original(aGoal, facts.ownJobs?.length === 0 ? { ...facts, now: Math.max(facts.now, aGoal.startedAt + QUIET_TIME) } : facts)))],
    caughtBy: ['delete-verified', 'nothing-left'],
    seed: 21,
  },
  {
    name: 'an id that changes in a deletion',
    variants: [handler('ModelImportHandler', original => class extends original {
      public async handle(anEvent: Parameters<InstanceType<typeof original>['handle']>[0]) {
        return super.handle('StartedAt' in anEvent || anEvent.RequestType !== 'Delete' ? anEvent : { ...anEvent, RequestType: 'Update' });
      }
    })],
    caughtBy: ['answer-fits', 'needless-failure', 'delete-verified', 'hands-off', 'model-kept', 'nothing-left', 'destroy-ends'],
  },
  {
    name: 'a deletion checks the properties',
    variants: [handler('ModelImportHandler', original => class extends original {
      public async handle(anEvent: Parameters<InstanceType<typeof original>['handle']>[0]) {
        if (!('StartedAt' in anEvent)) validate(readEvent(anEvent));
        return super.handle(anEvent);
      }
    })],
    caughtBy: ['needless-failure'],
    seed: 15,
  },

  // Tags.
  { name: 'tags are not removed', variants: [tags('tagChange', original => (...args) => ({ ...original(...args), remove: [] }))], caughtBy: ['tags'], seed: 8 },
  {
    name: 'untags everything',
    variants: [tags('tagChange', original => (arn, actual, wanted, formerKeys) => (
      original(arn, actual, wanted, actual === 'absent' ? formerKeys : actual.map(({ key }) => key))))],
    caughtBy: ['retained', 'tags'],
    seed: 3,
  },
  {
    name: 'tags are not changed',
    variants: [withStep((step, _, { model }) => step.do === 'TagResource' ? { do: 'succeed', model: model as Model } : step)],
    caughtBy: ['retained', 'tags'],
  },

  // Retained models and planted names.
  {
    name: 'a model that a failed update has asked for is retained',
    variants: [withGoal(({ formerModelNames, names: { modelName }, replacedModelName }) => (
      { replacedModelName: formerModelNames.find(name => name !== modelName) ?? replacedModelName }))],
    caughtBy: ['hands-off'],
    seed: 2028294669,
    path: '221:0:0:0:0:0:0:0:0:2:3:3:3:3:3:6:7:6:6:6:7:7:7:7:8:9:8:9:9:9:10:10',
  },
  {
    name: 'RETAIN is not read',
    variants: [request('readRequest', original => properties => ({ ...original(properties), retain: false }))],
    caughtBy: ['retained', 'model-kept'],
  },
  {
    name: 'RETAIN holds as long as it is the policy',
    variants: [ownership('deleteOne', original => (facts, ...rest) => original(withoutRetainTag(facts), ...rest))],
    caughtBy: ['retained'],
  },
  {
    name: 'RETAIN does not keep orphans from being removed',
    variants: [withGoal(aGoal => ({ request: { ...aGoal.request, retain: false } }))],
    caughtBy: ['retained', 'model-kept', 'arn-live'],
    seed: 30,
  },
  {
    name: 'the mark of a retained model is removed when it serves again',
    variants: [withGoal(({ formerTagKeys }) => ({ formerTagKeys: { ...formerTagKeys, model: [RETAIN_TAG.key, ...formerTagKeys.model] } }))],
    caughtBy: ['retained'],
    seed: 108,
    path: '1769',
  },
  {
    name: 'every model is marked as retained',
    variants: [withGoal(aGoal => ({ tags: { ...aGoal.tags, model: [...aGoal.tags.model, RETAIN_TAG] satisfies Tag[] } }))],
    caughtBy: ['tags'],
  },
  {
    name: 'a model is deleted by its name alone',
    variants: [withOwned((owned, _, { looked = {}, models = [] }) => (
      models.filter(model => owned.includes(model) || looked[model.arn] !== undefined)))],
    caughtBy: ['hands-off'],
    seed: 13,
  },
  {
    name: 'a deletion takes whatever has the name',
    variants: [absent('decideAbsent', original => (aGoal, facts) => original(aGoal, {
      ...facts,
      model: facts.model === undefined || facts.model === 'absent' ? facts.model : { ...facts.model, jobName: `x-${aGoal.owner}-aaaaaaaa-aaaaaaaa` },
    }))],
    caughtBy: ['hands-off'],
    seed: 102,
    path: '679',
  },
  { name: 'the name of a job is believed', variants: [verify('verify', () => () => undefined)], caughtBy: ['hands-off', 'tags', 'genuine', 'arn-live'], seed: 202, path: '925' },
  {
    name: 'the role of a job is not looked at',
    variants: [ownership('hasRoleOfStack', original => (aGoal, job) => aGoal.kind === 'present' || original(aGoal, job))],
    caughtBy: ['hands-off', 'tags', 'genuine', 'arn-live'],
    seed: 202,
    path: '925',
  },
  {
    name: 'the id that a skipped link has is forgotten',
    variants: [withGoal(({ formerModelNames }) => ({ formerModelNames: formerModelNames.slice(0, 1) }))],
    caughtBy: ['model-kept'],
    seed: 307,
    path: '923',
  },
  {
    name: 'the former role is a stranger',
    variants: [withGoal(({ roles }) => ({ roles: roles.slice(0, 1) }))],
    caughtBy: ['needless-failure', 'needless-import', 'arn-live'],
    seed: 203,
    path: '1563',
  },
  {
    name: 'an import of a stranger blocks a deletion',
    variants: [ownership('hasRoleOfStack', original => (aGoal, job) => aGoal.kind === 'absent' || original(aGoal, job))],
    caughtBy: ['destroy-ends'],
    seed: 6,
  },

  // Calls without a response, and the duration of an invocation.
  {
    name: 'a call that is not answered is tried again at once, without end',
    variants: [withSend(({ client }) => async command => {
      for (;;) {
        try {
          return await client.send(command);
        } catch (error) {
          if ((error as Error).name !== 'TimeoutError') throw error;
        }
      }
    })],
    caughtBy: ['within-time-out'],
  },
  { name: 'a call that is not answered fails the deployment', variants: [asKind(/^TimeoutError/, 'final')], caughtBy: ['needless-failure'] },
  { name: 'an invocation has no budget of time', variants: [withSend(({ client }) => async command => client.send(command))], caughtBy: ['within-time-out'] },
  {
    name: 'each call has a budget of its own',
    variants: [withSend(({ abortAfter, client }) => async command => client.send(command, { abortSignal: abortAfter?.(CALL_BUDGET) }))],
    caughtBy: ['within-time-out'],
  },
  {
    name: 'each poll has a budget of its own',
    variants: [
      patience('POLL_BUDGET', () => 0),
      entryPoint('invocation', original => environment => withQuickPolls(async anEvent => original(environment)(anEvent), environment.now, environment.sleep)),
    ],
    caughtBy: ['within-time-out'],
  },
  { name: 'the budget is longer than the function lives', variants: [patience('CALL_BUDGET', () => 125 * SECOND)], caughtBy: ['within-time-out'] },
  { name: 'a call that is aborted fails the deployment', variants: [asKind(/^AbortError/, 'final')], caughtBy: ['needless-failure'] },
  {
    name: 'polls quickly for ten minutes',
    variants: [patience('QUICK_PHASE', () => 10 * MINUTE), patience('POLL_BUDGET', () => Infinity)],
    caughtBy: ['within-time-out'],
  },

  // Served stacks.
  { name: 'every stack is served', variants: [served('servedStacks', () => () => () => true)], caughtBy: ['bound'] },
  { name: 'only the provider\'s own stack is served', variants: [served('servedStacks', original => list => original(list?.split(',')[0]))], caughtBy: ['needless-failure'] },
  {
    name: 'a stack is asked for at its first request only',
    variants: [handler('ModelImportHandler', original => class extends original {
      private readonly openToAll: InstanceType<typeof original>;

      constructor(...[bedrock, now, log, serves]: ConstructorParameters<typeof original>) {
        super(bedrock, now, log, serves);
        this.openToAll = new original(bedrock, now, log);
      }

      public async handle(anEvent: Parameters<InstanceType<typeof original>['handle']>[0]) {
        return 'StartedAt' in anEvent ? this.openToAll.handle(anEvent) : super.handle(anEvent);
      }
    })],
    caughtBy: ['bound'],
    seed: 7625622,
    path: '960',
  },
  {
    name: 'a stack that is no longer served cannot be deleted',
    variants: [handler('ModelImportHandler', original => class extends original {
      private readonly isServed: (stackId: string) => boolean;

      constructor(...[bedrock, now, log, serves = () => true]: ConstructorParameters<typeof original>) {
        super(bedrock, now, log, serves);
        this.isServed = serves;
      }

      public async handle(anEvent: Parameters<InstanceType<typeof original>['handle']>[0]) {
        if (!this.isServed(anEvent.StackId)) throw new Error('not served');
        return super.handle(anEvent);
      }
    })],
    caughtBy: ['destroy-ends', 'nothing-left', 'needless-failure'],
  },

  // Upgrades of the library: in the stack of the models before that of the provider, and in both.
  {
    name: 'properties of a later version are refused',
    variants: [event('readEvent', original => anEvent => {
      if (anEvent.RequestType !== 'Delete' && anEvent.ResourceProperties.AttributesRevision === '2') throw new Error('AttributesRevision: unknown');
      return original(anEvent);
    })],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'a later version has another content',
    variants: [request('readRequest', original => properties => (
      properties.AttributesRevision === '2' ? { ...original(properties), sourceVersion: '2' } : original(properties)))],
    caughtBy: ['needless-import', 'needless-failure', 'arn-live'],
  },
];

/** Of the check of the files, of verifications and of former models that are kept. */
const OF_NEW_MODELS: readonly Mutant[] = [
  // The check of the files.
  { name: 'findings are ignored', variants: [checked('decideChecked', original => withFiles(original, files => ({ ...files, passed: true })))], caughtBy: ['checked-first'] },
  {
    name: 'a finding that is acknowledged stops the import',
    variants: [checked('decideChecked', original => withFiles(original, files => ({ ...files, passed: files.findings.every(({ severity }) => severity !== 'error') })))],
    caughtBy: ['check-never-blocks'],
  },
  {
    name: 'a warning stops the import',
    variants: [checked('decideChecked', original => withFiles(original, files => ({ ...files, passed: files.findings.length === 0 })))],
    caughtBy: ['check-never-blocks'],
  },
  {
    name: 'files that cannot be read stop the import',
    variants: [checked('decideChecked', original => (aGoal, facts) => facts.files && 'unreadable' in facts.files ? fail(facts.files.unreadable) : original(aGoal, facts))],
    caughtBy: ['check-never-blocks'],
  },
  { name: 'files that cannot be read are waited for', variants: [patience('FILES_PATIENCE', () => Infinity)], caughtBy: ['check-never-blocks'], seed: 7688974, path: '443' },
  {
    name: 'the check stops a rollback to files that are bad by now',
    variants: [checked('decideChecked', original => (aGoal, facts) => original(aGoal, { ...facts, ownJobs: facts.ownJobs && [] }))],
    caughtBy: ['check-never-blocks'],
  },
  {
    name: 'the check waits for its turn',
    variants: [checked('decideChecked', original => (aGoal, facts) => {
      if (facts.running === undefined && !facts.refusal) return { do: 'ListModelImportJobs', into: 'running', status: 'InProgress' };
      return facts.running?.length ? { do: 'wait', why: 'later' } : original(aGoal, facts);
    })],
    caughtBy: ['check-never-blocks'],
  },
  {
    name: 'bad files are looked at again and again',
    variants: [checked('decideChecked', original => (aGoal, facts) => {
      const step = original(aGoal, facts);
      return step.do === 'fail' && facts.now < aGoal.startedAt + 15 * MINUTE ? { do: 'wait', why: 'later' } : step;
    })],
    caughtBy: ['fails-at-first-look'],
  },
  { name: 'a check keeps its reason to itself', variants: [refusedFiles('refusalOfFiles', () => () => 'The files are bad')], caughtBy: ['reason-given'] },
  {
    name: 'the check has no attribute',
    variants: [handler('ModelImportHandler', original => class extends original {
      public async handle(anEvent: Parameters<InstanceType<typeof original>['handle']>[0]) {
        const answered = await super.handle(anEvent);
        return anEvent.ResourceProperties.Link === 'check' && 'Data' in answered ? { ...answered, Data: undefined } : answered;
      }
    })],
    caughtBy: ['attributes'],
  },

  // Verification.
  {
    name: 'verification is not read',
    variants: [request('readRequest', original => properties => ({ ...original(properties), verification: undefined, verified: false }))],
    caughtBy: ['unverified-never-serves', 'tags'],
  },
  { name: 'every answer is good', variants: [answer('judge', () => () => ({ is: 'good' }))], caughtBy: ['unverified-never-serves'] },
  { name: 'no answer is as good as a good one', variants: [verification('verifyAnswer', original => withAnswer(original, ({ is }) => is === 'late'))], caughtBy: ['unverified-never-serves'] },
  {
    name: 'a bad answer may become a good one',
    variants: [verification('verifyAnswer', original => (aGoal, model, facts) => (
      original(aGoal, model, facts.answer?.is === 'bad' ? { ...facts, answer: { ...facts.answer, is: 'late' } } : facts)))],
    caughtBy: ['fails-at-first-look'],
  },
  {
    name: 'a model that is being loaded has failed',
    variants: [verification('verifyAnswer', original => (aGoal, model, facts) => (
      original(aGoal, model, facts.answer?.is === 'late' ? { ...facts, answer: { ...facts.answer, is: 'bad' } } : facts)))],
    caughtBy: ['needless-failure'],
  },
  { name: 'a model has two minutes to answer', variants: [patience('VERIFICATION_PATIENCE', () => 2 * MINUTE)], caughtBy: ['needless-failure'] },
  { name: 'a model has all the time to answer', variants: [patience('VERIFICATION_PATIENCE', () => 9e9)], caughtBy: ['bounded-patience'] },
  {
    name: 'a refused call after the window ends a verification',
    variants: [verification('withTimeToAnswer', () => aGoal => aGoal)],
    caughtBy: ['needless-failure'],
  },
  {
    name: 'a model that fails its verification stays',
    variants: [withStep((step, _, { answer: said }) => step.do === 'DeleteImportedModel' && said && said.is !== 'good' ? fail(`verification: model: ${said.why}`) : step)],
    caughtBy: ['failed-model-deleted'],
  },
  {
    name: 'a model is not marked as pending',
    variants: [request('readRequest', original => properties => ({ ...original(properties), verified: false }))],
    caughtBy: ['failed-model-deleted'],
  },
  {
    name: 'a bad answer deletes a model that was not pending',
    variants: [verification('verifyAnswer', original => (aGoal, model, facts) => {
      const isBad = facts.answer !== undefined && facts.answer.is !== 'good' && Array.isArray(facts.tags?.[model.arn]);
      const pending: Tag[] = [{ key: VERIFICATION_TAG.key, value: VERIFICATION_TAG.pending }];
      return original(aGoal, model, isBad ? { ...facts, tags: { ...facts.tags, [model.arn]: pending } } : facts);
    })],
    caughtBy: ['model-kept', 'retained', 'previous-kept'],
  },
  {
    name: 'a model that has passed is not marked',
    variants: [goal('goalOf', original => (anEvent, startedAt) => {
      const aGoal = original(anEvent, startedAt);
      if (aGoal.kind !== 'present') return aGoal;
      return { ...aGoal, tags: { ...aGoal.tags, model: aGoal.tags.model.filter(({ key }) => key !== VERIFICATION_TAG.key) } };
    })],
    caughtBy: ['tags', 'invoked-only-if-new', 'model-kept'],
  },
  {
    name: 'a model that the stack has is asked again',
    variants: [verification('verifyAnswer', original => (aGoal, model, facts) => {
      const list = facts.tags?.[model.arn];
      const tagsOfModel = Array.isArray(list) && facts.answer === undefined ? list.filter(({ key }) => key !== VERIFICATION_TAG.key) : list;
      return original({ ...aGoal, verifiedJobName: undefined }, model, { ...facts, tags: { ...facts.tags, [model.arn]: tagsOfModel } });
    })],
    caughtBy: ['invoked-only-if-new'],
  },
  {
    name: 'every model is invoked',
    variants: [withGoal(aGoal => ({ request: { ...aGoal.request, verification: aGoal.request.verification ?? { body: '{}' } } }))],
    caughtBy: ['invoked-only-if-new'],
  },

  // The former model.
  {
    name: 'keepPrevious is not read',
    variants: [request('readRequest', original => properties => ({ ...original(properties), keepPrevious: false }))],
    caughtBy: ['previous-kept'],
  },
  {
    name: 'the former model is an orphan',
    variants: [ownership('deleteOne', original => (facts, models, isKept) => original(facts, models, facts.job === undefined ? isKept : undefined))],
    caughtBy: ['previous-kept'],
  },
  {
    name: 'the former model of long ago stays',
    variants: [withOwned((owned, { kind, link }) => kind === 'absent' && link === 'model' ? [] : owned)],
    caughtBy: ['previous-removed'],
    seed: 7863192,
    path: '929',
  },
  { name: 'a former model is never marked as kept', variants: [previous('kept', () => name => ({ ...REPLACING, value: `REPLACING:${name}` }))], caughtBy: ['previous-removed'] },
  { name: 'a rollback keeps the model that failed', variants: [previous('isToBeKept', () => () => true)], caughtBy: ['previous-removed'] },
  {
    name: 'a model in use does not say so',
    variants: [previous('inUse', original => list => original(list).value === 'NONE' ? { ...REPLACING, value: '' } : original(list))],
    caughtBy: ['previous-removed'],
    seed: 7886949,
    path: '443',
  },
  {
    name: 'a model that returns is forgotten',
    variants: [previous('inUse', () => () => ({ ...REPLACING, value: 'NONE' }))],
    caughtBy: ['previous-kept'],
    seed: 7894868,
    path: '504',
  },
];

export const MUTANTS: readonly Mutant[] = [...OF_IMPORTS, ...OF_NEW_MODELS.map((mutant): Mutant => ({ ...mutant, histories: 'all' }))];

function orThrow<T>(value: T | 'absent'): T {
  if (value === 'absent') throw Object.assign(new Error('not found'), { name: 'ResourceNotFoundException', $metadata: {} });
  return value;
}
