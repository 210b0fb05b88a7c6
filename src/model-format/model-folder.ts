/**
 * A file of a model.
 */
export interface ModelFile {
  /** The path, relative to the folder of the model, with `/` between names. */
  readonly path: string;
  /** The size in bytes. */
  readonly size: number;
  /** What changes with the content: the entity tag of Amazon S3, or the hash of a Hub. Undefined on a disk. */
  readonly etag?: string;
}

/**
 * The folder of a model, wherever it is: on a disk, in Amazon S3 or on a Hub.
 */
export interface ModelFolder {
  /** All files of the folder, also those of folders in it. */
  list(): Promise<ModelFile[]>;

  /** The bytes of a file from `start` up to, but not including, `end`. Fewer if the file ends before. */
  read(path: string, start: number, end: number): Promise<Uint8Array>;
}
