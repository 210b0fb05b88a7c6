import type { ReplacementOrder } from '../../src/imported-model/provider/contract';
import type { Operation } from '../bedrock-server/constraints';
import type { When } from '../bedrock-server/faults';

/**
 * The input of a history: all choices and random events as plain data, so that fast-check can shrink it and it stays readable.
 * A script is deterministic.
 */
export interface Script {
  readonly world: WorldScript;
  /** The operations on each stack, in sequence. The stacks run in parallel. */
  readonly stacks: readonly StackScript[];
  /** The actions of others in the account. */
  readonly others: readonly OtherScript[];
  readonly faults: readonly FaultScript[];
}

export interface WorldScript {
  /** The `queryInterval` of the provider. */
  readonly pollSeconds: number;
  /** The wait window of each link. */
  readonly windowMinutes: number;
  /** Whether the models of a stack are imported one after the other. */
  readonly oneImportAtATime: boolean;
  /** The duration of a Bedrock call. */
  readonly callMs: number;
  /** The read lag of Get and of List. */
  readonly getLagSeconds: number;
  readonly listLagSeconds: number;
  readonly rolePropagationMinutes: number;
  readonly maxModels: number;
  /** The number of times that the deletion of a model conflicts. */
  readonly deleteConflicts: number;
  /** The outcomes of the imports of the stacks, in the order in which they start. The last one repeats. */
  readonly imports: readonly ImportScript[];
  /** The files that cannot be imported or read, for a time. The first that applies. All others are good. */
  readonly files?: readonly FilesScript[];
  /** The physical ID that CloudFormation records after an Update that failed with a new one. Not documented. */
  readonly failedUpdateRecords: 'old' | 'new';
  /** The properties in the Delete of a replaced resource. Not documented. */
  readonly cleanupCarries: 'old' | 'new';
  /** Whether a rollback also updates resources that the update had not changed if an attribute that they refer to has changed. Not documented. */
  readonly rollbackFollows: boolean;
  /** Whether the execution of the waiter is named after the request, as before CDK 2.240. */
  readonly executionNames: boolean;
  /** Whether the policy of the old or of the new template applies when an update replaces a resource. Not documented. */
  readonly replacePolicyOf: 'old' | 'new';
  /** The provider is in a stack that is never deleted. Its waiters continue after the stack of the models was deleted. */
  readonly providerElsewhere: boolean;
  /** When a provider in another stack does not serve a stack: its own stack is deployed later, or no longer lists it. */
  readonly unserved?: { readonly stack: number; readonly fromMinute: number; readonly minutes: number };
}

export interface ImportScript {
  readonly minutes: number;
  readonly fails?: boolean;
  /** The answers of the model, one for each invocation. The last one repeats. */
  readonly answers?: readonly AnswerScript[];
}

/**
 * An answer of a model:
 *
 * - `good`: with the expected text
 * - `wrong`: with another text
 * - `empty`: without text
 * - `refused`: the body is invalid
 * - `loading`: the model is being loaded
 * - `failing`: the model fails
 */
export interface AnswerScript {
  readonly is: 'good' | 'wrong' | 'empty' | 'refused' | 'loading' | 'failing';
  readonly seconds: number;
}

/** The files of a version of the weights. Somebody can replace, break, repair or delete them at any time. */
export interface FilesScript {
  readonly weights: number;
  /** @default - every version */
  readonly version?: number;
  readonly state: FilesState;
  readonly fromMinute: number;
  readonly minutes: number;
}

/**
 * What a check finds:
 *
 * - `bad`: an error that can be acknowledged
 * - `worse`: many more errors, with long messages
 * - `odd`: warnings
 * - `unreadable`: access is denied
 */
export type FilesState = 'bad' | 'worse' | 'odd' | 'unreadable';

export interface StackScript {
  readonly operations: readonly OperationScript[];
}

export type OperationScript = DeployScript | DestroyScript;

export interface DeployScript {
  readonly do: 'deploy';
  /** After the previous operation. */
  readonly pauseMinutes: number;
  readonly changes: readonly ChangeScript[];
  /** Another resource of the stack that changes in every deployment and can fail. */
  readonly sibling?: { readonly seconds: number; readonly fails: boolean; /** Depends on this model. */ readonly after?: number };
  /** The user cancels the deployment. A Create is cancelled by deleting the stack. */
  readonly cancelAfterSeconds?: number;
  /** How long the provider is not authorized to create jobs. */
  readonly deniedMinutes?: number;
  /** The number of failed rollbacks after which the user skips the resources that fail. */
  readonly skipsAfter?: number;
}

export interface DestroyScript {
  readonly do: 'destroy';
  readonly pauseMinutes: number;
}

