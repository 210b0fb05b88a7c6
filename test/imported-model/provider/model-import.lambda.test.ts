import * as path from 'node:path';
import type { OnEventRequest, OnEventResponse } from '../../../src/imported-model/provider/handler/event';
import { QUICK_PHASE } from '../../../src/imported-model/provider/patience';
import { VirtualClock } from '../../../testing/bedrock-server/clock';
import { startBedrockServer } from '../../../testing/bedrock-server/server';
import { NAME_PREFIX, request, type RequestOptions, STACK_ID } from '../../../testing/support/deployment';

/** The published code is the bundle, and minification renames classes, so the bundle is tested as well as its sources. */
test('the bundle imports a model and deletes it again', async () => {
  const anHourAgo = new VirtualClock(Date.now() - 60 * 60_000); // a deletion waits for jobs of moments ago
  const server = await startBedrockServer({ clock: anHourAgo, planImport: () => ({ durationMs: 0 }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_BEDROCK: server.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    SERVED_STACKS: STACK_ID,
  });
  try {
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const { handler } = jest.requireActual(path.join(__dirname, '../../../assets/imported-model/provider/model-import.lambda/index.js'));
    /** Sends a request and polls it twice, as an old request: the bundle would sleep between the polls of a young one. */
    const send = async (type: OnEventRequest['RequestType'], options: RequestOptions) => {
      const event = request(type, options);
      const begun: OnEventResponse = await handler(event);
      const poll = { ...event, ...begun, StartedAt: begun.StartedAt - QUICK_PHASE };
      return { id: begun.PhysicalResourceId, answers: [await handler(poll), await handler(poll)] };
    };

    const { answers } = await send('Create', { link: 'import' });
    const { jobName } = server.bedrock.snapshot().jobs[0];
    expect(answers).toEqual([{ IsComplete: false }, { IsComplete: true, Data: { JobName: jobName } }]);

    const { id } = await send('Create', { link: 'model', jobName });
    expect(server.bedrock.snapshot().models.map(model => model.modelName)).toEqual([id]);

    const deletion = await send('Delete', { link: 'model', id });
    expect(id).toMatch(new RegExp(`^${NAME_PREFIX}-`));
    expect(deletion.answers).toMatchObject([{ IsComplete: true }, { IsComplete: true }]);
    expect(server.bedrock.snapshot().models).toEqual([]);
  } finally {
    await server.close();
  }
});
