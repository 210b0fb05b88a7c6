import type { Report } from '../findings';
import type { World } from '../world';

/** An experiment in an account that compares assumptions with what AWS does. */
export interface Probe {
  readonly name: string;
  /** What it does, as an imperative. */
  readonly title: string;
  /** The assumptions that it can confirm or contradict. */
  readonly ids: readonly string[];
  /** What it makes, for the list that the user accepts. */
  readonly makes: string;
  /** The longest time that it should take. */
  readonly minutes: number;
  /** The most that it should cost, in US cents. */
  readonly cents: number;
  /** Whether it deploys with the CDK CLI, and so needs a bootstrapped account. @default false */
  readonly usesCdk?: boolean;
  /** Whether the models of the run are removed after it, to make room for those of others. @default false */
  readonly isLastWithItsModels?: boolean;
  /** Reports what it sees. An error ends the probe; what it has reported until then counts. */
  run(world: World, report: Report): Promise<void>;
}
