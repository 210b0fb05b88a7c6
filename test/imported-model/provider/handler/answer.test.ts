import { judge, judgeError } from '../../../../src/imported-model/provider/handler/answer';

const ask = (answer: unknown, expect?: string) => judge({ body: '{"prompt":"Hello"}', expect }, typeof answer === 'string' ? answer : JSON.stringify(answer));
const refused = (name: string, more: object = {}) =>
  judgeError({ body: '{"prompt":"Hello"}' }, Object.assign(new Error('said Bedrock'), { name, $metadata: {}, ...more }));

describe('an answer', () => {
  test.each([
    ['BedrockCompletion', { generation: 'Hi there', stop_reason: 'stop' }],
    ['OpenAICompletion', { choices: [{ text: 'Hi there', finish_reason: 'stop' }] }],
    ['OpenAIChatCompletion', { choices: [{ message: { role: 'assistant', content: 'Hi there' } }] }],
    ['Mistral', { outputs: [{ text: 'Hi there' }] }],
    ['a format that is not known', { result: { output: 'Hi there' } }],
  ])('in the format %s is good with any text, or with the expected one', (_, answer) => {
    expect(ask(answer)).toEqual({ is: 'good' });
    expect(ask(answer, 'Hi')).toEqual({ is: 'good' });
    expect(ask(answer, 'Ho')).toEqual({ is: 'bad', why: expect.stringMatching(/^its answer to "\{\\"prompt\\":\\"Hello\\"\}" does not contain "Ho": /) });
  });

  test.each([
    { generation: '' }, { generation: ' ' }, { choices: [{ text: '', finish_reason: 'stop' }] }, { choices: [{ message: { content: null } }] },
    { outputs: [{ text: '\n' }] },
  ])('without text is bad (%j)', answer => {
    expect(ask(answer)).toEqual({ is: 'bad', why: expect.stringMatching(/^its answer to .* has no text: /) });
  });

  test.each(['', '{"generation":"Hi th', 'Hi there'])('that is no JSON is incomplete, so it is late (%j)', answer => {
    expect(ask(answer)).toEqual({ is: 'late', why: `its answer to "{\\"prompt\\":\\"Hello\\"}" is incomplete: ${JSON.stringify(answer)}` });
  });

  // The text must be what the model says, and not a part of the format.
  test('is not expected in the names of the format', () => expect(ask({ choices: [{ text: 'Hi', finish_reason: 'stop' }] }, 'stop')).toMatchObject({ is: 'bad' }));

  test('is abbreviated in the message', () => {
    expect(ask({ generation: 'x'.repeat(5000) }, 'Hi')).toMatchObject({ why: expect.stringMatching(/: "x{200}\.\.\."$/) });
  });
});

describe('a refusal', () => {
  test.each<[string, object]>([
    ['ModelNotReadyException', { $metadata: { httpStatusCode: 429 } }], ['ThrottlingException', {}], ['ModelErrorException', {}], ['ModelTimeoutException', {}],
    ['InternalServerException', { $fault: 'server', $metadata: { httpStatusCode: 500 } }], ['AccessDeniedException', {}], ['ResourceNotFoundException', {}], ['AbortError', {}],
  ])('that can pass is no answer yet (%s)', (name, more) => {
    expect(refused(name, more)).toEqual({ is: 'late', why: `InvokeModel with "{\\"prompt\\":\\"Hello\\"}" was refused: ${name}: said Bedrock` });
  });

  test('that cannot pass says so', () => expect(refused('ValidationException', { $metadata: { httpStatusCode: 400 } })).toMatchObject({ is: 'refused' }));

  test('without a response can pass', () => expect(refused('Error')).toMatchObject({ is: 'late' }));

  test('an error of the program is none', () => {
    expect(() => judgeError({ body: '{}' }, new TypeError('undefined is not a function'))).toThrow(TypeError);
  });
});
