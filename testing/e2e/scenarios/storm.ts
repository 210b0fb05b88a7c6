import assert from 'node:assert/strict';
import { SDK_ATTEMPTS } from '../../../src/imported-model/provider/handler/entry-point';
import type { Bedrock } from '../../bedrock-server/bedrock';
import type { Operation } from '../../bedrock-server/constraints';
import { CONNECTION_LOST, type Fault, HANG } from '../../bedrock-server/faults';
import { MINUTE } from '../account';
import type { Scenario } from '../scenario';

const WEATHER: Fault[] = [
  { name: 'ThrottlingException' },
  { name: 'InternalServerException', when: 'after' },
  { name: 'ServiceUnavailableException', statusCode: 503 },
  { name: CONNECTION_LOST, when: 'after' },
];

/** Consecutive failures, so that whole polls fail. */
const BURST = 10;

export const storm: Scenario = {
  name: 'storm',
  title: 'Throttling, server faults, calls without a response and lost responses: deploy and destroy succeed with one import',
  async play(account, show) {
    const settings = { stack: 'Storm' };
    const { bedrock } = account;
    bedrock.planNextImport({ durationMs: 5 * MINUTE });

    blow(bedrock, 'CreateModelImportJob', HANG);
    // Each takes the real-time timeout of one SDK attempt.
    bedrock.failNext('ListModelImportJobs', { name: HANG, when: 'before' });
    bedrock.failNext('GetImportedModel', { name: HANG, when: 'during' });
    const modelArn = await account.deploy(settings);
    account.assertJobs('Completed');
    for (const operation of ['CreateModelImportJob', 'ListModelImportJobs', 'GetImportedModel'] as const) {
      assert.equal(bedrock.countCalls(operation, HANG), 1, `${operation} did not hang`);
    }
    show('deployed', `${modelArn}, one import; ${failures(bedrock)}`);

    blow(bedrock, 'DeleteImportedModel', CONNECTION_LOST);
    await account.destroy(settings);
    assert.equal(bedrock.countCalls('DeleteImportedModel', CONNECTION_LOST), SDK_ATTEMPTS);
    bedrock.clearFaults();
    assert.deepEqual(account.modelArns(), []);
    show('destroyed', failures(bedrock));
  },
};

/**
 * Loses the response to the first call of one operation, including SDK retries; `first` is the fault of the first attempt. In addition, all calls
 * fail in a burst at the beginning and in another one in the middle, and every second call in between. Half of them take effect before they fail.
 */
function blow(bedrock: Bedrock, lost: Operation, first: typeof HANG | typeof CONNECTION_LOST): void {
  bedrock.clearCalls();
  bedrock.clearFaults();
  bedrock.failNext(lost, { name: first, when: 'after' });
  bedrock.failNext(lost, { name: CONNECTION_LOST, when: 'after', times: SDK_ATTEMPTS - 1 });
  let calls = 0;
  const isBad = () => calls <= BURST || calls > 30 && calls <= 30 + BURST || calls % 2 === 0;
  WEATHER.forEach((fault, kind) => bedrock.failNext('*', {
    ...fault,
    times: Infinity,
    // Each call is matched against the faults in order until one matches.
    matches: () => {
      if (kind === 0) calls += 1;
      return isBad() && Math.floor(calls / 2) % WEATHER.length === kind;
    },
  }));
}

function failures({ calls }: Bedrock): string {
  const failed = calls.filter(({ outcome }) => WEATHER.some(({ name }) => name === outcome));
  assert.ok(failed.length > BURST, 'too few failures');
  return `${failed.length} of ${calls.length} calls failed: ${[...new Set(failed.map(({ outcome }) => outcome))].join(', ')}`;
}
