import type { ReplacementOrder } from '../../src/imported-model/provider/contract';
import type { Operation } from '../bedrock-server/constraints';
import type { When } from '../bedrock-server/faults';

/**
 * A history before it is played: everything that happens by choice or by chance, as plain data, so that fast-check can shrink
 * it and a person can read it. The same script always plays the same.
 */
export interface Script {
  readonly world: WorldScript;
  /** What the user does with each stack, one after the other; the stacks go on side by side. */
  readonly stacks: readonly StackScript[];
  /** What others do in the account. */
  readonly others: readonly OtherScript[];
  readonly faults: readonly FaultScript[];
}

export interface WorldScript {
  /** Of the provider: how long between two polls. */
  readonly pollSeconds: number;
  /** Of the provider: how long one link waits. */
  readonly windowMinutes: number;
  /** Whether the models of a stack are imported one after the other. */
  readonly oneImportAtATime: boolean;
  /** How long a call of Bedrock takes. */
  readonly callMs: number;
  /** How long Get and List may show what was before. */
  readonly getLagSeconds: number;
  readonly listLagSeconds: number;
  readonly rolePropagationMinutes: number;
  readonly maxModels: number;
  /** How many times a model cannot be deleted yet. */
  readonly deleteConflicts: number;
  /** What becomes of the imports of the stacks, in the order in which they start; the last is for all the others. */
  readonly imports: readonly ImportScript[];
  /** An Update that failed with another id: which one CloudFormation goes on with. The documents are silent. */
  readonly failedUpdateRecords: 'old' | 'new';
  /** The properties that come with the Delete of a replaced id. The documents are silent. */
  readonly cleanupCarries: 'old' | 'new';
  /** Whether a rollback also updates what it had not touched, when an attribute that it refers to has changed. The documents are silent. */
  readonly rollbackFollows: boolean;
  /** Whether the waiter's execution is named after the request, as before CDK 2.240. */
  readonly executionNames: boolean;
  /** Whose policy counts when an update replaces a resource: that of the template before, or of the new one. The documents are silent. */
  readonly replacePolicyOf: 'old' | 'new';
  /** The provider is in a stack that is never deleted, and its waiters go on when the stack of the models is gone. */
  readonly providerElsewhere: boolean;
  /** A provider that is elsewhere does not know a stack for some time: its own stack is deployed later, or has forgotten it. */
  readonly unserved?: { readonly stack: number; readonly fromMinute: number; readonly minutes: number };
}

export interface ImportScript {
  readonly minutes: number;
  readonly fails?: boolean;
}

export interface StackScript {
  readonly operations: readonly OperationScript[];
}

export type OperationScript = DeployScript | DestroyScript;

export interface DeployScript {
  readonly do: 'deploy';
  /** After the operation before. */
  readonly pauseMinutes: number;
  readonly changes: readonly ChangeScript[];
  /** Another resource of the stack, which is changed in every deployment, and may fail. */
  readonly sibling?: { readonly seconds: number; readonly fails: boolean; /** It comes after this model. */ readonly after?: number };
  /** The user cancels; a Create is cancelled by deleting the stack. */
  readonly cancelAfterSeconds?: number;
  /** For how long the provider may not create jobs yet. */
  readonly deniedMinutes?: number;
  /** When a rollback has failed so often, the user lets CloudFormation skip what fails. */
  readonly skipsAfter?: number;
}

export interface DestroyScript {
  readonly do: 'destroy';
  readonly pauseMinutes: number;
}

/** To the template, of one model; a model that is not there yet is added. */
export interface ChangeScript {
  readonly model: number;
  readonly set: Partial<ModelSpec> | 'remove';
}

