import type { Account } from './account';

/** Prints what was seen, below the headline of the scenario. */
export type Show = (label: string, value: string) => void;

/** A story with an account that is empty at the beginning, and must be at the end. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  play(account: Account, show: Show): Promise<void>;
}
