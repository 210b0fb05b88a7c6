import type { CheckOptions, Severity } from '../../../src/model-format';
import type { ModelFiles } from '../model-files';

/** A model and a rule. */
export interface Case {
  /** The id of the rule. */
  readonly rule: string;
  /** What is special of the model. */
  readonly what: string;
  readonly files: ModelFiles;
  readonly options?: CheckOptions;
}

/** A model that breaks the rule, and no other except those that only inform. */
export interface FailingCase extends Case {
  readonly finds: readonly { readonly severity: Severity; readonly file?: string; readonly message: string; readonly remedy: string }[];
}
