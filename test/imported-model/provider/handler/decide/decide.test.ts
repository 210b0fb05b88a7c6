import { RETAIN_TAG } from '../../../../../src/imported-model/provider/contract';
import type { ImportJob, Model, ModelSummary } from '../../../../../src/imported-model/provider/handler/bedrock-api';
import type { RefusalKind } from '../../../../../src/imported-model/provider/handler/bedrock-error';
import { decide } from '../../../../../src/imported-model/provider/handler/decide/decide';
import type { Absence, Facts, Present, Step } from '../../../../../src/imported-model/provider/handler/decide/steps';
import { FULL_ACCOUNT_PATIENCE, GIVE_WAY_PATIENCE, STALE_JOB_AGE, ORPHAN_PATIENCE, PROPAGATION_PATIENCE, QUIET_TIME, VISIBILITY_PATIENCE } from '../../../../../src/imported-model/provider/patience';

const MINUTE = 60_000;
const STARTED = Date.UTC(2026, 0, 1);
const OWNER = 'abcdefghij234567';
const CONTENT = 'klmnop23';
const OTHER_OWNER = 'zzzzzzzzzzzzzzzz';
const OTHER_CONTENT = 'zzzzzzzz';
const ROLE = 'arn:aws:iam::111122223333:role/import';
const NAME = `Llama-${OWNER}-${CONTENT}`;
const JOB_ARN = 'arn:aws:bedrock:us-east-1:111122223333:model-import-job/abcdefghijkl';
const MODEL_ARN = 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl';

const present: Present = {
  kind: 'present',
  link: 'model',
  owner: OWNER,
  roles: [ROLE],
  names: { owner: OWNER, content: CONTENT, modelName: NAME, jobName: `${NAME}-aaaaaaaa`, ownJobName: `${NAME}-bbbbbbbb` },
  request: {
    link: 'model',
    windowMinutes: 30,
    replacementStrategy: 'CREATE_FIRST',
    s3Uri: 's3://amzn-s3-demo-bucket/llama/',
    nameBase: 'Llama',
    roleArn: 'arn:aws:iam::111122223333:role/import',
    importedModelTags: [{ key: 'team', value: 'platform' }],
    jobTags: [],
    importTimeoutMinutes: 85,
    retain: false,
    keepPrevious: false,
    verified: false,
    acknowledgedRules: [],
  },
  formerModelNames: [],
  tags: { model: [{ key: 'team', value: 'platform' }], job: [] },
  formerTagKeys: { model: [], job: [] },
  startedAt: STARTED,
  deadline: STARTED + 30 * MINUTE,
};

const absence: Absence = { kind: 'absent', link: 'model', owner: OWNER, roles: [ROLE], modelName: NAME, startedAt: STARTED, deadline: STARTED + 55 * MINUTE };

const starter: Present = { ...present, link: 'import' };
const deleteFirst: Present = { ...present, request: { ...present.request, replacementStrategy: 'DELETE_FIRST' } };
const sweep: Absence = { ...absence, link: 'import' };

const job = (more: Partial<ImportJob> = {}): ImportJob => ({
  arn: JOB_ARN, name: present.names.jobName, modelName: NAME, status: 'InProgress', creationTime: STARTED, roleArn: ROLE, ...more,
});

const model = (more: Partial<Model> = {}): Model => ({
  arn: MODEL_ARN,
  name: NAME,
  creationTime: STARTED,
  jobArn: JOB_ARN,
  jobName: present.names.jobName,
  s3Uri: present.request.s3Uri,
  attributes: {
    ModelArn: MODEL_ARN,
    ImportedModelName: NAME,
    JobArn: JOB_ARN,
    JobName: present.names.jobName,
    ModelArchitecture: 'llama',
    InstructSupported: 'true',
    CustomModelUnitsPerModelCopy: '2',
    CustomModelUnitsVersion: 'v1.0',
  },
  ...more,
});

/** A model in a list, older than the request. */
const listed = (name: string, more: Partial<ModelSummary> = {}): ModelSummary => ({ arn: `${MODEL_ARN}-${name}`, name, creationTime: STARTED - MINUTE, ...more });

const facts = (more: Omit<Partial<Facts>, 'now'> = {}, minutes = 1): Facts => ({ now: STARTED + minutes * MINUTE, ...more });

/** The details of listed models: their jobs belong to this owner, and they have no tags. */
const known = (...models: ModelSummary[]): Pick<Facts, 'looked' | 'tags'> => ({
  looked: Object.fromEntries(models.map(one => [one.arn, model({ ...one, jobName: `x-${OWNER}-${OTHER_CONTENT}-aaaaaaaa` })])),
  tags: Object.fromEntries(models.map(({ arn }) => [arn, []])),
});

const whyOf = (step: Step): string => 'why' in step && step.why ? step.why : `no reason, but ${step.do}`;

