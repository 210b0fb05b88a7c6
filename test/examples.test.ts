import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { BedrockClient, type BedrockClientConfig, ListImportedModelsCommand } from '@aws-sdk/client-bedrock';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { ChatStack } from '../examples/typescript/chat-stack';
import { ModelsStack } from '../examples/typescript/models-stack';
import * as library from '../src';
import { MODEL_ARN, newApp } from '../testing/support/stacks';
import { inTemplate, modelOf, readable, resourceFor, resourceOf, resourcesOf, statementsIn, statementsOf } from '../testing/support/template';

const PARAMETER_NAME = '/models/llama';

/** Both stacks of the app of the example. */
function chatApp(): { readonly models: ModelsStack; readonly chat: ChatStack } {
  const app = newApp();
  const shared = { env: { region: 'us-east-1' }, parameterName: PARAMETER_NAME };
  const models = new ModelsStack(app, 'Models', { ...shared, weightsBucket: 'amzn-s3-demo-bucket', weightsPrefix: 'llama/', weightsVersion: '1' });
  const chat = new ChatStack(app, 'Chat', { ...shared, modelKey: models.modelKey });
  chat.node.addDependency(models);
  return { models, chat };
}

interface TemplateParts {
  readonly Parameters: { readonly [id: string]: { readonly Type: string; readonly Default?: string } };
  readonly Outputs: { readonly [id: string]: { readonly Value: unknown; readonly Export?: object } };
}

const templateOf = (stack: Stack) => Template.fromStack(stack).toJSON() as TemplateParts;

/** The ARN of the model in the consumer: a parameter that CloudFormation reads in each deployment. */
function modelArnIn(chat: Stack): string {
  const found = Object.entries(templateOf(chat).Parameters)
    .filter(([, { Type, Default }]) => Type === 'AWS::SSM::Parameter::Value<String>' && Default === PARAMETER_NAME);
  if (found.length !== 1) throw new Error(`${found.length} parameters read ${PARAMETER_NAME}`);
  // Composed with its last part only, so that the value of the parameter cannot add a wildcard to a policy.
  const id = `\${id in \${${found[0][0]}}}`;
  return String(inTemplate(chat, chat.formatArn({ service: 'bedrock', resource: 'imported-model', resourceName: id })));
}

