/**
 * What a finding means for an import:
 *
 * - `error`: Bedrock documents that it does not import such a model
 * - `warning`: the model may fail, or be served in another way than expected
 * - `info`: worth knowing
 */
export type Severity = 'error' | 'warning' | 'info';

/** What a rule has found. */
export interface Finding {
  /** The id of the rule, by which the finding is acknowledged. */
  readonly rule: string;
  readonly severity: Severity;
  /** The file, if it is about one. */
  readonly file?: string;
  /** What is wrong, with the value. */
  readonly message: string;
  /** The repair. */
  readonly remedy: string;
  /** The document that says so. */
  readonly source: string;
  /** Whether the user has acknowledged the rule: then the finding stops nothing. */
  readonly acknowledged: boolean;
}
