import type { CheckOptions } from './check-options';
import type { Severity } from './finding';
import type { Model } from './model';

/** A rule of what Bedrock imports. */
export interface Rule {
  /** Stable: users acknowledge findings by it. */
  readonly id: string;
  /** What is checked, as a noun phrase for the table of the guide. */
  readonly checks: string;
  readonly severity: Severity;
  /** In words, if some problems are less severe. */
  readonly severityNote?: string;
  /** The document that says so. */
  readonly source: string;
  readonly find: (model: Model, options: CheckOptions) => readonly Problem[];
}

/** What breaks a rule. */
export interface Problem {
  /** The file, if it is about one. */
  readonly file?: string;
  /** The field, its value and the rule. */
  readonly message: string;
  /** The exact repair. */
  readonly remedy: string;
  /** If it is not that of the rule. */
  readonly severity?: Severity;
}