describe('a model should exist', () => {
  test('reads the job of this request first', () => {
    expect(decide(present, facts())).toEqual({ do: 'GetModelImportJob', into: 'job', jobName: present.names.jobName });
  });

  test('waits for the running job of this request, without another call', () => {
    expect(decide(present, facts({ job: job() }))).toMatchObject({ do: 'wait', why: expect.stringContaining(JOB_ARN) });
  });

  test('fails after a failed job, with its ARN, the reason of Bedrock and the remedy', () => {
    const step = decide(present, facts({ job: job({ status: 'Failed', failureMessage: 'The architecture qwen9 is not supported' }) }));
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(JOB_ARN);
    expect(whyOf(step)).toMatch('The architecture qwen9 is not supported');
    expect(whyOf(step)).toMatch(/deploy again/);
  });

  test('fails after a failed job without a reason', () => {
    expect(whyOf(decide(present, facts({ job: job({ status: 'Failed' }) })))).toMatch(/gave no reason/);
  });

  test.each(['absent', job({ status: 'Completed' })] as const)('reads the model if no job of this deployment is running', own => {
    expect(decide(present, facts({ job: own }))).toEqual({ do: 'GetImportedModel', into: 'model', modelName: NAME });
  });

  test('lists the running jobs before it starts an import', () => {
    expect(decide(present, facts({ job: 'absent', model: 'absent' }))).toEqual({ do: 'ListModelImportJobs', into: 'running', status: 'InProgress' });
  });

  test.each([
    ['the same model, for another request,', job()],
    ['another model', job({ modelName: 'other', name: 'other' })],
    ['a model of another owner, with the same name and weights,', job({ name: `x-${OTHER_OWNER}-${CONTENT}-aaaaaaaa` })],
    ['a model with the same name, of an unknown owner,', job({ name: 'by-hand' })],
    ['the same content with its former exact name', job({ modelName: 'exact' })],
    ['other content with the same exact name', job({ name: `x-${OWNER}-${OTHER_CONTENT}-aaaaaaaa` })],
  ])('waits for its turn while %s is being imported', (_, other) => {
    expect(decide(present, facts({ job: 'absent', model: 'absent', running: [other] })))
      .toMatchObject({ do: 'wait', why: expect.stringContaining(`Waiting for the import of another model: ${other.modelName} (${JOB_ARN})`) });
  });

  test('starts an import if neither a model nor a running import exists', () => {
    expect(decide(present, facts({ job: 'absent', model: 'absent', running: [] })))
      .toEqual({ do: 'CreateModelImportJob', jobName: present.names.jobName, names: present.names, request: present.request });
  });

  describe.each(['Completed', 'Failed'] as const)('and the job of the first link ended long ago (%s)', status => {
    const history = job({ status, endTime: STARTED - STALE_JOB_AGE - 1 });
    const { ownJobName } = present.names;

    test('succeeds with the model', () => {
      expect(decide(present, facts({ job: history }))).toEqual({ do: 'GetImportedModel', into: 'model', modelName: NAME });
      expect(decide(starter, facts({ job: history, model: model() }))).toEqual({ do: 'succeed', model: model() });
    });

    test('starts a job of its own, and follows it', () => {
      const nothing = { job: history, model: 'absent' } as const;
      expect(decide(present, facts(nothing))).toEqual({ do: 'GetModelImportJob', into: 'ownJob', jobName: ownJobName });
      expect(decide(present, facts({ ...nothing, ownJob: 'absent', running: [] }))).toMatchObject({ do: 'CreateModelImportJob', jobName: ownJobName });
      expect(decide(present, facts({ ...nothing, ownJob: job() }))).toMatchObject({ do: 'wait' });
      expect(decide(present, facts({ ...nothing, ownJob: job({ status: 'Failed' }) }))).toMatchObject({ do: 'fail' });
    });
  });

  // The clocks of Bedrock and of the handler differ.
  test('fails if the job of this request failed, also if it ended before the request', () => {
    const own: Present = { ...present, names: { ...present.names, jobName: present.names.ownJobName } };
    expect(decide(own, facts({ job: job({ status: 'Failed', endTime: STARTED - STALE_JOB_AGE - 1 }) }))).toMatchObject({ do: 'fail' });
  });

  describe('and the old one should be deleted first', () => {
    const nothing = { job: 'absent', model: 'absent', running: [] } as const;
    const old = listed(`Llama-${OWNER}-${OTHER_CONTENT}`);

    test('lists all models, and the jobs of this owner', () => {
      expect(decide(deleteFirst, facts({ ...nothing, running: [] }))).toEqual({ do: 'ListImportedModels' });
      expect(decide(deleteFirst, facts({ ...nothing, running: [], models: [] })))
        .toEqual({ do: 'ListModelImportJobs', into: 'ownJobs', owner: OWNER });
    });

    test('deletes a model with a name or a job of this owner, and no other model', () => {
      const byJob = listed('exact');
      const completed = [job({ status: 'Completed', modelArn: byJob.arn })];
      expect(decide(deleteFirst, facts({ ...nothing, running: [], models: [listed('other'), old], ownJobs: [], ...known(old) }))).toMatchObject({ do: 'DeleteImportedModel', modelName: old.name });
      expect(decide(deleteFirst, facts({ ...nothing, running: [], models: [listed('other'), byJob], ownJobs: completed, ...known(byJob) }))).toMatchObject({ do: 'DeleteImportedModel', modelName: 'exact' });
    });

    // After the wait, CloudFormation may have rolled back to the old model.
    test('deletes it before it waits for its turn', () => {
      const running = [job({ modelName: 'other', name: 'other' })];
      expect(decide(deleteFirst, facts({ ...nothing, running, models: [old], ownJobs: [], ...known(old) }))).toMatchObject({ do: 'DeleteImportedModel', modelName: old.name });
      expect(decide(deleteFirst, facts({ ...nothing, running, models: [], ownJobs: [] }))).toMatchObject({ do: 'wait' });
    });

    test('starts the import after the deletion', () => {
      expect(decide(deleteFirst, facts({ ...nothing, running: [], models: [listed('other')], ownJobs: [] }))).toMatchObject({ do: 'CreateModelImportJob' });
    });

    test('does not delete a younger model, which belongs to a later deployment', () => {
      const younger = { ...old, creationTime: STARTED + 1 };
      expect(decide(deleteFirst, facts({ ...nothing, running: [], models: [younger], ownJobs: [], ...known(younger) }))).toMatchObject({ do: 'CreateModelImportJob' });
    });
  });

  describe('whose job has completed, but which is not visible', () => {
    const completed = job({ status: 'Completed', endTime: STARTED + 10 * MINUTE });
    const patience = VISIBILITY_PATIENCE / MINUTE;

    test('waits', () => {
      expect(decide(present, facts({ job: completed, model: 'absent' }, 10 + patience - 1)))
        .toMatchObject({ do: 'wait', why: expect.stringMatching(/has completed, its model is not visible yet/) });
    });

    test('fails later, because the model was deleted', () => {
      const step = decide(present, facts({ job: completed, model: 'absent' }, 10 + patience));
      expect(step.do).toBe('fail');
      expect(whyOf(step)).toMatch(/somebody deleted it.*deploy again/);
    });

    test('waits from the start of the request if the job has no end time', () => {
      const step = decide(present, facts({ job: job({ status: 'Completed' }), model: 'absent' }, patience));
      expect(step.do).toBe('fail');
    });
  });

  describe('and exists', () => {
    const found: Omit<Partial<Facts>, 'now'> = { job: 'absent', model: model(), models: [], ownJobs: [], jobs: { [JOB_ARN]: job({ status: 'Completed' }) } };

    test.each(['import', 'wait'] as const)('is sufficient for the %s link', link => {
      expect(decide({ ...present, link }, facts(found))).toEqual({ do: 'succeed', model: model() });
    });

    test('lists the other models first', () => {
      expect(decide(present, facts({ ...found, models: undefined }))).toEqual({ do: 'ListImportedModels' });
      expect(decide(present, facts({ ...found, ownJobs: undefined }))).toMatchObject({ do: 'ListModelImportJobs', into: 'ownJobs' });
    });

    test('reads its tags, then those of its job', () => {
      expect(decide(present, facts(found))).toEqual({ do: 'ListTagsForResource', resourceArn: MODEL_ARN });
      expect(decide(present, facts({ ...found, tags: { [MODEL_ARN]: [] } }))).toEqual({ do: 'ListTagsForResource', resourceArn: JOB_ARN });
    });

    test('changes the tags that differ, removes those that are no longer wanted, and keeps other tags', () => {
      const goal: Present = { ...present, formerTagKeys: { model: ['team', 'former', 'gone'], job: ['former'] } };
      const modelTags = [{ key: 'team', value: 'research' }, { key: 'former', value: '1' }, { key: 'cost-center', value: '42' }];
      expect(decide(goal, facts({ ...found, tags: { [MODEL_ARN]: modelTags, [JOB_ARN]: [{ key: 'former', value: '1' }] } }))).toEqual({
        do: 'TagResource',
        changes: [
          { resourceArn: MODEL_ARN, put: [{ key: 'team', value: 'platform' }], remove: ['former'] },
          { resourceArn: JOB_ARN, put: [], remove: ['former'] },
        ],
      });
    });

    test('succeeds if the tags are correct, or have been changed', () => {
      expect(decide(present, facts({ ...found, tags: { [MODEL_ARN]: present.request.importedModelTags, [JOB_ARN]: [] } }))).toEqual({ do: 'succeed', model: model() });
      expect(decide(present, facts({ ...found, retagged: true }))).toEqual({ do: 'succeed', model: model() });
    });

    test('succeeds if the job no longer exists', () => {
      const goal: Present = { ...present, tags: { ...present.tags, job: [{ key: 'team', value: 'platform' }] } };
      expect(decide(goal, facts({ ...found, tags: { [MODEL_ARN]: goal.tags.model, [JOB_ARN]: 'absent' } }))).toMatchObject({ do: 'succeed' });
    });

    describe('with orphans', () => {
      const orphan = listed(`Llama-${OWNER}-${OTHER_CONTENT}`);
      const among = (models: ModelSummary[], goal = present) => decide(goal, facts({ ...found, models, ...known(orphan, listed(NAME)) }));

      test('deletes one of them in each poll', () => {
        expect(among([listed(NAME), orphan])).toMatchObject({ do: 'DeleteImportedModel', modelName: orphan.name });
      });

      test('keeps the model itself, the model that a rollback may need, and models of other owners and of later deployments', () => {
        const goal = { ...present, formerModelNames: [orphan.name] };
        expect(among([listed(NAME), listed('other'), orphan], goal)).toMatchObject({ do: 'ListTagsForResource' });
        expect(among([{ ...orphan, creationTime: STARTED + 1 }])).toMatchObject({ do: 'ListTagsForResource' });
      });

      test('gives up one that cannot be deleted', () => {
        const refusal = { operation: 'DeleteImportedModel', kind: 'busy', message: 'ConflictException: no' } as const;
        const minutes = ORPHAN_PATIENCE / MINUTE;
        expect(decide(present, facts({ ...found, refusal }, minutes - 1))).toMatchObject({ do: 'wait' });
        const refused = { ...found, models: [listed(NAME), orphan], refusal, ...known(orphan, listed(NAME)) };
        expect(decide(present, facts(refused, minutes))).toMatchObject({ do: 'ListTagsForResource' });
        expect(decide(present, facts({ ...refused, tags: { ...refused.tags, [MODEL_ARN]: present.tags.model, [JOB_ARN]: [] } }, minutes))).toMatchObject({ do: 'succeed' });
      });

      test('does not give up other calls', () => {
        const refusal = { operation: 'TagResource', kind: 'transient', message: 'ThrottlingException: no' } as const;
        expect(decide(present, facts({ ...found, refusal }, ORPHAN_PATIENCE / MINUTE))).toMatchObject({ do: 'wait', why: expect.stringMatching(/TagResource/) });
      });
    });

    test('fails if the name belongs to a model that this resource did not import', () => {
      const step = decide(present, facts({ ...found, model: model({ name: 'mine', jobName: 'by-hand' }) }));
      expect(step.do).toBe('fail');
      expect(whyOf(step)).toMatch(/importedModelName: .*did not import.*Choose another name/);
    });

    describe('with the same exact name and other content', () => {
      const old = model({ name: 'mine', jobName: `x-${OWNER}-${OTHER_CONTENT}-aaaaaaaa` });

      test('fails, because two models cannot have one name', () => {
        const step = decide(present, facts({ ...found, model: old }));
        expect(step.do).toBe('fail');
        expect(whyOf(step)).toMatch(/importedModelName: .*before the old one is gone.*DELETE_FIRST/);
      });

      test('is deleted first with DELETE_FIRST', () => {
        expect(decide(deleteFirst, facts({ ...found, model: old, tags: { [MODEL_ARN]: [] } }))).toMatchObject({ do: 'DeleteImportedModel', modelArn: MODEL_ARN });
      });

      test('waits if a read still returns it after the deletion', () => {
        expect(decide(deleteFirst, facts({ ...found, model: old, tags: { [MODEL_ARN]: 'absent' } }))).toMatchObject({ do: 'wait', why: expect.stringMatching(/being deleted/) });
      });

      test('waits for its deletion longer than for that of an orphan', () => {
        const refusal = { operation: 'DeleteImportedModel', kind: 'busy', message: 'ConflictException: no' } as const;
        expect(decide(deleteFirst, facts({ ...found, model: old, refusal }, ORPHAN_PATIENCE / MINUTE))).toMatchObject({ do: 'wait' });
      });

      test('fails if it could not be deleted in time', () => {
        const step = decide(deleteFirst, facts({ ...found, model: old, tags: { [MODEL_ARN]: [] } }, GIVE_WAY_PATIENCE / MINUTE));
        expect(step.do).toBe('fail');
        expect(whyOf(step)).toMatch(/importedModelName: "mine" is still taken .*within 11 minutes\. Delete it/);
      });

      test('is not deleted if it belongs to a later deployment', () => {
        expect(decide(deleteFirst, facts({ ...found, model: { ...old, creationTime: STARTED + 1 } }))).toMatchObject({ do: 'fail' });
      });
    });
  });
});

