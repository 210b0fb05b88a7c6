/** What it has cost to read a folder. */
export interface ReadCost {
  /** The number of requests, with those that were repeated. */
  readonly calls: number;
  /** The bytes of files that have been read. */
  readonly bytes: number;
}
