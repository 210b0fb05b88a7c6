import { CfnParameter, Duration } from 'aws-cdk-lib';
import { ImportedModel, type ImportedModelProps, type ModelInvocationOptions, ModelVerification, ReplacementStrategy } from '../../src';
import { newStack, weights } from '../../testing/support/stacks';
import { FORMAT_CHECK, IMPORTED_MODEL, inTemplate, resourceOf, resourcesOf, statementsOf } from '../../testing/support/template';

const stackWith = (props: Partial<ImportedModelProps>) => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights(), ...props });
  return { stack, model };
};
const verified = (options: ModelInvocationOptions) => stackWith({ verification: ModelVerification.invoke(options) });

describe('a verification', () => {
  test('with a prompt is a short completion, at temperature 0', () => {
    const { stack } = verified({ prompt: 'The capital of France is', expect: 'Paris' });

    expect(resourceOf(stack, IMPORTED_MODEL).Properties).toMatchObject({
      Verified: 'true',
      VerificationBody: '{"prompt":"The capital of France is","max_tokens":64,"temperature":0}',
      VerificationExpect: 'Paris',
    });
  });

  test('with a body is passed on as it is, with tokens, and with keys in the same order in every language', () => {
    const stack = newStack();
    const { valueAsString: content } = new CfnParameter(stack, 'Question');
    new ImportedModel(stack, 'Llama', { source: weights(), verification: ModelVerification.invoke({ body: { temperature: 0, messages: [{ role: 'user', content }] } }) });

    expect(inTemplate(stack, resourceOf(stack, IMPORTED_MODEL).Properties.VerificationBody)).toBe('{"messages":[{"content":"${Question}","role":"user"}],"temperature":0}');
  });

  test('is known to every custom resource that can start the import, so that the model is marked', () => {
    const { stack } = verified({ prompt: 'Hello' });
    const importing = ['Custom::BedrockModelImport', 'Custom::BedrockModelImportWait', IMPORTED_MODEL].flatMap(type => resourcesOf(stack, type));

    expect(importing.map(({ Properties }) => Properties.Verified)).toEqual(['true', 'true', 'true']);
  });

  test('may invoke imported models, and only if there is one', () => {
    const invocations = ({ model }: ReturnType<typeof verified>) => statementsOf(model.provider.role).filter(({ actions }) => actions.includes('bedrock:InvokeModel'));

    expect(invocations(verified({ prompt: 'Hello' })).flatMap(({ resources }) => resources)).toEqual([expect.stringMatching(/:imported-model\/\*$/)]);
    expect(invocations(stackWith({}))).toEqual([]);
  });

  // The last custom resource has an hour as well, and the import may have used up the time until then.
  test.each([[55, [55, 1]], [95, [55, 40]], [96, [55, 41, 1]], [110, [55, 55, 1]], [120, [55, 55, 10]], [155, [55, 55, 45, 1]]])(
    'leaves 15 minutes in the last custom resource (importTimeout %i)', (minutes, windows) => {
      const { stack } = stackWith({ verification: ModelVerification.invoke({ prompt: 'Hello' }), importTimeout: Duration.minutes(minutes) });

      const importing = resourcesOf(stack).filter(({ Type }) => Type !== FORMAT_CHECK);
      const found = importing.map(({ Properties }) => Number(Properties?.WindowMinutes)).filter(minute => minute > 0);
      expect(found).toEqual(windows);
    });

  test.each<[ModelInvocationOptions, RegExp]>([
    [{}, /verification: \{\} must be either a prompt or a body\. Pass a prompt, or the complete body of the request\./],
    [{ prompt: 'Hello', body: {} }, /verification: .* must be either a prompt or a body/],
    [{ prompt: '' }, /verification\.prompt: "" must be a text/],
    [{ prompt: 'x'.repeat(4100) }, /verification\.body: .* must be a JSON object of at most 4096 bytes\. Use a short prompt, in the format of InvokeModel\./],
    [{ body: [] as never }, /verification\.body: "\[\]" must be a JSON object/],
    [{ prompt: 'Hello', expect: '' }, /verification\.expect: "" must be 1 to 256 characters\. Use a word that every good answer contains, or omit it\./],
  ])('is refused if it is %j', (options, message) => expect(() => verified(options)).toThrow(message));
});

describe('keepPrevious', () => {
  test('is a property of the last custom resource only', () => {
    const { stack } = stackWith({ keepPrevious: true });

    expect(resourceOf(stack, IMPORTED_MODEL).Properties.KeepPrevious).toBe('true');
    expect(resourceOf(stack, 'Custom::BedrockModelImport').Properties).not.toHaveProperty('KeepPrevious');
  });

  test('is refused with DELETE_FIRST', () => {
    expect(() => stackWith({ keepPrevious: true, replacementStrategy: ReplacementStrategy.DELETE_FIRST })).toThrow(
      /keepPrevious: true must be false with ReplacementStrategy\.DELETE_FIRST, which deletes the model that keepPrevious keeps\. Choose one of the two\./);
  });
});

test('the tags of this library count towards the limit of 50', () => {
  const importedModelTags = Object.fromEntries([...Array(49).keys()].map(n => [`tag${n}`, '']));
  const { stack } = stackWith({ importedModelTags, keepPrevious: true, verification: ModelVerification.invoke({ prompt: 'Hello' }) });

  expect(() => resourcesOf(stack)).toThrow(/importedModelTags: got 51 tags, Bedrock accepts 0 to 50/);
});
