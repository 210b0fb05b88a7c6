import { costsMore, judgeAnswer, judgeMetrics } from './model-signals';

const ARN = 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl';
const metric = (...dimensions: [name: string, value: string][]) =>
  ({ Namespace: 'AWS/Bedrock', MetricName: 'Invocations', Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })) });

test.each([
  ['its ARN', [metric(['ModelId', ARN])], true],
  ['its ARN, also with another dimension', [metric(['ModelId', ARN]), metric(['ModelId', ARN], ['ContextWindow', '8K'])], true],
  ['its ARN only with another dimension', [metric(['ModelId', ARN], ['ContextWindow', '8K'])], false],
  ['its ID', [metric(['ModelId', 'abcdefghijkl'])], false],
  ['another name', [metric(['ImportedModel', ARN])], false],
  ['those of another model', [metric(['ModelId', ARN.replace('abc', 'xyz')])], undefined],
  ['nothing', [], undefined],
])('metrics of a model with %s as dimension', (_, metrics, expected) => {
  expect(judgeMetrics(metrics, ARN).holds).toBe(expected);
});

test.each([
  ['{"generation":"Paris"}', true],
  ['{"choices":[{"text":"Paris"}]}', true],
  ['{"choices":[{"message":{"content":"Paris"}}]}', true],
  ['{"outputs":[{"text":"Paris"}]}', true],
  ['{"output":{"message":"Paris"}}', false],
  ['{"choices":[]}', false],
  ['null', false],
  ['Paris', false],
])('the answer %s', (body, expected) => {
  expect(judgeAnswer(body).holds).toBe(expected);
});

test('a model is not invoked if its units cost more than the user has accepted', () => {
  expect(costsMore(1, 45, 400)).toBeUndefined();
  expect(costsMore(2, 20, 400)).toBeUndefined();
  expect(costsMore(2, 45, 400)).toContain('2 Custom Model Units: 45 minutes of a copy cost US$ 7.20, and US$ 4.00 were accepted');
});
