import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { startStepFunctions, StepFunctions } from './engine';
import { ProcessGuard } from '../local-aws/process-guard';

test.each(['awsEndpoint', 'bedrockEndpoint'])('does not start with an %s on another machine', async (endpoint) => {
  const guard = new ProcessGuard();
  const local = { awsEndpoint: 'http://127.0.0.1:1', bedrockEndpoint: 'http://127.0.0.1:1' };
  try {
    await expect(startStepFunctions({ guard, dir: '/nonexistent', ...local, [endpoint]: 'https://states.us-east-1.amazonaws.com' }))
      .rejects.toThrow('must be a loopback address');
  } finally {
    await guard.stop();
  }
});

describe('the client', () => {
  const requests: unknown[] = [];
  let respond: (action: string) => [status: number, body: object];
  const server = createServer((request, response) => {
    const action = String(request.headers['x-amz-target']).replace('AWSStepFunctions.', '');
    void text(request).then((body) => {
      requests.push({ action, ...JSON.parse(body) as object });
      const [status, answer] = respond(action);
      response.writeHead(status).end(JSON.stringify(answer));
    });
  });
  let sfn: StepFunctions;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    sfn = new StepFunctions(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, '');
  });
  beforeEach(() => requests.splice(0));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('waits for the end of an execution', async () => {
    respond = () => [200, { status: requests.length < 3 ? 'RUNNING' : 'FAILED', error: 'Boom' }];

    await expect(sfn.ended('arn')).resolves.toEqual({ status: 'FAILED', error: 'Boom' });
    expect(requests).toEqual(Array(3).fill({ action: 'DescribeExecution', executionArn: 'arn' }));
  });

  test('gives up if an execution does not end', async () => {
    respond = () => [200, { status: 'RUNNING' }];

    await expect(sfn.ended('arn', 0)).rejects.toThrow('arn did not end within 0 s');
  });

  test('passes a definition as text, synthesized or not', async () => {
    respond = () => [200, { stateMachineArn: 'arn' }];

    await sfn.createStateMachine('one', { StartAt: 'A' });
    await sfn.createStateMachine('two', '{"StartAt":"A"}');
    expect(requests).toMatchObject([{ name: 'one', definition: '{"StartAt":"A"}' }, { name: 'two', definition: '{"StartAt":"A"}' }]);
  });

  test('rejects with the message of the engine', async () => {
    respond = () => [400, { __type: 'ExecutionNotRedrivable', message: 'it is running' }];

    await expect(sfn.redriveExecution('arn')).rejects.toThrow('RedriveExecution: HTTP 400 {"__type":"ExecutionNotRedrivable","message":"it is running"}');
  });
});
