import type { ModelFolder } from './model-folder';

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

/** Options of a check. */
export interface CheckOptions {
  /** The Region of the import, if it is known. */
  readonly region?: string;
  /** The Region of the bucket, if there is one and it is known. */
  readonly bucketRegion?: string;
  /** The ids of the rules that the user has acknowledged. */
  readonly acknowledged?: readonly string[];
  /** Parses a chat template; throws if it is no Jinja. Without it, templates are not parsed. */
  readonly parseTemplate?: (template: string) => void;
  /** Called while files are read, with the number of files that have been read and of those to read. */
  readonly progress?: (read: number, total: number) => void;
}

/** The result of a check. */
export interface ModelCheck {
  /** The most severe first. */
  readonly findings: readonly Finding[];
  /** Whether no error remains that is not acknowledged. */
  readonly passed: boolean;
  /** A digest of names, sizes and entity tags: other weights have another digest. */
  readonly digest: string;
  /** The number of files, and of the bytes of the weights among them. */
  readonly files: number;
  readonly weightBytes: number;
}

/** Checks whether Bedrock can import a model. Reads the list, the small files and the headers of the weights. */
export async function checkModel(folder: ModelFolder, options: CheckOptions = {}): Promise<ModelCheck> {
  void folder;
  void options;
  throw new Error('not yet');
}
