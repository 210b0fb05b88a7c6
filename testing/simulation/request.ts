import type { Stack } from './cloudformation';
import type { Link } from '../../src/imported-model/provider/contract';
import type { OnEventRequest } from '../../src/imported-model/provider/handler/event';

/** What CloudFormation receives for a request. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
  readonly PhysicalResourceId: string;
  readonly Data?: { readonly [name: string]: string };
}

/** A fault that strikes a request so that it may fail, or be answered never or twice, whatever the handler does. */
export type Excuse = 'handler killed' | 'framework killed' | 'invocation throttled' | 'refused for good' | 'waiter timed out';

/** A request of CloudFormation to a custom resource, with what the simulation knows of it. */
export interface CfnRequest {
  readonly number: number;
  readonly event: OnEventRequest;
  readonly stack: Stack;
  /** The operation of the stack that it belongs to. */
  readonly operation: number;
  readonly link: Link;
  /** Whose models it is about: the stack and its `import` link. */
  readonly chain: string;
  /** What the model is made of, see `contentOf`. */
  readonly content: string;
  readonly sentAt: number;
  /** CloudFormation still waits for the answer. */
  awaited: boolean;
  answers: number;
  submitted: number;
  /** Waiters that poll for it. */
  waiters: number;
  startedAt?: number;
  readonly excuses: Set<Excuse>;
  /** When a fault last met a call for it. */
  lastFaultAt: number;
  /** When Bedrock looked for the answer that came last: a slow one is older than it seems. */
  answerOf: number;
  /** Since when it has been seeing a fact without a break, by its name, and when it last did. */
  readonly seen: Map<string, { readonly since: number; readonly last: number }>;
  readonly answered: (answer: Answer) => void;
}

/** The marker id of cr.Provider, for a Create that failed before the handler named anything. */
export const CREATE_FAILED = 'AWSCDK::CustomResourceProviderFramework::CREATE_FAILED';

/** What makes a model another model, and under which exact name. */
export function contentOf(properties: OnEventRequest['ResourceProperties']): string {
  const { S3Uri, SourceVersion, ImportedModelKmsKeyId, ImportedModelName } = properties;
  return JSON.stringify([S3Uri, SourceVersion ?? null, ImportedModelKmsKeyId ?? null, ImportedModelName ?? null]);
}

/** The same for a person. */
export function shortContent(content: string): string {
  const [uri, version, key, name] = JSON.parse(content) as (string | null)[];
  return [uri?.replace(/^.*weights-/, 'w').replace(/\/$/, ''), version && `v${version}`, key && `k${key.at(-37 + 7) ?? ''}`, name].filter(Boolean).join(' ');
}

export function describeRequest({ number, event, stack, awaited }: CfnRequest): string {
  return `#${number} ${event.RequestType} ${stack.name}.${event.LogicalResourceId}${awaited ? '' : ' (nobody waits)'}`;
}
