/** The settings of a stack, passed to the app as CDK context. */
export interface StackSettings {
  readonly stack: string;
  /** The version of the source. A different version is a different model. @default 1 */
  readonly version?: number;
  /** The folder of the files in the bucket. @default 'llama' */
  readonly folder?: string;
  /** The S3 URI of the files, in any bucket. @default - the folder */
  readonly weights?: string;
  /** Whether the files are not checked. @default false */
  readonly unchecked?: boolean;
  /** Whether the model has a customer managed key, and its import a VPC without internet access. @default false */
  readonly keyAndVpc?: boolean;
  /** The rules whose findings do not stop the import. @default - none */
  readonly acknowledge?: string[];
  /** What the answer of a new model must contain, or '' for any answer. @default - a new model is not asked */
  readonly expect?: string;
  /** Whether the former model is kept. @default false */
  readonly keepPrevious?: boolean;
  readonly importedModelName?: string;
  readonly deleteFirst?: boolean;
  /** Whether the removal policy is RETAIN. @default - default of the library */
  readonly retain?: boolean;
  /** The `team` tag of the model. @default - none */
  readonly team?: string;
  /** @default - default of the library */
  readonly importTimeoutMinutes?: number;
  /** @default - default of the library */
  readonly waitWindowMinutes?: number;
  /** A resource that fails after the model is imported, or after the first wait window of the import. @default - none */
  readonly failingSibling?: 'after-model' | 'after-first-window';
  /** The name of the parameter to publish the ARN of the model in. @default - none */
  readonly publishTo?: string;
  /** The name of the parameter to read the ARN of a model from, instead of importing one. Ignores the other settings. @default - none */
  readonly readFrom?: string;
}

/** The bucket of the files. */
export const WEIGHTS_BUCKET = 'amzn-s3-demo-bucket';

/** The folder in which every account has a model. */
export const MODEL_FOLDER = 'llama';

/** What a new model is asked. */
export const QUESTION = 'What is the capital of France?';

/** The context key of the settings. */
export const SETTINGS = 'e2e';
