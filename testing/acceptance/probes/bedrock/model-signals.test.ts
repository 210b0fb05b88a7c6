import { judgeAnswer, judgeMetrics } from './model-signals';

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
