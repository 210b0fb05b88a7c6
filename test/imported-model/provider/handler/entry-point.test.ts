import { Duration } from 'aws-cdk-lib';
import { ImportedModel } from '../../../../src';
import { entryPoint } from '../../../../src/imported-model/provider/handler/entry-point';
import { QUICK_INTERVAL, QUICK_PHASE } from '../../../../src/imported-model/provider/handler/quick-at-first';
import { TIME_BUDGET } from '../../../../src/imported-model/provider/handler/time-budget';
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
    ['before it does anything', 'before', { answer: 50, calls: 60_000 }],
    ['in the middle of its answer', 'during', { answer: 50, calls: 60_000 }],
    ['after it has done its work', 'after', { answer: 50, calls: 60_000 }],
    ['until the time of the invocation is over', 'before', { answer: 60_000, calls: 100 }],
    ['in the middle of its answer until then', 'during', { answer: 60_000, calls: 100 }],
  ])('%s is "not yet", and the invocation ends', async (_, when, times) => {
    server.bedrock.clearFaults();
    server.bedrock.failNext('*', { name: HANG, when, times: Infinity });
    const poll = entryPoint({ connection: 1000, attempts: 2, answer: 50, calls: 300, ...times });
    await expect(poll(event)).resolves.toEqual({ IsComplete: false });
  });

  test('is tried twice at most: the next poll is the retry', async () => {
    server.bedrock.clearFaults();
    server.bedrock.clearCalls();
    server.bedrock.failNext('*', { name: HANG, times: Infinity });
    await entryPoint({ ...TIME_BUDGET, answer: 20 })(event);
    expect(server.bedrock.calls.map(({ outcome }) => outcome)).toEqual([HANG, HANG]);
  });
});

test('the times fit into each other: looks, a call under way, and the function that Lambda would kill', () => {
  const { connection, answer, attempts, looks, calls, function: timeOut } = TIME_BUDGET;
  const oneCall = attempts * (connection + 2 * answer); // until it begins, and when it stops in the middle
  expect(QUICK_PHASE).toBeLessThanOrEqual(looks);
  expect(looks + QUICK_INTERVAL).toBeLessThanOrEqual(calls);
  expect(oneCall).toBeLessThan(calls);
  expect(calls).toBeLessThanOrEqual(0.75 * timeOut);

  const stack = newStack();
  const { provider } = new ImportedModel(stack, 'Llama', { source: weights() });
  expect(resourceFor(provider.handler).Properties.Timeout).toBe(Duration.millis(timeOut).toSeconds());
});