/** A model as the user wants it; `null` takes a property away again (a script is kept as JSON, which has no `undefined`). */
export interface ModelSpec {
  /** Content: 0 or 1 are prefixes; `invalid` is one that no service accepts. */
  readonly weights: number | 'invalid';
  readonly version: number;
  readonly key: number;
  /** An exact name; generated without it. */
  readonly name?: string | null;
  readonly role: RoleChoice;
  readonly vpc: boolean;
  readonly modelTags: { readonly [key: string]: string };
  readonly jobTags: { readonly [key: string]: string };
  readonly prefix?: string | null;
  /** How long all links wait: so many windows, less so many minutes. */
  readonly windows: number;
  readonly lessMinutes: number;
  readonly strategy?: ReplacementOrder | null;
  /** The removal policy is RETAIN. */
  readonly retain: boolean;
  /** Another path of the construct, whose logical ids are kept: it was moved, or another CDK names it. */
  readonly path: 0 | 1;
  /** What the library calls its attributes: the next version has more of them. */
  readonly revision: 1 | 2;
}

/** `own-1` and `own-2` are made and deleted with the stack; `user-` roles are always there; `missing` never is. */
export type RoleChoice = 'own-1' | 'own-2' | 'user-1' | 'user-2' | 'missing';

export type OtherScript =
  | { readonly do: 'import'; readonly atMinute: number; readonly minutes: number; readonly fails?: boolean }
  | { readonly do: 'model'; readonly atMinute: number }
  | { readonly do: 'forget'; readonly atMinute: number }
  | { readonly do: 'deleteByHand'; readonly atMinute: number; readonly which: number }
  | { readonly do: 'tagByHand'; readonly atMinute: number; readonly which: number }
  /** The account gets another quota of imported models. */
  | { readonly do: 'quota'; readonly atMinute: number; readonly maxModels: number }
  /** Somebody who may import, with a role of his own, and who knows how this library names things, and what a stack will ask for. */
  | {
    readonly do: 'plant';
    readonly atMinute: number;
    readonly minutes: number;
    readonly stack: number;
    readonly model: number;
    readonly version: number;
    /** From the very source that the stack names, as it is now, or from one of his own. */
    readonly genuineSource: boolean;
    /** Only the model is named like one of the stack, by a job of any name. */
    readonly otherJob: boolean;
  };

export type FaultScript =
  /** The n-th call of Bedrock and some after it are refused, or their answers are lost. */
  | { readonly kind: 'throttled' | 'serverError' | 'lostRequest' | 'lostAnswer' | 'accessDenied'; readonly call: number; readonly times: number }
  /**
   * The n-th call and some after it are not answered: each takes as long as the SDK waits for all its attempts. `during`: the answer has begun, and
   * trickles for ever, so that the SDK goes on waiting.
   */
  | { readonly kind: 'hangs'; readonly call: number; readonly times: number; readonly when: When }
  /** The n-th call and some after it are answered, but late. */
  | { readonly kind: 'slow'; readonly call: number; readonly times: number; readonly seconds: number }
  /** Everything is throttled for some time. */
  | { readonly kind: 'storm'; readonly atMinute: number; readonly minutes: number }
  /** Bedrock finds the n-th request for a job wrong. */
  | { readonly kind: 'refusedForGood'; readonly create: number }
  /** The handler dies at its n-th call, before or after the call took effect. */
  | { readonly kind: 'handlerKilled'; readonly call: number; readonly when: 'before' | 'after' }
  /** The framework's function dies at the n-th poll, before or after it has asked the handler, or after it has answered. */
  | { readonly kind: 'frameworkKilled'; readonly poll: number; readonly when: 'before' | 'after' | 'answered' }
  /** The n-th invocation of the handler is throttled; once is survived. */
  | { readonly kind: 'invocationThrottled'; readonly invocation: number; readonly times: number }
  /** The n-th request of CloudFormation comes twice. */
  | { readonly kind: 'deliveredTwice'; readonly request: number; readonly afterSeconds: number }
  | { readonly kind: 'deliveredLate'; readonly request: number; readonly seconds: number };

export type ReadOperation = Extract<Operation, `Get${string}` | `List${string}`>;