// #16: a model is adopted because of its source, its key and the role of its job, and not because of its name.
describe('a model with a name of this stack', () => {
  const found = (more: Partial<Model> = {}, started: ImportJob | 'absent' | undefined = undefined, goal = present) =>
    decide(goal, facts({ job: 'absent', model: model(more), models: [], ownJobs: [], jobs: { [JOB_ARN]: started } }));
  const KEY = 'arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012';
  const encrypted: Present = { ...present, request: { ...present.request, importedModelKmsKeyId: KEY } };

  test('is refused with another source', () => {
    expect(whyOf(found({ s3Uri: 's3://attacker-bucket/backdoored/' }))).toMatch(/was not imported from what .* its source is s3:\/\/attacker-bucket\/backdoored\/ instead of s3:\/\/amzn-s3-demo-bucket\/llama\/.*delete it/);
  });

  test('is accepted without the slash at the end of the source', () => {
    expect(found({ s3Uri: 's3://amzn-s3-demo-bucket/llama' })).toMatchObject({ do: 'GetModelImportJob' });
  });

  test('is refused with another key, or without a key', () => {
    expect(whyOf(found({ kmsKeyArn: `${KEY}0` }, undefined, encrypted))).toMatch(/is encrypted with .* instead of/);
    expect(whyOf(found({}, undefined, encrypted))).toMatch(/AWS owned key instead of/);
    expect(found({ kmsKeyArn: KEY }, undefined, encrypted)).toMatchObject({ do: 'GetModelImportJob' });
  });

  // Only the provider can pass the service role of the stack.
  test('is refused if its job had another service role', () => {
    expect(found()).toEqual({ do: 'GetModelImportJob', into: 'jobs', jobName: JOB_ARN });
    expect(whyOf(found({}, job({ roleArn: 'arn:aws:iam::111122223333:role/attacker' })))).toMatch(/service role arn:aws:iam::111122223333:role\/attacker.*not started by this stack/);
    expect(found({}, job())).toMatchObject({ do: 'ListTagsForResource' });
  });

  test('is accepted if its job no longer exists', () => {
    expect(found({}, 'absent')).toMatchObject({ do: 'ListTagsForResource' });
  });

  test('is accepted if its job was verified before', () => {
    const goal = { ...present, verifiedJobName: present.names.jobName };
    expect(found({}, undefined, goal)).toMatchObject({ do: 'ListTagsForResource' });
    expect(found({ jobName: `${NAME}-cccccccc` }, undefined, goal)).toMatchObject({ do: 'GetModelImportJob' });
  });

  test('does not block the deletion of the stack at the end of the window, while it is being imported with another role', () => {
    const forged = job({ roleArn: 'arn:aws:iam::111122223333:role/attacker' });
    const seen = { running: [forged], models: [], ownJobs: [forged] };
    expect(decide(sweep, facts(seen, 44))).toMatchObject({ do: 'wait' });
    expect(decide(sweep, facts(seen, 45))).toEqual({ do: 'GetModelImportJob', into: 'jobs', jobName: JOB_ARN });
    expect(decide(sweep, facts({ ...seen, jobs: { [JOB_ARN]: 'absent' } }, 45))).toMatchObject({ do: 'wait' }); // it was started moments ago
    expect(decide(sweep, facts({ ...seen, jobs: { [JOB_ARN]: forged } }, 45))).toEqual({ do: 'succeed' });
  });

  // #2
  test('is read before a deletion, and kept if a job of another owner has imported it', () => {
    const copy = listed(`copy-${OWNER}-${CONTENT}`);
    expect(decide(sweep, facts({ running: [], models: [copy], ownJobs: [] }))).toEqual({ do: 'GetImportedModel', into: 'looked', modelName: copy.arn });
    const looked = { [copy.arn]: model({ ...copy, jobName: 'team-c-job' }) };
    expect(decide(sweep, facts({ running: [], models: [copy], ownJobs: [job({ status: 'Failed' })], looked }))).toEqual({ do: 'succeed' });
  });
});

