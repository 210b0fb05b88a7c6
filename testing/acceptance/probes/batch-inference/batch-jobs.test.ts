import { createWithNewRole, judgeBatchModel } from './batch-jobs';
import type { World } from '../../world';

const MODEL = 'amazon.nova-micro-v1:0';
const refused = (name: string) => ({ error: Object.assign(new Error('The model identifier is invalid.'), { name }), text: name });
const served = (...inferenceTypesSupported: string[]) => ({ result: { modelDetails: { inferenceTypesSupported } as never }, text: 'accepted' });

test.each([
  ['served on demand', served('ON_DEMAND', 'PROVISIONED'), undefined],
  ['of which nothing is known', { result: {}, text: 'accepted' }, undefined],
  ['that may not be looked at', refused('AccessDeniedException'), undefined],
  ['served through inference profiles only', served('INFERENCE_PROFILE'), 'is not served on demand in eu-central-1 (inferenceTypesSupported: INFERENCE_PROFILE)'],
  ['that the Region does not have', refused('ValidationException'), 'eu-central-1 has no foundation model amazon.nova-micro-v1:0'],
])('a model %s', (_, outcome, expected) => {
  const reason = judgeBatchModel(MODEL, 'eu-central-1', outcome);
  if (expected === undefined) {
    expect(reason).toBeUndefined();
  } else {
    expect(reason).toContain(expected);
    expect(reason).toContain('--batch-model');
  }
});

test('a quota is not the time that a new role takes', async () => {
  let now = 0;
  const errors = [
    ['ValidationException', 'The role cannot be assumed'], ['ServiceQuotaExceededException', 'Too many jobs for this role'], ['ThrottlingException', 'Slower'],
  ].map(([name, message]) => Object.assign(new Error(message), { name }));
  const world = {
    time: { now: () => now, sleep: async (ms: number) => { now += ms; } },
    aws: {
      bedrock: {
        createModelInvocationJob: async () => {
          const error = errors.shift();
          if (error) throw error;
          return { jobArn: 'arn' };
        },
      },
    },
  } as unknown as World;

  const { jobArn, refusals, waitedMs } = await createWithNewRole(world, {} as never);

  expect([jobArn, refusals.length, waitedMs]).toEqual(['arn', 1, 10_000]);
});
