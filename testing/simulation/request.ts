import type { Stack } from './cloudformation';
import type { Link } from '../../src/imported-model/provider/contract';
import type { OnEventRequest } from '../../src/imported-model/provider/handler/event';

/** The response to a request. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly Data?: { readonly [name: string]: string };
}

/** A fault after which a request is allowed to fail, or to have no response or two, regardless of the handler. */
export type Excuse = 'handler killed' | 'framework killed' | 'invocation throttled' | 'refused for good' | 'waiter timed out';

/** A custom resource request of CloudFormation with its state in the simulation. */
export interface CfnRequest {
  readonly number: number;
  readonly event: OnEventRequest;
  readonly stack: Stack;
  /** The stack operation of the request. */
  readonly operation: number;
  readonly link: Link;
  /** The owner of the models: the stack and its `import` link. */
  readonly chain: string;
  /** The content of the model, see `contentOf`. */
  readonly content: string;
  readonly sentAt: number;
  /** Whether CloudFormation still waits for the response. */
  awaited: boolean;
  answers: number;
  submitted: number;
  /** The number of waiters that poll for it. */
  waiters: number;
  startedAt?: number;
  readonly excuses: Set<Excuse>;
  /** When a call for it was last affected by a fault. */
  lastFaultAt: number;
  /** When Bedrock processed the call of the latest response. Earlier than its arrival if the response was slow. */
  answerOf: number;
  /** Facts by name: since when the request has observed it continuously, and when it last did. */
  readonly seen: Map<string, { readonly since: number; readonly last: number }>;
  readonly answered: (answer: Answer) => void;
}

/** The physical ID of `cr.Provider` for a Create that failed before the handler returned one. */
export const CREATE_FAILED = 'AWSCDK::CustomResourceProviderFramework::CREATE_FAILED';

/** The properties that identify the content of a model, and its exact name. */
export function contentOf(properties: OnEventRequest['ResourceProperties']): string {
  const { S3Uri, SourceVersion, ImportedModelKmsKeyId, ImportedModelName } = properties;
  return JSON.stringify([S3Uri, SourceVersion ?? null, ImportedModelKmsKeyId ?? null, ImportedModelName ?? null]);
}

/** The part of `contentOf` that a check knows: not the name. */
export function weightsOf({ S3Uri, SourceVersion, ImportedModelKmsKeyId }: OnEventRequest['ResourceProperties']): string {
  return JSON.stringify([S3Uri, SourceVersion ?? null, ImportedModelKmsKeyId ?? null]);
}

/** A short form of `contentOf` for messages. */
export function shortContent(content: string): string {
  const [uri, version, key, name] = JSON.parse(content) as (string | null)[];
  return [uri?.replace(/^.*weights-/, 'w').replace(/\/$/, ''), version && `v${version}`, key && `k${key.at(-37 + 7) ?? ''}`, name].filter(Boolean).join(' ');
}

export function describeRequest({ number, event, stack, awaited }: CfnRequest): string {
  return `#${number} ${event.RequestType} ${stack.name}.${event.LogicalResourceId}${awaited ? '' : ' (not awaited)'}`;
}
