import { decideAbsent } from './absent';
import { decideChecked } from './checked';
import { decidePresent } from './present';
import type { Facts, Goal, Step } from './steps';

/**
 * The next step from the facts towards the goal: the lifecycle of an imported model as one pure function. It asks for the facts it needs, cheapest
 * first, so that a poll of a running import is one call of Bedrock.
 *
 * It has no memory: called any number of times, twice at once, after a crash or a rollback, it returns the right next step.
 * docs/internals/lifecycle.md has the decision table.
 */
export function decide(goal: Goal, facts: Facts): Step {
  switch (goal.kind) {
    case 'checked': return decideChecked(goal, facts);
    case 'present': return decidePresent(goal, facts);
    case 'absent': return decideAbsent(goal, facts);
  }
}