// #1: RETAIN.
describe('with the removal policy RETAIN', () => {
  const retain: Present = {
    ...present,
    request: { ...present.request, retain: true },
    tags: { ...present.tags, model: [...present.tags.model, RETAIN_TAG] },
    formerModelNames: ['former'],
    replacedModelName: 'former',
  };
  const former = listed('former');
  const orphan = listed('orphan');
  const ownJobs = [former, orphan].map(({ arn }) => job({ status: 'Completed', modelArn: arn }));
  const seen: Omit<Partial<Facts>, 'now'> = {
    job: 'absent', model: model(), models: [former, orphan], ownJobs, jobs: { [JOB_ARN]: job() }, tags: { [MODEL_ARN]: present.tags.model, [JOB_ARN]: [] },
  };

  test('deletes nothing, and tags the model and the one that it replaces', () => {
    expect(decide(retain, facts(seen))).toEqual({
      do: 'TagResource',
      changes: [{ resourceArn: former.arn, put: [RETAIN_TAG], remove: [] }, { resourceArn: MODEL_ARN, put: [RETAIN_TAG], remove: [] }],
    });
  });

  // A model that an attacker has imported with this name makes the update fail; the rollback must not change it.
  test('does not tag the model of a failed update', () => {
    const back: Present = { ...retain, replacedModelName: NAME };
    expect(decide(back, facts({ ...seen, tags: { ...seen.tags, [MODEL_ARN]: back.tags.model } }))).toEqual({ do: 'succeed', model: model() });
  });

  test('keeps the models with the tag when the policy is DESTROY later, and deletes the others', () => {
    const goal: Present = { ...present, formerModelNames: [NAME] };
    const tags = { ...seen.tags, [former.arn]: [RETAIN_TAG], [orphan.arn]: [] };
    expect(decide(goal, facts({ ...seen, tags }))).toMatchObject({ do: 'DeleteImportedModel', modelArn: orphan.arn });
    expect(decide(goal, facts({ ...seen, models: [former], tags }))).toMatchObject({ do: 'succeed' });
  });

  test('deletes no retained model with DELETE_FIRST', () => {
    const nothing: Omit<Partial<Facts>, 'now'> = { job: 'absent', model: 'absent', running: [], models: [former], ownJobs };
    expect(decide({ ...deleteFirst, request: { ...deleteFirst.request, retain: true } }, facts(nothing))).toMatchObject({ do: 'CreateModelImportJob' });
    expect(decide(deleteFirst, facts({ ...nothing, tags: { [former.arn]: [RETAIN_TAG] } }))).toMatchObject({ do: 'CreateModelImportJob' });
  });

  // A waiter can outlive its deployment: the rollback may have restored the model whose tag the user removes.
  test('does not delete later with DELETE_FIRST a model that has lost its tag', () => {
    const givenUp: Omit<Partial<Facts>, 'now'> = { job: 'absent', model: 'absent', running: [], models: [former], ownJobs, tags: { [former.arn]: [] } };
    expect(decide(deleteFirst, facts(givenUp))).toMatchObject({ do: 'DeleteImportedModel', modelArn: former.arn });
    expect(decide(deleteFirst, facts(givenUp, GIVE_WAY_PATIENCE / MINUTE))).toMatchObject({ do: 'CreateModelImportJob' });
  });
});

