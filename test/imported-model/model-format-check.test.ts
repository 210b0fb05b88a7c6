import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Annotations as CdkAnnotations, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { ImportedModel, ModelFormatCheck } from '../../src';
import { type ModelFiles, validModel, withFields, writeModel } from '../../testing/model-files';
import { newApp, newStack, weights, WEIGHTS_URI } from '../../testing/support/stacks';
import { FORMAT_CHECK, inTemplate, logicalIdOf, madeBefore, resourceFor, resourceOf, resourcesOf, statementsOf } from '../../testing/support/template';

test('the files are checked by default, before the import and with the permissions of the provider', () => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights() });

  const check = resourceOf(stack, FORMAT_CHECK);
  const importing = resourceFor(model.node.findChild('Import'));
  expect(check.Properties).toEqual({
    Link: 'check', ImportLogicalId: importing.id, S3Uri: WEIGHTS_URI, ServiceToken: expect.anything(), WindowMinutes: '1',
  });
  expect(madeBefore(stack, importing)).toContain(check.id);
  expect(madeBefore(stack, check)).toContain(logicalIdOf(model.provider.node.findChild('RolePolicy')));
  expect(inTemplate(stack, model.filesDigest)).toBe(`\${${check.id}.FilesDigest}`);
});

test('the content of the model, and nothing else, repeats the check', () => {
  const propertiesOf = (props: Partial<ConstructorParameters<typeof ImportedModel>[2]>) => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), ...props });
    return resourceOf(stack, FORMAT_CHECK).Properties;
  };

  expect(propertiesOf({ importedModelTags: { team: 'platform' }, importTimeout: Duration.hours(5), removalPolicy: RemovalPolicy.RETAIN, keepPrevious: true }))
    .toEqual(propertiesOf({}));
  expect(propertiesOf({ formatCheck: ModelFormatCheck.enabled({ acknowledge: ['unsupported-architecture'] }) }))
    .toMatchObject({ AcknowledgedRules: ['unsupported-architecture'] });
});

// A mistake in the third of three models must be found before the first of them has been imported.
test('the check does not wait for the turn of its model', () => {
  const stack = newStack();
  const [first, second] = ['First', 'Second'].map(id => new ImportedModel(stack, id, { source: weights() }));

  expect(madeBefore(stack, resourceFor(second.node.findChild('Import')))).toContain(logicalIdOf(first));
  expect(madeBefore(stack, resourceFor(second.node.findChild('Check')))).not.toContain(logicalIdOf(first));
  expect(madeBefore(stack, resourceFor(second.node.findChild('Check')))).not.toContain(logicalIdOf(first.node.findChild('Import')));
});

test('a disabled check has no resource, no attribute and no permission', () => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights(), formatCheck: ModelFormatCheck.disabled() });

  expect(resourcesOf(stack, FORMAT_CHECK)).toEqual([]);
  expect(model.filesDigest).toBeUndefined();
  expect(statementsOf(model.provider.role).flatMap(({ actions }) => actions).filter(action => action.startsWith('s3:'))).toEqual([]);
});

test('an id that is no rule is refused, with the ids that are', () => {
  const formatCheck = ModelFormatCheck.enabled({ acknowledge: ['unsupported-architektur'] });

  expect(() => new ImportedModel(newStack(), 'Llama', { source: weights(), formatCheck })).toThrow(
    /formatCheck\.acknowledge: "unsupported-architektur" must be the id of a rule\. Use the id in square brackets of a finding, one of: .*unsupported-architecture/);
});

describe('a local directory', () => {
  let directory: string;
  beforeEach(() => { directory = mkdtempSync(path.join(tmpdir(), 'model-')); });
  afterEach(() => rmSync(directory, { recursive: true }));

  const stackWith = async (files: ModelFiles, acknowledge: string[] = [], localDirectory = directory) => {
    await writeModel(directory, files);
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), formatCheck: ModelFormatCheck.enabled({ localDirectory, acknowledge }) });
    return { stack, model };
  };
  const unsupported = withFields(validModel(), 'config.json', { architectures: ['GemmaForCausalLM'], model_type: 'gemma' });
  const newer = withFields(validModel(), 'config.json', { transformers_version: '5.24.0' });

  test('is checked at synthesis: a good model has no annotation', async () => {
    const { stack } = await stackWith(validModel());

    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('with what Bedrock refuses is an error, which stops the deployment', async () => {
    const { stack } = await stackWith(unsupported);

    Annotations.fromStack(stack).hasError('/Stack/Llama', Match.stringLikeRegexp(
      'formatCheck: \\[unsupported-architecture\\] config\\.json: .*GemmaForCausalLM.* To deploy it nevertheless, acknowledge "unsupported-architecture" in formatCheck\\.'));
  });

  test('with an acknowledged error has no annotation', async () => {
    const { stack } = await stackWith(unsupported, ['unsupported-architecture']);

    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });

  test('with what may fail is a warning, which is acknowledged by the id of the rule', async () => {
    const warnings = async (acknowledged?: string) => {
      const { stack, model } = await stackWith(newer);
      if (acknowledged) CdkAnnotations.of(model).acknowledgeWarning(acknowledged);
      return Annotations.fromStack(stack).findWarning('/Stack/Llama', Match.stringLikeRegexp('5\\.24\\.0')).length;
    };

    expect(await warnings()).toBe(1);
    expect(await warnings('cdk-bedrock-model-import:modelFormat.newer-transformers')).toBe(0);
  });

  // GPT-OSS is imported in us-east-1 only.
  test.each([[undefined, 0], ['us-east-1', 0], ['us-west-2', 1]])('is checked for the Region of the stack, and not of the environment (%s)', async (region, errors) => {
    await writeModel(directory, validModel('gpt_oss'));
    const stack = new Stack(newApp(), 'Stack', { env: { region } });
    const environment = process.env;
    process.env = { ...environment, AWS_REGION: 'us-east-2' };
    try {
      new ImportedModel(stack, 'Llama', { source: weights(), formatCheck: ModelFormatCheck.enabled({ localDirectory: directory }) });
    } finally {
      process.env = environment;
    }

    expect(Annotations.fromStack(stack).findError('*', Match.stringLikeRegexp('us-east-1'))).toHaveLength(errors);
  });

  test.each(['', 's3://amzn-s3-demo-bucket/llama/', 'hf://meta-llama/Llama-3.1-8B', Lazy.string({ produce: () => 'x' })])('is refused if it is %j', async localDirectory => {
    await expect(stackWith(validModel(), [], localDirectory)).rejects.toThrow(
      /formatCheck\.localDirectory: ".*" must be a directory on this machine\. Pass the path of a copy of the model's files, or omit it\./);
  });

  test('that does not exist is refused, with the path', async () => {
    await expect(stackWith(validModel(), [], path.join(directory, 'missing'))).rejects.toThrow(/formatCheck\.localDirectory: There is no directory .*missing/);
  });
});
