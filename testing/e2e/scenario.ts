import type { Account } from './account';

/** Prints a result below the title of the scenario. */
export type Show = (label: string, value: string) => void;

/** A scenario in an account that is empty at the beginning and must be empty at the end. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  play(account: Account, show: Show): Promise<void>;
}
