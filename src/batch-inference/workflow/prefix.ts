import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

/**
 * Adds a prefix to the names of the states of a scope that do not have it yet. It must be called before the states become the processor of a map:
 * from then on, CDK compares the names that they had with those of all other states.
 */
export function prefixStatesOf(scope: Construct, prefix: string): void {
  const states = scope.node.children.filter(child => child instanceof sfn.State);
  states.filter(({ stateId }) => !stateId.startsWith(prefix)).forEach(state => state.addPrefix(prefix));
}
