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

// #3: without timeouts, a call without a response would end only when Lambda ends the function, and the provider framework would fail the deployment.
describe('a call without a response', () => {
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

  const noNewModel = async (): Promise<never> => { throw new Error('A poll of an import loads nothing'); };
  const event = { ...request('Create'), PhysicalResourceId: 'id', StartedAt: Date.now() - QUICK_PHASE };

  test.each<[string, When, object]>([
    ['without an effect', 'before', { requestTimeout: 50 }],
    ['with a part of the response', 'during', { requestTimeout: 50 }],
    ['with an effect', 'after', { requestTimeout: 50 }],
    ['until the end of the call budget', 'before', { callBudget: 100 }],
    ['with a part of the response until the end of the call budget', 'during', { callBudget: 100 }],
  ])('%s: the invocation ends, and is not complete', async (_, when, times) => {
    server.bedrock.clearFaults();
    server.bedrock.failNext('*', { name: HANG, when, times: Infinity });
    const poll = entryPoint(noNewModel, times);
    await expect(poll(event)).resolves.toEqual({ IsComplete: false });
  });

  test('is tried twice, because the next poll is the retry', async () => {
    server.bedrock.clearFaults();
    server.bedrock.clearCalls();
    server.bedrock.failNext('*', { name: HANG, times: Infinity });
    await entryPoint(noNewModel, { requestTimeout: 20 })(event);
    expect(server.bedrock.calls.map(({ outcome }) => outcome)).toEqual([HANG, HANG]);
  });
});

test('polls end before the call budget, and the call budget before the timeout of the function', () => {
  const oneCall = SDK_ATTEMPTS * (CONNECTION_TIMEOUT + 2 * REQUEST_TIMEOUT); // until the response begins, and until its end
  expect(QUICK_PHASE).toBeLessThanOrEqual(POLL_BUDGET);
  expect(POLL_BUDGET + QUICK_INTERVAL).toBeLessThanOrEqual(CALL_BUDGET);
  expect(oneCall).toBeLessThan(CALL_BUDGET);
  expect(CALL_BUDGET).toBeLessThanOrEqual(0.75 * FUNCTION_TIMEOUT);

  const stack = newStack();
  const { provider } = new ImportedModel(stack, 'Llama', { source: weights() });
  expect(resourceFor(provider.handler).Properties.Timeout).toBe(Duration.millis(FUNCTION_TIMEOUT).toSeconds());
});