// #7: an unknown status is not a completed job whose model was deleted.
describe('a job with an unknown status', () => {
  const status = 'Stopping' as ImportJob['status'];

  test('fails a deployment, with the status in the message', () => {
    expect(whyOf(decide(present, facts({ job: job({ status }) })))).toMatch(/status "Stopping", which this version .* does not know/);
  });

  test('counts as running for a deletion', () => {
    expect(decide(sweep, facts({ running: [], ownJobs: [job({ status })] }))).toMatchObject({ do: 'wait', why: expect.stringMatching(/is running/) });
  });
});

describe('a model should not exist', () => {
  test('lists the running jobs first', () => {
    expect(decide(absence, facts())).toEqual({ do: 'ListModelImportJobs', into: 'running', status: 'InProgress' });
  });

  test.each(['import', 'wait', 'model'] as const)('waits for its running import (%s)', link => {
    expect(decide({ ...absence, link }, facts({ running: [job()], models: [], ownJobs: [] }))).toMatchObject({ do: 'wait', why: expect.stringContaining(JOB_ARN) });
  });

  test.each(['import', 'wait', 'model'] as const)('does not wait for imports of other owners (%s)', link => {
    expect(decide({ ...absence, link }, facts({ running: [job({ name: 'other' })] }))).not.toMatchObject({ do: 'wait' });
  });

  test('does not wait for another import of the same owner with the model link', () => {
    expect(decide(absence, facts({ running: [job({ modelName: 'other' })] }))).toEqual({ do: 'GetImportedModel', into: 'model', modelName: NAME });
  });

  test('deletes it', () => {
    expect(decide(absence, facts({ running: [], model: model(), tags: { [MODEL_ARN]: [] } }))).toEqual({ do: 'DeleteImportedModel', modelArn: MODEL_ARN, modelName: NAME });
  });

  // #2
  test('does not delete it if its job is unknown', () => {
    expect(decide(absence, facts({ running: [], model: model({ jobName: undefined }) }))).toMatchObject({ do: 'succeed', why: expect.stringMatching(/not a model of this resource/) });
  });

  // #1
  test('keeps it if it has the tag of a retained model', () => {
    const tags = { [MODEL_ARN]: [RETAIN_TAG] };
    expect(decide(absence, facts({ running: [], model: model(), tags }))).toMatchObject({ do: 'succeed', why: expect.stringMatching(/retained/) });
    expect(decide(sweep, facts({ running: [], models: [listed(NAME, { arn: MODEL_ARN })], ownJobs: [job({ status: 'Completed', modelArn: MODEL_ARN })], tags }))).toEqual({ do: 'succeed' });
  });

  test('waits if a read still returns it after the deletion', () => {
    expect(decide(absence, facts({ running: [], model: model(), tags: { [MODEL_ARN]: 'absent' } }))).toMatchObject({ do: 'wait', why: expect.stringMatching(/being deleted/) });
  });

  test('succeeds after a read that does not find it', () => {
    expect(decide(absence, facts({ running: [], model: 'absent', ownJobs: [] }))).toEqual({ do: 'succeed' });
  });

  test('waits for the model of a job that completed moments ago', () => {
    const nothing = { running: [], model: 'absent' } as const;
    expect(decide(absence, facts({ ...nothing, running: [] }))).toMatchObject({ do: 'ListModelImportJobs', into: 'ownJobs', owner: OWNER });
    const ended = (modelName: string, status: ImportJob['status']) => [job({ status, modelName, endTime: STARTED + MINUTE })];
    const at = (now: number, modelName: string, status: ImportJob['status'] = 'Completed') =>
      decide(absence, { ...facts({ ...nothing, running: [], ownJobs: ended(modelName, status) }), now });
    expect(at(STARTED + MINUTE + QUIET_TIME - 1, NAME)).toMatchObject({ do: 'wait', why: expect.stringMatching(/completed moments ago/) });
    expect(at(STARTED + MINUTE + QUIET_TIME - 1, NAME, 'Failed')).toEqual({ do: 'succeed' });
    expect(at(STARTED + MINUTE + QUIET_TIME - 1, 'other')).toEqual({ do: 'succeed' });
    expect(at(STARTED + MINUTE + QUIET_TIME, NAME)).toEqual({ do: 'succeed' });
  });

  test('keeps a model with the same name of another resource', () => {
    expect(decide(absence, facts({ running: [], model: model({ jobName: `x-${OTHER_OWNER}-${CONTENT}-aaaaaaaa` }) }))).toMatchObject({ do: 'succeed' });
  });

  test('does not read a physical id that cannot be the name of a model', () => {
    expect(decide({ ...absence, modelName: undefined }, facts({ running: [] }))).toEqual({ do: 'succeed' });
  });

  describe('whose Create was cancelled, and can still start its import', () => {
    const cancelled = (link: Absence['link'], jobName?: string): Absence => ({
      ...absence, link, cancelledCreate: { jobName, content: CONTENT, since: STARTED - MINUTE, until: STARTED + 30 * MINUTE },
    });
    const started = job({ status: 'Failed' });

    const nothing: Partial<Facts> = { running: [], models: [], ownJobs: [] };

    test.each([cancelled('import'), cancelled('wait', 'one'), cancelled('model', 'one')])('waits for the end of the window ($link)', goal => {
      expect(decide(goal, facts({ ...nothing, ownJobs: undefined }))).toMatchObject({ do: 'ListModelImportJobs', into: 'ownJobs', owner: OWNER });
      expect(decide(goal, facts(nothing, 29))).toMatchObject({ do: 'wait', why: expect.stringMatching(/can still start/) });
      expect(decide(goal, facts(nothing, 30))).not.toMatchObject({ do: 'wait' });
    });

    test('deletes it before the wait', () => {
      expect(decide(cancelled('import'), facts({ ...nothing, models: [listed(NAME)], ...known(listed(NAME)) }))).toMatchObject({ do: 'DeleteImportedModel', modelName: NAME });
    });

    test.each([cancelled('import'), cancelled('wait', started.name), cancelled('model', started.name)])('continues if the job was started, because its name cannot be used again ($link)', goal => {
      expect(decide(goal, facts({ ...nothing, ownJobs: [started] }, 1))).not.toMatchObject({ do: 'wait' });
    });

    test('continues if the job ended just before the deletion', () => {
      const ended = { ...started, endTime: STARTED - QUIET_TIME };
      expect(decide(cancelled('import'), facts({ ...nothing, ownJobs: [ended] }, 1))).toEqual({ do: 'succeed' });
    });

    test.each([
      [cancelled('wait', 'another'), started],
      [cancelled('import'), { ...started, creationTime: STARTED - MINUTE - 1 }],
      [cancelled('import'), { ...started, name: `x-${OWNER}-${OTHER_CONTENT}-aaaaaaaa` }],
      [cancelled('import'), { ...started, endTime: STARTED - QUIET_TIME - 1 }],
    ])('waits if only another job exists', (goal, other) => {
      expect(decide(goal, facts({ ...nothing, ownJobs: [other] }))).toMatchObject({ do: 'wait', why: expect.stringMatching(/can still start/) });
    });

    test('waits for an import that was started after the list of running jobs', () => {
      const goal = cancelled('import');
      expect(decide(goal, facts({ running: [], ownJobs: [job()] }))).toMatchObject({ do: 'wait', why: expect.stringMatching(/is running/) });
    });
  });

  // #11: the rollback of a longer importTimeout deletes a wait link while the model stays.
  test('does not wait with the wait link if a model of this owner exists', () => {
    const wait: Absence = { ...absence, link: 'wait' };
    const serving = { running: [job()], models: [listed(NAME, { arn: MODEL_ARN })], ownJobs: [job({ status: 'Completed', modelArn: MODEL_ARN })] };
    expect(decide(wait, facts({ ...serving, models: undefined }))).toEqual({ do: 'ListImportedModels' });
    expect(decide(wait, facts(serving))).toMatchObject({ do: 'succeed', why: expect.stringMatching(/serves/) });
    expect(decide(wait, facts({ ...serving, models: [] }))).toMatchObject({ do: 'wait' });
  });

  test('deletes nothing with the wait link', () => {
    expect(decide({ ...absence, link: 'wait' }, facts({ running: [] }))).toEqual({ do: 'succeed' });
  });

  describe('nor any other model of its owner, with the import link', () => {
    test('lists all models, and the jobs of this owner', () => {
      expect(decide(sweep, facts({ running: [] }))).toEqual({ do: 'ListImportedModels' });
      expect(decide(sweep, facts({ running: [], models: [] }))).toMatchObject({ do: 'ListModelImportJobs', into: 'ownJobs', owner: OWNER });
    });

    test('deletes the models of this owner, and no others', () => {
      const left = listed(`Llama-${OWNER}-${OTHER_CONTENT}`);
      expect(decide(sweep, facts({ running: [], models: [listed('other'), left], ownJobs: [], ...known(left) }))).toMatchObject({ do: 'DeleteImportedModel', modelName: left.name });
    });

    test('checks once more for models and jobs of moments ago', () => {
      const nothing = { running: [], models: [listed('other')], ownJobs: [job({ status: 'Completed', modelName: 'exact', endTime: STARTED + MINUTE })] };
      const at = (time: number) => decide(sweep, { ...facts(nothing), now: time });
      expect(at(STARTED + MINUTE + QUIET_TIME - 1)).toMatchObject({ do: 'wait' });
      expect(at(STARTED + MINUTE + QUIET_TIME)).toEqual({ do: 'succeed' });
      expect(decide(sweep, { ...facts({ ...nothing, ownJobs: [] }), now: STARTED + QUIET_TIME - 1 }))
        .toMatchObject({ do: 'wait', why: expect.stringMatching(/checking once more/) });
    });
  });
});

