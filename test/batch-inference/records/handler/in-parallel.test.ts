import { inParallel } from '../../../../src/batch-inference/records/handler/in-parallel';

async function* numbers(count: number): AsyncIterable<number> {
  for (let number = 0; number < count; number++) yield number;
}

test('results are in the order of the items, and at most 32 calls run at once', async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  for await (const result of inParallel(numbers(100), async number => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running -= 1;
    return number;
  })) results.push(result);

  expect(results).toEqual(Array.from({ length: 100 }, (_, number) => number));
  expect(most).toBe(32);
});

test('an error is thrown when it is its turn, and others are not lost without a handler', async () => {
  const consumed: number[] = [];
  const consume = async () => {
    for await (const result of inParallel(numbers(5), async number => {
      if (number >= 2) throw new Error(`${number} has failed`);
      return number;
    })) consumed.push(result);
  };

  await expect(consume()).rejects.toThrow('2 has failed');
  expect(consumed).toEqual([0, 1]);
});
