import type { Show } from '../../e2e/scenario';
import type { World } from '../world';

/** Deployments with the real CDK CLI. On the local AWS, each is a scenario of the end-to-end tests. */
export interface Story {
  readonly name: string;
  /** What happens, with its outcome. */
  readonly title: string;
  /** What it makes, for the list that the user accepts. */
  readonly makes: string;
  /** The longest time that it should take. */
  readonly minutes: number;
  /** The most that it should cost, in US cents. */
  readonly cents: number;
  /** Throws if the outcome is another one. */
  play(world: World, show: Show): Promise<void>;
}