describe('at the end of the wait window', () => {
  test.each(['import', 'wait'] as const)('the next link continues the import (%s)', link => {
    expect(decide({ ...present, link }, facts({ job: job() }, 30)))
      .toMatchObject({ do: 'succeed', jobName: present.names.jobName, why: expect.stringMatching(/next resource in the chain continues/) });
  });

  test.each(['model', 'wait'] as const)('the next link continues the deletion (%s)', link => {
    expect(decide({ ...absence, link }, facts({ running: [job()], models: [], ownJobs: [] }, 55))).toMatchObject({ do: 'succeed' });
  });

  test.each([{ link: 'model', end: 'fail' }, { link: 'import', end: 'succeed' }] as const)('no import is started ($link)', ({ link, end }) => {
    expect(decide({ ...present, link }, facts({ job: 'absent', model: 'absent', running: [] }, 30)))
      .toMatchObject({ do: end, why: expect.stringMatching(/has not been started/) });
  });

  test('a running import fails the last link, and the message explains the consequence', () => {
    const step = decide(present, facts({ job: job() }, 30));
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(/within 85 minutes \(importTimeout\).*cannot be stopped/);
    expect(whyOf(step)).toMatch(JOB_ARN);
  });

  test('a waiting deletion fails the last link, with the remedy', () => {
    const step = decide(sweep, facts({ running: [job()], jobs: { [JOB_ARN]: job() } }, 55));
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(/not deleted in time.*Delete the stack again/);
  });
});

