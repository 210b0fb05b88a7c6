/** Whether a stack is served by this provider. */
export type Serves = (stackId: string) => boolean;

/**
 * Reads the list that the provider's stack gives its function: the id of that stack, then the names of the other stacks whose models use the
 * provider; a name that ends with `*` stands for all that begin so (nested stacks). CloudFormation invokes the function for every stack that
 * names it, with the permissions of whoever deploys that stack, so without the list every stack would have the power of the provider.
 */
export function servedStacks(list: string | undefined): Serves {
  const [home = '', ...names] = (list ?? '').split(',');
  // arn:aws:cloudformation:us-east-1:111122223333:stack/<name>/<uuid>
  const [place] = home.split('stack/');
  return stackId => {
    if (stackId === home) return true;
    const [where, rest = ''] = stackId.split('stack/');
    const [name] = rest.split('/');
    return where === place && names.some(other => other.endsWith('*') ? name.startsWith(other.slice(0, -1)) : name === other);
  };
}
