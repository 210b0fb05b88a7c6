import type { Stack } from 'aws-cdk-lib';

/**
 * The name by which a provider recognizes the events of another stack. CloudFormation names a nested stack after its parent and its logical id; a
 * reference to its own name would make the provider depend on it.
 */
export function nameForServing(stack: Stack): string {
  const { nestedStackParent: parent, nestedStackResource: resource } = stack;
  if (!parent || !resource) return stack.stackName;
  const name = nameForServing(parent).replace(/\*$/, '');
  return `${name}${name.endsWith('-') ? '' : '-'}${String(parent.resolve(resource.logicalId))}-*`;
}
