import type { ImportJob, Model } from '../../src/handler/bedrock-api';
import { type Absence, decide, type Facts, type Present, PROPAGATION_PATIENCE, type Step, VISIBILITY_PATIENCE } from '../../src/handler/decide';
import type { RefusalKind } from '../../src/handler/refusal';

const MINUTE = 60_000;
const STARTED = Date.UTC(2026, 0, 1);
const OWNER = '0123456789';
const CONTENT = 'abcdef0123';
const NAME = `Llama-${OWNER}-${CONTENT}`;
const JOB_ARN = 'arn:aws:bedrock:us-east-1:111122223333:model-import-job/abcdefghijkl';
const MODEL_ARN = 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl';

const present: Present = {
  kind: 'present',
  names: { owner: OWNER, content: CONTENT, modelName: NAME, jobName: `${NAME}-0000000000`, clientRequestToken: 'token' },
  request: {
    s3Uri: 's3://amzn-s3-demo-bucket/llama/',
    nameBase: 'Llama',
    roleArn: 'arn:aws:iam::111122223333:role/import',
    importedModelTags: [{ key: 'team', value: 'platform' }],
    jobTags: [],
    importTimeoutMinutes: 30,
  },
  formerTagKeys: { model: [], job: [] },
  startedAt: STARTED,
  deadline: STARTED + 30 * MINUTE,
};

const absence: Absence = { kind: 'absent', owner: OWNER, modelName: NAME, startedAt: STARTED, deadline: STARTED + 55 * MINUTE };

const job = (more: Partial<ImportJob> = {}): ImportJob => ({ arn: JOB_ARN, name: present.names.jobName, modelName: NAME, status: 'InProgress', ...more });