const invoke = (...resources: string[]) => ({ effect: 'Allow', actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'], resources });
const decrypt = (chat: Stack, key?: kms.IKey) => ({ effect: 'Allow', actions: ['kms:Decrypt'], resources: [inTemplate(chat, key!.keyArn)] });

describe('the stack of the model', () => {
  test('writes the ARN of the model to the parameter that the other stack reads', () => {
    const { models, chat } = chatApp();

    expect(resourceOf(models, 'AWS::SSM::Parameter').Properties).toMatchObject({ Name: PARAMETER_NAME, Type: 'String', Value: expect.stringContaining(`\${id in \${${modelOf(models).id}.ModelArn}}`) });
    expect(() => modelArnIn(chat)).not.toThrow();
  });

  test('has no export that changes with the weights', () => {
    const { models, chat } = chatApp();
    const exported = Object.values(templateOf(models).Outputs).filter(({ Export }) => Export).map(({ Value }) => inTemplate(models, Value));

    expect(exported).toEqual([inTemplate(models, models.modelKey.keyArn)]);
    expect(resourcesOf(chat).map(({ Type }) => Type).filter(type => type.startsWith('Custom::Bedrock'))).toEqual([]);
  });

  test('has no principal of the other stack in the key policy, because the dependency would be circular', () => {
    const { models } = chatApp();

    expect(JSON.stringify(resourceOf(models, 'AWS::KMS::Key').Properties.KeyPolicy)).not.toContain('Chat');
  });
});

describe('the network of the import', () => {
  test('leads to Amazon S3 only, and there to the weights', () => {
    const { models } = chatApp();
    const endpoint = resourceOf(models, 'AWS::EC2::VPCEndpoint').Properties;
    const weights = 'arn:${AWS::Partition}:s3:::amzn-s3-demo-bucket';

    expect(endpoint.VpcEndpointType).toBe('Gateway');
    expect(statementsIn(readable(endpoint.PolicyDocument)).flatMap(({ resources }) => resources)).toEqual([weights, `${weights}/llama/*`]);
    expect(resourcesOf(models).map(({ Type }) => Type).filter(type => /NatGateway|InternetGateway/.test(type))).toEqual([]);
  });
});

describe('the function', () => {
  test('can invoke the model and decrypt with its key, and nothing else', () => {
    const { models, chat } = chatApp();

    expect(statementsOf(chat.chat.role!)).toEqual([invoke(modelArnIn(chat)), decrypt(chat, models.modelKey)]);
  });

  test('has no permission on a key if the model has none', () => {
    const chat = new ChatStack(newApp(), 'Chat', { parameterName: PARAMETER_NAME });

    expect(statementsOf(chat.chat.role!)).toEqual([invoke(modelArnIn(chat))]);
  });

  test('has the ARN of the model of the latest deployment', () => {
    const { chat } = chatApp();

    expect(resourceFor(chat.chat).Properties).toMatchObject({ Environment: { Variables: { MODEL_ARN: modelArnIn(chat) } }, Handler: 'index.handler' });
  });
});

describe('the handler of the function', () => {
  const dir = mkdtempSync(join(tmpdir(), 'chat-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Runs the unchanged file with an SDK that returns its input instead of the response of a model. */
  async function ask(prompt: string): Promise<{ config: BedrockClientConfig; input: { modelId: string; body: string } }> {
    const sdk = join(dir, 'node_modules', '@aws-sdk', 'client-bedrock-runtime');
    mkdirSync(sdk, { recursive: true });
    writeFileSync(join(sdk, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
    writeFileSync(join(sdk, 'index.js'), `
      export class InvokeModelCommand { constructor(input) { this.input = input; } }
      export class BedrockRuntimeClient {
        constructor(config) { this.config = config; }
        async send({ input }) { return { body: new TextEncoder().encode(JSON.stringify({ config: this.config, input })) }; }
      }`);
    cpSync('examples/chat-function/index.mjs', join(dir, 'index.mjs'));
    const call = `
      const { handler } = await import(${JSON.stringify(pathToFileURL(join(dir, 'index.mjs')))});
      console.log(JSON.stringify(await handler(${JSON.stringify({ prompt })})));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', call], { env: { ...process.env, MODEL_ARN } });
    return JSON.parse(stdout);
  }

  test('sends the prompt to the model, and returns its response', async () => {
    const { input } = await ask('What is a custom resource?');

    expect(input).toMatchObject({ modelId: MODEL_ARN, contentType: 'application/json' });
    expect(JSON.parse(input.body)).toMatchObject({ prompt: 'What is a custom resource?' });
  });

  test('retries during a cold start longer than an SDK without settings', async () => {
    const { config } = await ask('Hello');

    expect(await coldStart(10, {})).toEqual({ requests: 3, outcome: 'ModelNotReadyException' });
    expect(await coldStart(10, config)).toEqual({ requests: 11, outcome: 'answered' });
  });

  /** A server that is not ready for a number of requests. The SDK of Lambda is not installed here; the SDK of the import has the same retries. */
  async function coldStart(notReady: number, config: BedrockClientConfig): Promise<{ requests: number; outcome: string }> {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      if (requests > notReady) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      else response.writeHead(429, { 'content-type': 'application/json', 'x-amzn-errortype': 'ModelNotReadyException' }).end('{ "message": "Wait." }');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new BedrockClient({ ...config, endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
    const noWaits = jest.spyOn(Math, 'random').mockReturnValue(0);
    try {
      const outcome = await client.send(new ListImportedModelsCommand({})).then(() => 'answered', (error: Error) => error.name);
      return { requests, outcome };
    } finally {
      noWaits.mockRestore();
      client.destroy();
      server.close();
    }
  }
});

describe('batch inference', () => {
  test('invokes the model of the latest deployment, and can decrypt with its key', () => {
    const { models, chat } = chatApp();
    const statements = statementsOf(chat.answers.stateMachine.role);

    expect(String(resourceFor(chat.answers.stateMachine).Properties.DefinitionString)).toContain(modelArnIn(chat));
    expect(statements).toContainEqual(decrypt(chat, models.modelKey));
    const invoked = statements.filter(({ actions }) => actions.some(action => action.startsWith('bedrock:')));
    expect(invoked.flatMap(({ resources }) => resources)).toEqual([modelArnIn(chat)]);
  });

  test('leaves no working files behind, and keeps questions and answers', () => {
    const { chat } = chatApp();
    const { LifecycleConfiguration } = resourceOf(chat, 'AWS::S3::Bucket').Properties;

    expect(LifecycleConfiguration).toEqual({ Rules: [{ Prefix: 'answers/_work/', ExpirationInDays: 7, Status: 'Enabled' }] });
  });
});

test('dashboard and alarms have the ARN of the model of the latest deployment', () => {
  const { chat } = chatApp();
  const alarms = resourcesOf(chat, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties).filter(({ Namespace }) => Namespace === 'AWS/Bedrock');

  expect(resourceOf(chat, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody).toContain(modelArnIn(chat));
  expect(alarms.map(({ MetricName }) => MetricName).sort()).toEqual(['InvocationLatency', 'InvocationServerErrors', 'InvocationThrottles']);
  alarms.forEach(({ Dimensions }) => expect(Dimensions).toEqual([{ Name: 'ModelId', Value: modelArnIn(chat) }]));
});

describe.each([
  ['typescript', ['.ts', '.mts']],
  ['python', ['.py']],
  ['java', ['.java']],
  ['go', ['.go']],
  ['csharp', ['.cs']],
])('in %s', (language, extensions) => {
  test('the example and the program beside it use every class and enum of the library', () => {
    const code = [join('examples', language), 'test/languages'].flatMap(folder => readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(file => extensions.includes(extname(file))).map(file => readFileSync(join(folder, file), 'utf8'))).join('\n');

    expect(Object.keys(library).filter(name => !new RegExp(`\\b(New)?${name}(_\\w+)?\\b`).test(code))).toEqual([]);
  });

  test('the settings are those of the other languages', () => {
    const settings = (folder: string) => (JSON.parse(readFileSync(join('examples', folder, 'cdk.json'), 'utf8')) as { context: object }).context;

    expect(settings(language)).toEqual(settings('typescript'));
  });
});
