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
