import type { BedrockOptions } from './bedrock';
import { CARRIERS, type Client, type Session, refusal } from './carriers';
import type { PoisonError } from './inference';

const SECOND = 1000;
const MINUTE = 60_000;
const CATALOGUE = 'anthropic.claude-3-haiku-20240307-v1:0';
const NOT_READY = refusal('ModelNotReadyException', 'Model is not ready for inference. Wait and try your request again.', 429);
const THROTTLED = refusal('ThrottlingException', 'Too many requests, please wait before trying again.', 429);

describe.each(Object.keys(CARRIERS))('InvokeModel %s', (carrier) => {
  let session: Session;
  let client: Client;

  async function open(options: Omit<BedrockOptions, 'clock'> = {}): Promise<Session> {
    session = await CARRIERS[carrier](options);
    client = session.client;
    return session;
  }

  async function invoke(modelId: string, body: unknown = { prompt: 'Hello', max_gen_len: 10 }): Promise<unknown> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const output = await client.invokeModel({ modelId, body: Buffer.from(text), contentType: 'application/json', accept: 'application/json' });
    expect(output.contentType).toBe('application/json');
    return JSON.parse(Buffer.from(output.body as Uint8Array).toString());
  }

  /** The ARN of an imported model that is loaded. */
  async function openLoaded(options: Omit<BedrockOptions, 'clock'> = {}): Promise<string> {
    const { bedrock, clock } = await open({ coldStartMs: SECOND, ...options });
    const arn = bedrock.seedModel('llama');
    await invoke(arn).catch(() => {});
    clock.advance(SECOND);
    return arn;
  }

  afterEach(async () => session.close());

  describe('responds', () => {
    test.each<[string, object, object]>([
      ['a completion of Bedrock', { prompt: 'Hello', max_gen_len: 10 }, { generation: 'Echo: Hello', stop_reason: 'stop' }],
      ['a completion of OpenAI', { prompt: 'Hello', max_tokens: 10 }, { choices: [{ text: 'Echo: Hello' }] }],
      ['a chat of OpenAI', { messages: [{ role: 'system', content: 'Be brief' }, { role: 'user', content: 'Hello' }] },
        { choices: [{ message: { role: 'assistant', content: 'Echo: Hello' } }] }],
      ['parts of content', { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }, { choices: [{ message: { content: 'Echo: [{"text":"Hello"}]' } }] }],
      ['no prompt', {}, { generation: 'Echo: ""' }],
    ])('to %s', async (_, body, output) => {
      expect(await invoke(await openLoaded(), body)).toMatchObject(output);
    });

    test.each([
      CATALOGUE,
      'us.meta.llama3-2-11b-instruct-v1:0',
      `arn:aws:bedrock:us-east-1::foundation-model/${CATALOGUE}`,
      'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl',
    ])('for %s, which is always loaded', async (modelId) => {
      await open();
      expect(await invoke(modelId)).toMatchObject({ generation: 'Echo: Hello' });
    });

    test('as the option says', async () => {
      const arn = await openLoaded({ respond: ({ prompt }, modelId) => ({ answer: `${prompt} to ${modelId}` }) });
      expect(await invoke(arn)).toEqual({ answer: `Hello to ${arn}` });
    });
  });

  describe('refuses', () => {
    test.each<[string, string, object]>([
      ['a model that is missing', 'arn:aws:bedrock:us-east-1:111122223333:imported-model/absent000000', refusal('ResourceNotFoundException', /absent/, 404)],
      ['the name of a model', 'llama', refusal('ValidationException', 'The provided model identifier is invalid.')],
      ['an invalid identifier', 'llama 3', refusal('ValidationException', /at 'modelId'/)],
    ])('%s', async (_, modelId, error) => {
      const { bedrock } = await open();
      bedrock.seedModel('llama');
      await expect(invoke(modelId)).rejects.toEqual(error);
    });

    test('a deleted model', async () => {
      const arn = await openLoaded();
      await client.deleteImportedModel({ modelIdentifier: arn });
      await expect(invoke(arn)).rejects.toEqual(refusal('ResourceNotFoundException', /imported model/, 404));
    });

    test.each(['', 'Hello', '"Hello"', '[]', 'null', '{"prompt":'])('the body %p', async (body) => {
      await open();
      await expect(invoke(CATALOGUE, body)).rejects.toEqual(refusal('ValidationException', /^Malformed input request/));
    });

    test('no body', async () => {
      await open();
      await expect(client.invokeModel({ modelId: CATALOGUE, body: undefined })).rejects.toEqual(refusal('ValidationException', /^Malformed input request/));
    });
  });

  test('accepts any identifier if told so', async () => {
    await open({ anyModel: true, coldStartMs: 0 });
    await expect(invoke('llama')).resolves.toBeDefined();
    await expect(invoke('arn:aws:bedrock:us-east-1:111122223333:imported-model/absent000000')).resolves.toBeDefined();
  });

  describe('an imported model', () => {
    test('is loaded by the first invocation', async () => {
      const { bedrock, clock } = await open();
      const arn = bedrock.seedModel('llama');
      clock.advance(MINUTE);
      await expect(invoke(arn)).rejects.toEqual(NOT_READY);
      clock.advance(30 * SECOND - 1);
      await expect(invoke(arn)).rejects.toEqual(NOT_READY);
      clock.advance(1);
      await expect(invoke(arn)).resolves.toBeDefined();
      expect(bedrock.countCalls('InvokeModel', 'ModelNotReadyException')).toBe(2);
    });

    test('is unloaded when it is idle', async () => {
      const arn = await openLoaded();
      for (const wait of [0, 5 * MINUTE, 5 * MINUTE]) {
        session.clock.advance(wait);
        await expect(invoke(arn)).resolves.toBeDefined();
      }
      session.clock.advance(5 * MINUTE + 1);
      await expect(invoke(arn)).rejects.toEqual(NOT_READY);
      session.clock.advance(SECOND);
      await expect(invoke(arn)).resolves.toBeDefined();
    });

    test('is loaded independently of others', async () => {
      await openLoaded();
      await expect(invoke(session.bedrock.seedModel('mistral'))).rejects.toEqual(NOT_READY);
    });

    test('processes a limited number of requests at the same time', async () => {
      const arn = await openLoaded({ copyConcurrency: 2, invokeLatencyMs: 10 * SECOND });
      await invoke(arn);
      session.clock.advance(5 * SECOND);
      await invoke(arn);
      await expect(invoke(arn)).rejects.toEqual(THROTTLED);
      session.clock.advance(5 * SECOND);
      await invoke(arn);
      await expect(invoke(arn)).rejects.toEqual(THROTTLED);
      session.clock.advance(10 * SECOND);
      await expect(invoke(arn)).resolves.toBeDefined();
    });

    test('can be served differently from now on', async () => {
      const arn = await openLoaded();
      session.bedrock.serving.configure({ copyConcurrency: 1, invokeLatencyMs: SECOND, idleMs: 2 * SECOND, coldStartMs: 5 * SECOND });
      await invoke(arn);
      await expect(invoke(arn)).rejects.toEqual(THROTTLED);
      session.clock.advance(3 * SECOND);
      await expect(invoke(arn)).rejects.toEqual(NOT_READY);
      session.clock.advance(5 * SECOND);
      await expect(invoke(arn)).resolves.toBeDefined();
    });

    test('is unloaded by a reset', async () => {
      const arn = await openLoaded();
      session.bedrock.inference.poison('Hello', 'ModelErrorException');
      session.bedrock.reset();
      expect(session.bedrock.seedModel('llama')).toBe(arn);
      await expect(invoke(arn)).rejects.toEqual(NOT_READY);
      session.clock.advance(SECOND);
      await expect(invoke(arn)).resolves.toBeDefined();
    });
  });

  test.each<[PoisonError, number]>([['ValidationException', 400], ['ModelTimeoutException', 408], ['ModelErrorException', 424]])('refuses a poisoned input: %s', async (error, status) => {
    const arn = await openLoaded();
    session.bedrock.inference.poison('poison', error);
    await expect(invoke(arn, { prompt: 'a poisoned apple' })).rejects.toEqual(refusal(error, /'poison'/, status));
    await expect(invoke(arn)).resolves.toBeDefined();
    session.bedrock.inference.clearPoisons();
    await expect(invoke(arn, { prompt: 'a poisoned apple' })).resolves.toBeDefined();
  });

  test.each<[string, number]>([['ThrottlingException', 429], ['InternalServerException', 500], ['ServiceUnavailableException', 503]])('has scripted faults: %s', async (name, status) => {
    const arn = await openLoaded();
    session.bedrock.failNext('InvokeModel', { name });
    await expect(invoke(arn)).rejects.toEqual(refusal(name, /Scripted/, status));
    await expect(invoke(arn)).resolves.toBeDefined();
  });
});
