import * as path from 'node:path';
import { request } from './deployment';
import type { IsCompleteRequest, OnEventResponse } from '../../src/handler/model-import-handler';
import { VirtualClock } from '../bedrock/clock';
import { startBedrockServer } from '../bedrock/server';

/**
 * What ships is the bundle, and minifying renames classes: the program that Lambda runs is to be tried itself. Everything
 * that it decides is tested in its sources.
 */
test('the bundle imports a model and deletes it again', async () => {
  const clock = new VirtualClock(Date.now());
  const server = await startBedrockServer({ clock, planImport: () => ({ durationMs: 60_000 }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_BEDROCK: server.url, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test',
  });

  try {
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const { handler } = jest.requireActual(path.join(__dirname, '../../assets/handler/model-import.lambda/index.js'));
    const polls = async (event: object, times: number) => {
      const begun: OnEventResponse = await handler(event);
      const answers: boolean[] = [];
      for (let poll = 0; poll < times; poll++) {
        answers.push((await handler({ ...event, ...begun } as IsCompleteRequest)).IsComplete);
        clock.advance(60_000);
      }
      return { id: begun.PhysicalResourceId, answers };
    };

    const create = await polls(request('Create'), 2);
    expect(create.answers).toEqual([false, true]);
    expect(server.bedrock.snapshot().models.map(model => model.modelName)).toEqual([create.id]);

    const deletion = await polls(request('Delete', { id: create.id }), 2);
    expect(deletion.answers).toEqual([false, true]);
    expect(server.bedrock.snapshot().models).toEqual([]);
  } finally {
    await server.close();
  }
});
