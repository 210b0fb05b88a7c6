import { NOT_CHECKED } from '../../../../src/imported-model/provider/contract';
import type { NewModel } from '../../../../src/imported-model/provider/handler/new-model';
import { s3AndBedrock } from '../../../../src/imported-model/provider/handler/s3-and-bedrock';
import { FILES_PATIENCE } from '../../../../src/imported-model/provider/patience';
import type { ModelCheck } from '../../../../src/model-format';
import { CONNECTION_LOST, HANG, type When } from '../../../../testing/bedrock-server/faults';
import type { PoisonError } from '../../../../testing/bedrock-server/inference';
import { type BedrockServer, startBedrockServer } from '../../../../testing/bedrock-server/server';
import { type ModelFiles, validModel, withFields, without } from '../../../../testing/model-files';
import { bytesOf } from '../../../../testing/model-files/model-files';
import { type S3Bucket, s3Object, S3Refusal, type S3Request, type S3Server, startS3Server } from '../../../../testing/s3-server/server';
import { Deployment, request } from '../../../../testing/support/deployment';

const environment = process.env;
beforeAll(() => {
  process.env = { ...environment, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
});
afterAll(() => { process.env = environment; });

describe('the files', () => {
  let s3: S3Server | undefined;
  afterEach(async () => s3?.close());

  /** Serves a model, and returns its bucket. */
  const serve = async (files: ModelFiles, { region = 'us-east-1', before }: { region?: string; before?: (read: S3Request) => void } = {}): Promise<S3Bucket> => {
    const objects = Object.entries(files).map(([path, content]) => [`llama/${path}`, s3Object(bytesOf(content))] as const);
    const bucket = { region, objects: new Map(objects) };
    s3 = await startS3Server({ 'amzn-s3-demo-bucket': bucket }, { before });
    process.env.AWS_ENDPOINT_URL_S3 = s3.url;
    return bucket;
  };
  const check = async ({ s3Uri = 's3://amzn-s3-demo-bucket/llama/', acknowledgedRules = [] as string[] } = {}, signal?: AbortSignal): Promise<ModelCheck> =>
    s3AndBedrock().checkFiles({ s3Uri, acknowledgedRules }, signal);
  const refuse = (refused: S3Request['action']) => ({ action }: S3Request) => {
    if (action === refused) throw new S3Refusal(403, 'AccessDenied', 'Access Denied');
  };
  const rulesOf = ({ findings }: ModelCheck) => findings.map(({ rule, severity, acknowledged }) => `${acknowledged ? 'acknowledged ' : ''}${severity} ${rule}`);
  const neverRead = async (): Promise<never> => new Promise(() => {});

  test.each(['s3://amzn-s3-demo-bucket/llama/', 's3://amzn-s3-demo-bucket/llama'])('of a good model at %s pass', async s3Uri => {
    const files = validModel();
    await serve(files);

    expect(await check({ s3Uri })).toEqual({
      findings: [], passed: true, digest: expect.stringMatching(/^[0-9a-f]{32}$/), files: Object.keys(files).length, weightBytes: bytesOf(files['model.safetensors']).length,
    });
    expect(s3!.requests.filter(({ action }) => action === 's3:ListBucket')).toHaveLength(1);
  });

  test('have another digest when one of them changes', async () => {
    const bucket = await serve(validModel());
    const { digest } = await check();
    bucket.objects.set('llama/model.safetensors', s3Object(bytesOf(validModel('llama', 2)['model.safetensors'])));

    expect((await check()).digest).not.toBe(digest);
  });

  test('of a bad model do not pass, unless every error is acknowledged', async () => {
    await serve(without(withFields(validModel(), 'config.json', { architectures: ['GemmaForCausalLM'] }), 'tokenizer.json'));
    const one = await check({ acknowledgedRules: ['unsupported-architecture'] });

    expect(one.passed).toBe(false);
    expect(rulesOf(one).sort()).toEqual(['acknowledged error unsupported-architecture', 'error missing-file']);
    expect((await check({ acknowledgedRules: ['unsupported-architecture', 'missing-file'] })).passed).toBe(true);
  });

  test('have a chat template that is parsed', async () => {
    await serve(withFields(validModel(), 'tokenizer_config.json', { chat_template: '{% for message in messages %}' }));

    expect(rulesOf(await check())).toEqual([expect.stringContaining(' invalid-chat-template')]);
  });

  test('in another Region than the import do not pass', async () => {
    await serve(validModel(), { region: 'us-west-2' });

    expect(rulesOf(await check())).toEqual(['error bucket-region']);
  });

  test('are unreadable without a permission', async () => {
    await serve(validModel(), { before: refuse('s3:ListBucket') });

    await expect(check()).rejects.toThrow('s3://amzn-s3-demo-bucket/llama/ cannot be read: AccessDenied: Access Denied. Allow s3:ListBucket on the bucket for the '
      + 'prefix "llama/".');
  });

  test('are unreadable if they can only be listed', async () => {
    await serve(validModel(), { before: refuse('s3:GetObject') });

    await expect(check()).rejects.toThrow('Allow s3:GetObject on s3://amzn-s3-demo-bucket/llama/*, and kms:Decrypt on its key if it is encrypted with AWS KMS.');
  });

  test('are unreadable in a bucket that does not exist', async () => {
    await serve(validModel());

    await expect(check({ s3Uri: 's3://amzn-s3-demo-bucket1/llama/' })).rejects.toThrow('NoSuchBucket: The specified bucket does not exist. Correct the name');
  });

  test.each(['config.json', 'model.safetensors'])('are unreadable if %s is not sent before the time of the invocation is over', async file => {
    const bucket = await serve(validModel());
    bucket.objects.set(`llama/${file}`, { ...bucket.objects.get(`llama/${file}`)!, read: neverRead });

    await expect(check({}, AbortSignal.timeout(200))).rejects.toThrow('The files could not be read in time');
    await expect(check({}, AbortSignal.abort())).rejects.toThrow('aborted');
  });

  test('that are unreadable are imported nevertheless, after a minute', async () => {
    await serve(validModel(), { before: refuse('s3:ListBucket') });
    const deployment = await Deployment.start();
    deployment.newModel = s3AndBedrock();
    const { status, data, polls } = await deployment.send(request('Create', { link: 'check' }));
    await deployment.stop();

    expect({ status, data, polls }).toEqual({ status: 'SUCCESS', data: { FilesDigest: NOT_CHECKED }, polls: FILES_PATIENCE / 30_000 + 1 });
    expect(deployment.log).toContainEqual(expect.objectContaining({ step: 'succeed', why: expect.stringContaining('AccessDenied: Access Denied. Allow s3:ListBucket') }));
  });
});

describe('the model', () => {
  let server: BedrockServer;
  let modelArn: string;
  let api: NewModel;
  beforeEach(async () => {
    server = await startBedrockServer({ coldStartMs: 0 });
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = server.url;
    modelArn = server.bedrock.seedModel('llama');
    api = s3AndBedrock({ answerTimeout: 100 });
  });
  afterEach(async () => server.close());

  const question = { body: JSON.stringify({ prompt: 'What is the capital of France?', max_tokens: 64, temperature: 0 }) };
  const outcomes = () => server.bedrock.calls.map(({ operation, outcome }) => `${operation} ${outcome}`);

  test.each([[undefined], ['capital of France']])('answers, and it is expected to say %j', async expect_ => {
    expect(await api.verify(modelArn, { ...question, expect: expect_ })).toEqual({ is: 'good' });
    expect(outcomes()).toEqual(['InvokeModel ok']);
  });

  test('does not say what is expected', async () => {
    expect(await api.verify(modelArn, { ...question, expect: 'Paris' })).toEqual({
      is: 'bad', why: expect.stringContaining('does not contain "Paris": "Echo: What is the capital of France?"'),
    });
  });

  test('is late until it is loaded, and each question is one call', async () => {
    server.bedrock.serving.configure({ coldStartMs: 300 });

    expect(await api.verify(modelArn, question)).toEqual({ is: 'late', why: expect.stringContaining('ModelNotReadyException: Model is not ready') });
    await new Promise(resolve => setTimeout(resolve, 350));
    expect(await api.verify(modelArn, question)).toEqual({ is: 'good' });
    expect(outcomes()).toEqual(['InvokeModel ModelNotReadyException', 'InvokeModel ok']);
  });

  test.each<[PoisonError, string]>([
    ['ValidationException', 'refused'], // the same request will never be valid
    ['ModelErrorException', 'late'],
    ['ModelTimeoutException', 'late'],
  ])('cannot process the question: %s is %s', async (error, is) => {
    server.bedrock.inference.poison('capital', error);

    expect(await api.verify(modelArn, question)).toEqual({ is, why: expect.stringContaining(`${error}: The model cannot process the input`) });
    expect(outcomes()).toEqual([`InvokeModel ${error}`]);
  });

  test.each(['ThrottlingException', 'InternalServerException', 'ServiceUnavailableException', 'AccessDeniedException', 'ResourceNotFoundException', CONNECTION_LOST])(
    'is late after %s, which may pass', async name => {
      server.bedrock.failNext('InvokeModel', { name });

      expect(await api.verify(modelArn, question)).toMatchObject({ is: 'late' });
      expect(await api.verify(modelArn, question)).toEqual({ is: 'good' });
    });

  test.each<When>(['before', 'during', 'after'])('is late if its answer does not arrive in time (%s)', async when => {
    server.bedrock.failNext('InvokeModel', { name: HANG, when });

    expect(await api.verify(modelArn, question)).toMatchObject({ is: 'late' });
    expect(await api.verify(modelArn, question)).toEqual({ is: 'good' });
  });

  test.each<When>(['before', 'during', 'after'])('is late if the time of the invocation is over (%s)', async when => {
    server.bedrock.failNext('InvokeModel', { name: HANG, when });

    expect(await s3AndBedrock().verify(modelArn, question, AbortSignal.timeout(100))).toMatchObject({ is: 'late' });
    expect(await s3AndBedrock().verify(modelArn, question)).toEqual({ is: 'good' });
  });
});