/** A change of one model in the template. A model that does not exist is added. */
export interface ChangeScript {
  readonly model: number;
  readonly set: Partial<ModelSpec> | 'remove';
}

/** The properties of a model. `null` removes a property (scripts are stored as JSON, which has no `undefined`). */
export interface ModelSpec {
  /** The S3 prefix: 0, 1, or an invalid one. */
  readonly weights: number | 'invalid';
  readonly version: number;
  readonly key: number;
  /** @default - generated name */
  readonly name?: string | null;
  readonly role: RoleChoice;
  readonly vpc: boolean;
  readonly modelTags: { readonly [key: string]: string };
  readonly jobTags: { readonly [key: string]: string };
  readonly prefix?: string | null;
  /** The import timeout: this number of windows, minus `lessMinutes`. */
  readonly windows: number;
  readonly lessMinutes: number;
  readonly strategy?: ReplacementOrder | null;
  /** The removal policy is RETAIN. */
  readonly retain: boolean;
  /** Whether the files are checked before the import, and whether an error is acknowledged. */
  readonly check: 'off' | 'on' | 'acknowledged';
  /** Whether a new model is verified. `other` expects another text. */
  readonly verification: 'off' | 'on' | 'other';
  /** Whether the former model is kept when it is replaced. */
  readonly keepPrevious: boolean;
  /** The construct path. Changes without the logical IDs if the construct is moved or CDK changes its names. */
  readonly path: 0 | 1;
  /** The library version. The next version has more properties. */
  readonly revision: 1 | 2;
}

/** `own-1` and `own-2` are created and deleted with the stack, `user-` roles always exist, `missing` never exists. */
export type RoleChoice = 'own-1' | 'own-2' | 'user-1' | 'user-2' | 'missing';

export type OtherScript =
  | { readonly do: 'import'; readonly atMinute: number; readonly minutes: number; readonly fails?: boolean }
  | { readonly do: 'model'; readonly atMinute: number }
  | { readonly do: 'forget'; readonly atMinute: number }
  | { readonly do: 'deleteByHand'; readonly atMinute: number; readonly which: number }
  | { readonly do: 'tagByHand'; readonly atMinute: number; readonly which: number }
  /** The quota of imported models changes. */
  | { readonly do: 'quota'; readonly atMinute: number; readonly maxModels: number }
  /** An import by another principal with another role, who knows the naming scheme and the next content of a stack. */
  | {
    readonly do: 'plant';
    readonly atMinute: number;
    readonly minutes: number;
    readonly stack: number;
    readonly model: number;
    readonly version: number;
    /** Whether the source is that of the stack, or another one. */
    readonly genuineSource: boolean;
    /** Whether only the model has a name of the stack, and the job has any name. */
    readonly otherJob: boolean;
  };

export type FaultScript =
  /** The n-th Bedrock call and the following ones fail, or their responses are lost. */
  | { readonly kind: 'throttled' | 'serverError' | 'lostRequest' | 'lostAnswer' | 'accessDenied'; readonly call: number; readonly times: number }
  /**
   * The n-th call and the following ones have no response, and take until all attempts of the SDK time out. `during`: the response has started
   * but never completes, so that the SDK continues to wait.
   */
  | { readonly kind: 'hangs'; readonly call: number; readonly times: number; readonly when: When }
  /** The responses of the n-th call and the following ones are late. */
  | { readonly kind: 'slow'; readonly call: number; readonly times: number; readonly seconds: number }
  /** All calls are throttled for some time. */
  | { readonly kind: 'storm'; readonly atMinute: number; readonly minutes: number }
  /** Bedrock rejects the n-th CreateModelImportJob with a validation error. */
  | { readonly kind: 'refusedForGood'; readonly create: number }
  /** The handler crashes at its n-th call, before or after the call takes effect. */
  | { readonly kind: 'handlerKilled'; readonly call: number; readonly when: 'before' | 'after' }
  /** The framework's function crashes at the n-th poll: before or after it invokes the handler, or after its response. */
  | { readonly kind: 'frameworkKilled'; readonly poll: number; readonly when: 'before' | 'after' | 'answered' }
  /** The n-th invocation of the handler is throttled. A retry after a single throttle succeeds. */
  | { readonly kind: 'invocationThrottled'; readonly invocation: number; readonly times: number }
  /** The n-th request of CloudFormation is delivered twice. */
  | { readonly kind: 'deliveredTwice'; readonly request: number; readonly afterSeconds: number }
  | { readonly kind: 'deliveredLate'; readonly request: number; readonly seconds: number };

export type ReadOperation = Extract<Operation, `Get${string}` | `List${string}`>;
