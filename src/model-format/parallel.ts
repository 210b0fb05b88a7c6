/** Runs an action for each item, a limited number at a time. The results are in the order of the items. The first failure ends it. */
export async function inParallel<Item, Result>(items: readonly Item[], limit: number, action: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = new Array<Result>(items.length);
  const waiting = items.entries();
  let failed = false;
  const work = async () => {
    for (const [position, item] of waiting) {
      if (failed) return;
      try {
        results[position] = await action(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
}

/** Runs actions one after the other. One that fails does not keep the next from running. */
export function oneAtATime(): <Result>(action: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return async <Result>(action: () => Promise<Result>) => {
    const result = last.then(action, action);
    last = result;
    return result;
  };
}