describe('when Bedrock refuses a call', () => {
  const refused = (kind: RefusalKind, minutes: number, goal = present) =>
    decide(goal, facts({ refusal: { operation: 'CreateModelImportJob', kind, message: 'SomeException: no' } }, minutes));

  test.each<[RefusalKind, number]>([['transient', 29], ['busy', 29], ['role', 9], ['access', 9]])('%s: waits after %d minutes', (kind, minutes) => {
    expect(refused(kind, minutes)).toMatchObject({ do: 'wait', why: expect.stringContaining('CreateModelImportJob was refused: SomeException: no') });
  });

  test.each<[RefusalKind, number, RegExp]>([
    ['transient', 30, /importTimeout/],
    ['busy', 30, /importTimeout/],
    ['role', PROPAGATION_PATIENCE / MINUTE, /for 10 minutes.*trust policy/],
    ['access', PROPAGATION_PATIENCE / MINUTE, /for 10 minutes.*policies of the provider's role/],
    ['final', 0, /Correct the property/],
  ])('%s: fails after %d minutes', (kind, minutes, remedy) => {
    const step = refused(kind, minutes);
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(/CreateModelImportJob was refused: SomeException: no/);
    expect(whyOf(step)).toMatch(remedy);
  });

  test.each<[RefusalKind]>([['role'], ['access'], ['final']])('%s: fails the first link', kind => {
    expect(refused(kind, 30, starter)).toMatchObject({ do: 'fail' });
  });

  test('a deletion waits as well', () => {
    const refusal = { operation: 'DeleteImportedModel', kind: 'busy', message: 'ConflictException: later' } as const;
    expect(decide(absence, facts({ refusal }, 54))).toMatchObject({ do: 'wait' });
  });

  describe('because of a quota', () => {
    const refusal = { operation: 'CreateModelImportJob', kind: 'quota', message: 'ServiceQuotaExceededException: no' } as const;
    const full = FULL_ACCOUNT_PATIENCE / MINUTE;
    const models = [listed('one'), listed('two'), listed('three')];
    const long = job({ name: 'long-ago', status: 'Completed', creationTime: STARTED - 90 * MINUTE, endTime: STARTED - 60 * MINUTE });

    test('lists recent jobs and models to find out which', () => {
      expect(decide(present, facts({ refusal, running: [] }))).toEqual({ do: 'ListModelImportJobs', into: 'recent', since: STARTED - (24 * 60 - 1) * MINUTE });
      expect(decide(present, facts({ refusal, recent: [long] }))).toEqual({ do: 'ListImportedModels' });
    });

    test('waits for its turn if another import was faster', () => {
      expect(decide(present, facts({ refusal, running: [], recent: [job({ name: 'other' }), long] }, 29)))
        .toMatchObject({ do: 'wait', why: expect.stringMatching(/Waiting for the import/) });
    });

    test('waits for another model to be deleted', () => {
      expect(decide(present, facts({ refusal, recent: [long], models }, full - 1))).toMatchObject({ do: 'wait' });
    });

    test.each([
      ['a model has been created', { recent: [long], models: [...models.slice(1), listed('new', { creationTime: STARTED + 10 * MINUTE })] }],
      ['an import has failed', { recent: [job({ name: 'other', status: 'Failed', creationTime: STARTED, endTime: STARTED + 10 * MINUTE }), long], models }],
    ])('waits again when %s, because the next import may be faster and not visible yet', (_, seen) => {
      expect(decide(present, facts({ refusal, ...seen }, 10 + full - 1))).toMatchObject({ do: 'wait' });
      expect(decide(present, facts({ refusal, ...seen }, 10 + full))).toMatchObject({ do: 'fail' });
    });

    test('fails later, with the models of the account', () => {
      const step = decide(present, facts({ refusal, recent: [], models }, full));
      expect(step.do).toBe('fail');
      expect(whyOf(step)).toMatch(/for 15 minutes.*Its models: one, two, three\. .*DELETE_FIRST/);
    });

    test('waits if the account has no models', () => {
      expect(decide(present, facts({ refusal, recent: [long], models: [] }, full))).toMatchObject({ do: 'wait' });
    });
  });
});
