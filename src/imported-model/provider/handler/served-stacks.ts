/** Whether this provider serves a stack. */
export type Serves = (stackId: string) => boolean;

/**
 * Parses the list of served stacks: the id of the provider's stack, then the names of the other stacks whose models use the provider. A name
 * that ends with `*` is a prefix (nested stacks). CloudFormation invokes the function for every stack that names its service token, so without
 * the list every stack could use the permissions of the provider.
 */
export function servedStacks(list: string | undefined): Serves {
  const [home = '', ...names] = (list ?? '').split(',');
  // arn:aws:cloudformation:us-east-1:111122223333:stack/<name>/<uuid>
  const [environment] = home.split('stack/');
  return stackId => {
    if (stackId === home) return true;
    const [otherEnvironment, rest = ''] = stackId.split('stack/');
    const [name] = rest.split('/');
    return otherEnvironment === environment && names.some(other => other.endsWith('*') ? name.startsWith(other.slice(0, -1)) : name === other);
  };
}
