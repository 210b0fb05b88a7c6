import { evaluate } from './engine';
import { QUESTIONS } from './questions';

describe('the engine evaluates as documented by AWS:', () => {
  test.each(QUESTIONS)('$sentence', async ({ request, policies, allowed }) => {
    expect(await evaluate(request, policies)).toEqual({ allowed, unknownKeys: [] });
  });

  test('a condition key that an action does not support is reported', async () => {
    const [{ request, policies }] = QUESTIONS;
    const { unknownKeys } = await evaluate({ ...request, context: { ...request.context, 'ec2:Subnet': 'subnet-1' } }, policies);

    expect(unknownKeys).toEqual(['ec2:Subnet']);
  });
});
