import { Duration } from 'aws-cdk-lib';
import { ImportedModel } from '../../../../src';
import { entryPoint, SDK_ATTEMPTS } from '../../../../src/imported-model/provider/handler/entry-point';
import {
  CALL_BUDGET, CONNECTION_TIMEOUT, FUNCTION_TIMEOUT, POLL_BUDGET, QUICK_INTERVAL, QUICK_PHASE, REQUEST_TIMEOUT,
} from '../../../../src/imported-model/provider/patience';
import { HANG, type When } from '../../../../testing/bedrock-server/faults';
import { startBedrockServer, type BedrockServer } from '../../../../testing/bedrock-server/server';
import { request, STACK_ID } from '../../../../testing/support/deployment';
import { newStack, weights } from '../../../../testing/support/stacks';
import { resourceFor } from '../../../../testing/support/template';

// #3: a server that accepts and never answers hangs the function until Lambda kills it, and the framework then fails the deployment.
describe('a call that hangs', () => {
  let server: BedrockServer;
  const environment = process.env;
  beforeAll(async () => {
    server = await startBedrockServer();
    process.env = {
      ...environment, AWS_ENDPOINT_URL_BEDROCK: server.url, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', SERVED_STACKS: STACK_ID,
    };
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
  });
  afterAll(async () => {
    process.env = environment;
    await server.close();
  });

  const event = { ...request('Create'), PhysicalResourceId: 'id', StartedAt: Date.now() - QUICK_PHASE };

  test.each<[string, When, object]>([
    ['before it does anything', 'before', { requestTimeout: 50 }],
    ['in the middle of its answer', 'during', { requestTimeout: 50 }],
    ['after it has done its work', 'after', { requestTimeout: 50 }],
    ['until the time of the invocation is over', 'before', { callBudget: 100 }],
    ['in the middle of its answer until then', 'during', { callBudget: 100 }],
  ])('%s is "not yet", and the invocation ends', async (_, when, times) => {
    server.bedrock.clearFaults();
    server.bedrock.failNext('*', { name: HANG, when, times: Infinity });
    const poll = entryPoint(times);
    await expect(poll(event)).resolves.toEqual({ IsComplete: false });
  });

  test('is tried twice at most: the next poll is the retry', async () => {
    server.bedrock.clearFaults();
    server.bedrock.clearCalls();
    server.bedrock.failNext('*', { name: HANG, times: Infinity });
    await entryPoint({ requestTimeout: 20 })(event);
    expect(server.bedrock.calls.map(({ outcome }) => outcome)).toEqual([HANG, HANG]);
  });
});

test('the time budgets fit into each other: polls, the pending call, and the timeout of the function', () => {
  const oneCall = SDK_ATTEMPTS * (CONNECTION_TIMEOUT + 2 * REQUEST_TIMEOUT); // until it begins, and when it stops in the middle
  expect(QUICK_PHASE).toBeLessThanOrEqual(POLL_BUDGET);
  expect(POLL_BUDGET + QUICK_INTERVAL).toBeLessThanOrEqual(CALL_BUDGET);
  expect(oneCall).toBeLessThan(CALL_BUDGET);
  expect(CALL_BUDGET).toBeLessThanOrEqual(0.75 * FUNCTION_TIMEOUT);

  const stack = newStack();
  const { provider } = new ImportedModel(stack, 'Llama', { source: weights() });
  expect(resourceFor(provider.handler).Properties.Timeout).toBe(Duration.millis(FUNCTION_TIMEOUT).toSeconds());
});
