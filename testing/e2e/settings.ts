/** What a scenario asks of a stack; it goes to the app as CDK context. */
export interface StackSettings {
  readonly stack: string;
  /** Another version is another model. @default 1 */
  readonly version?: number;
  readonly importedModelName?: string;
  readonly deleteFirst?: boolean;
  /** The removal policy is RETAIN. @default - that of the library */
  readonly retain?: boolean;
  /** A tag of the model. @default - none */
  readonly team?: string;
  /** @default - that of the library */
  readonly importTimeoutMinutes?: number;
  /** @default - that of the library */
  readonly waitWindowMinutes?: number;
  /** A resource that fails as soon as the model is there, or as soon as the import has begun and its first window has closed. @default - none */
  readonly failingSibling?: 'after-model' | 'after-first-window';
  /** The parameter that the stack keeps the ARN of its model in. @default - none */
  readonly publishTo?: string;
  /** The parameter that the stack reads the ARN of its model in: it then has none of its own, and nothing else above counts. @default - none */
  readonly readFrom?: string;
}

/** Of the context. */
export const SETTINGS = 'e2e';
