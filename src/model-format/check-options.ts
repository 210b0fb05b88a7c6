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
