import { forbiddenInBatches } from './batch-forbidden';
import { type PlayedBatches, playBatches } from './batch-play';
import { BATCH_SCENES } from './batch-scenes';
import { type Exception, testPolicies } from './proof';
import { newApp } from '../support/stacks';

/** Of each state machine with a distributed map. */
const OF_MAPS: Exception = {
  what: /DistributedMapPolicy\S*: states:(Describe|Stop)Execution on .*:stateMachine:/,
  reason: 'a permission that CDK adds, on an ARN that no execution has: those of executions are added by this library',
};

describe.each(BATCH_SCENES)('$name', ({ build, engines, unneeded = [] }) => {
  let played: PlayedBatches;

  testPolicies(async () => {
    const app = newApp();
    played = await playBatches(app, build(app) ?? {});
    return {
      ...played,
      forbidden: await forbiddenInBatches(played),
      isOurs: ({ name }) => !/Consumer.*AssumeRolePolicyDocument/.test(name),
      unneeded: [OF_MAPS, ...unneeded],
    };
  });

  test('every record is accounted for', () => {
    for (const batch of played.batches) {
      expect(batch.engines).toEqual(engines);
      expect(batch.result.result).toMatchObject({ totalRecordCount: 110, processedRecordCount: 110, errorRecordCount: engines.length === 1 ? 2 : 0 });
    }
  });
});
