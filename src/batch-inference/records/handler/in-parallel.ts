/** How many calls of Amazon S3 are made at once, each for one record that goes by reference. */
const CONCURRENCY = 32;

/** Maps items in their order, some of them at once. */
export async function* inParallel<T, R>(items: AsyncIterable<T>, map: (item: T) => Promise<R>): AsyncIterable<R> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    result.catch(() => { /* thrown when it is its turn */ });
    running.push(result);
    if (running.length === CONCURRENCY) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}