const model = (more: Partial<Model> = {}): Model => ({
  arn: MODEL_ARN,
  name: NAME,
  jobArn: JOB_ARN,
  jobName: present.names.jobName,
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

const facts = (more: Omit<Partial<Facts>, 'now'> = {}, minutes = 1): Facts => ({ now: STARTED + minutes * MINUTE, ...more });

const whyOf = (step: Step): string => 'why' in step ? step.why : `no end, but ${step.do}`;

describe('a model should be there', () => {
  test('first looks at the job of this request', () => {
    expect(decide(present, facts())).toEqual({ do: 'GetModelImportJob', jobName: present.names.jobName });
  });

  test('waits for the running job of this request, and needs to know no more', () => {
    expect(decide(present, facts({ ownJob: job() }))).toMatchObject({ do: 'wait', why: expect.stringContaining(JOB_ARN) });
  });

  test('fails with the job\'s ARN, Bedrock\'s reason and what to do when the job has failed', () => {
    const step = decide(present, facts({ ownJob: job({ status: 'Failed', failureMessage: 'The architecture qwen9 is not supported' }) }));
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(JOB_ARN);
    expect(whyOf(step)).toMatch('The architecture qwen9 is not supported');
    expect(whyOf(step)).toMatch(/deploy again/);
  });

  test('says so when Bedrock gives no reason for a failed job', () => {
    expect(whyOf(decide(present, facts({ ownJob: job({ status: 'Failed' }) })))).toMatch(/gave no reason/);
  });

  test.each(['absent', job({ status: 'Completed' })] as const)('looks for the model when no job of this request runs', ownJob => {
    expect(decide(present, facts({ ownJob }))).toEqual({ do: 'GetImportedModel', modelName: NAME });
  });

  test('looks for an import of another request before it starts one', () => {
    expect(decide(present, facts({ ownJob: 'absent', model: 'absent' }))).toEqual({ do: 'ListModelImportJobs', owner: OWNER, modelName: NAME });
  });

  test('waits for the import that another request started', () => {
    expect(decide(present, facts({ ownJob: 'absent', model: 'absent', runningJob: job() }))).toMatchObject({ do: 'wait' });
  });

  test('starts an import when there is neither model nor import', () => {
    expect(decide(present, facts({ ownJob: 'absent', model: 'absent', runningJob: 'absent' })))
      .toEqual({ do: 'CreateModelImportJob', names: present.names, request: present.request });
  });

  describe('whose job has completed, but which cannot be seen', () => {
    const completed = job({ status: 'Completed', endTime: STARTED + 10 * MINUTE });
    const patience = VISIBILITY_PATIENCE / MINUTE;

    test('is waited for', () => {
      expect(decide(present, facts({ ownJob: completed, model: 'absent' }, 10 + patience - 1))).toMatchObject({ do: 'wait' });
    });

    test('was deleted by somebody, after a while', () => {
      const step = decide(present, facts({ ownJob: completed, model: 'absent' }, 10 + patience));
      expect(step.do).toBe('fail');
      expect(whyOf(step)).toMatch(/somebody deleted it.*Deploy again/);
    });

    test('counts from the start of the request when the job has no end time', () => {
      const step = decide(present, facts({ ownJob: job({ status: 'Completed' }), model: 'absent' }, patience));
      expect(step.do).toBe('fail');
    });
  });

  describe('and is', () => {
    const found = { ownJob: 'absent', model: model() } as const;

    test('its tags are looked at, then those of its job', () => {
      expect(decide(present, facts(found))).toEqual({ do: 'ListTagsForResource', of: 'modelTags', resourceArn: MODEL_ARN });
      expect(decide(present, facts({ ...found, modelTags: [] }))).toEqual({ do: 'ListTagsForResource', of: 'jobTags', resourceArn: JOB_ARN });
    });

    test('succeeds when the tags are right', () => {
      expect(decide(present, facts({ ...found, modelTags: [{ key: 'team', value: 'platform' }], jobTags: [] }))).toEqual({ do: 'succeed', model: model() });
    });

    test('changes what is wrong in the tags, removes what is asked for no more, and leaves the tags of others alone', () => {
      const goal: Present = { ...present, formerTagKeys: { model: ['team', 'former', 'gone'], job: ['former'] } };
      const modelTags = [{ key: 'team', value: 'research' }, { key: 'former', value: '1' }, { key: 'cost-center', value: '42' }];
      expect(decide(goal, facts({ ...found, modelTags, jobTags: [{ key: 'former', value: '1' }] }))).toEqual({
        do: 'TagResource',
        changes: [
          { resourceArn: MODEL_ARN, put: [{ key: 'team', value: 'platform' }], remove: ['former'] },
          { resourceArn: JOB_ARN, put: [], remove: ['former'] },
        ],
      });
    });

    test('succeeds after the tags have been changed', () => {
      expect(decide(present, facts({ ...found, modelTags: [], jobTags: [], retagged: true }))).toMatchObject({ do: 'succeed' });
    });

    test('does not mind that Bedrock knows the job no more', () => {
      const goal: Present = { ...present, request: { ...present.request, jobTags: [{ key: 'team', value: 'platform' }] } };
      expect(decide(goal, facts({ ...found, modelTags: goal.request.importedModelTags, jobTags: 'absent' }))).toMatchObject({ do: 'succeed' });
    });

    test('fails when the name belongs to a model that this resource did not import', () => {
      const step = decide(present, facts({ ...found, model: model({ name: 'mine', jobName: 'by-hand' }) }));
      expect(step.do).toBe('fail');
      expect(whyOf(step)).toMatch(/importedModelName: .*did not import/);
    });

    test('fails when an exact name is still taken by the model to replace', () => {
      const step = decide(present, facts({ ...found, model: model({ name: 'mine', jobName: `x-${OWNER}-9999999999-0000000000` }) }));
      expect(step.do).toBe('fail');
      expect(whyOf(step)).toMatch(/importedModelName: .*before the old one is gone/);
    });
  });
});

describe('a model should be gone', () => {
  test('first looks for an import that would bring it back', () => {
    expect(decide(absence, facts())).toEqual({ do: 'ListModelImportJobs', owner: OWNER, modelName: NAME });
  });

  test('waits for it', () => {
    expect(decide(absence, facts({ runningJob: job() }))).toMatchObject({ do: 'wait', why: expect.stringContaining(JOB_ARN) });
  });

  test('then looks for the model', () => {
    expect(decide(absence, facts({ runningJob: 'absent' }))).toEqual({ do: 'GetImportedModel', modelName: NAME });
  });

  test('deletes it', () => {
    expect(decide(absence, facts({ runningJob: 'absent', model: model() }))).toEqual({ do: 'DeleteImportedModel', modelName: NAME });
  });

  test('deletes it by its own name when Bedrock does not say which job made it', () => {
    expect(decide(absence, facts({ runningJob: 'absent', model: model({ jobName: undefined }) }))).toMatchObject({ do: 'DeleteImportedModel' });
  });

  test('succeeds only when it has seen that it is gone', () => {
    expect(decide(absence, facts({ runningJob: 'absent', model: 'absent' }))).toEqual({ do: 'succeed' });
  });

  test('leaves a model alone that another resource has made under the name', () => {
    expect(decide(absence, facts({ runningJob: 'absent', model: model({ jobName: `x-9999999999-${CONTENT}-0000000000` }) }))).toEqual({ do: 'succeed' });
  });
});

describe('the time is over', () => {
  test('an import that still runs fails the deployment, and says what comes', () => {
    const step = decide(present, facts({ ownJob: job() }, 30));
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(/within 30 minutes \(importTimeout\).*rollback waits/);
    expect(whyOf(step)).toMatch(JOB_ARN);
  });

  test('a deletion that still waits fails, and says what to do', () => {
    const step = decide(absence, facts({ runningJob: job() }, 55));
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(/not deleted within 55 minutes.*Delete the stack again/);
  });
});

describe('Bedrock refuses a call', () => {
  const refused = (kind: RefusalKind, minutes: number) =>
    decide(present, facts({ refusal: { operation: 'CreateModelImportJob', kind, message: 'SomeException: no' } }, minutes));

  test.each<[RefusalKind, number]>([['transient', 29], ['busy', 29], ['role', 9], ['access', 9]])('%s: not yet, after %d minutes', (kind, minutes) => {
    expect(refused(kind, minutes)).toMatchObject({ do: 'wait', why: expect.stringContaining('CreateModelImportJob was refused: SomeException: no') });
  });

  test.each<[RefusalKind, number, RegExp]>([
    ['transient', 30, /importTimeout/],
    ['busy', 30, /importTimeout/],
    ['role', PROPAGATION_PATIENCE / MINUTE, /trust policy/],
    ['access', PROPAGATION_PATIENCE / MINUTE, /policy of the provider's role/],
    ['final', 0, /Correct the property/],
  ])('%s: the deployment fails after %d minutes', (kind, minutes, remedy) => {
    const step = refused(kind, minutes);
    expect(step.do).toBe('fail');
    expect(whyOf(step)).toMatch(/CreateModelImportJob was refused: SomeException: no/);
    expect(whyOf(step)).toMatch(remedy);
  });

  test('a delete is as patient', () => {
    const refusal = { operation: 'DeleteImportedModel', kind: 'busy', message: 'ConflictException: later' } as const;
    expect(decide(absence, facts({ refusal }, 54))).toMatchObject({ do: 'wait' });
  });
});
