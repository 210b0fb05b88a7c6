import type { BedrockApi } from './bedrock-api';
import type { Goal, Step } from './decide';
import { DeploymentError } from './deployment-error';
import { namesOf, type Origin, ownerOf } from './names';
import { reconcile } from './reconcile';
import { parseRequest, tagKeysOf } from './request';
import type { ModelImportAttributes } from '../contract/custom-resource';
import { IMPORT_TIMEOUT_MINUTES } from '../contract/rules';

/** What the provider framework sends, to `onEvent` first. */
export interface OnEventRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: { readonly [name: string]: unknown };
  readonly OldResourceProperties?: { readonly [name: string]: unknown };
}

/** What `onEvent` answers. The framework hands every member on to `isComplete`. */
export interface OnEventResponse {
  readonly PhysicalResourceId: string;
  /** When this request began, in milliseconds; also what tells an `isComplete` request from an `onEvent` request. */
  readonly StartedAt: number;
}

/** What the framework sends to `isComplete`, again and again. */
export type IsCompleteRequest = OnEventRequest & OnEventResponse;

/** What `isComplete` answers. */
export type IsCompleteResponse = { readonly IsComplete: false } | { readonly IsComplete: true; readonly Data?: ModelImportAttributes };

/** Where the handler says what it does; one line a step. */
export type Log = (line: { readonly [name: string]: unknown }) => void;

const MINUTE = 60_000;

/**
 * The custom resource. `onEvent` checks the properties and names things; it calls nothing, so that nothing exists when it
 * fails. `isComplete` is called until it is satisfied, and does whatever is missing.
 */
export class ModelImportHandler {
  constructor(
    private readonly bedrock: BedrockApi,
    private readonly now: () => number = Date.now,
    private readonly log: Log = line => console.log(JSON.stringify(line)),
  ) {}

  /** One function serves both requests of the framework. */
  public async handle(event: OnEventRequest | IsCompleteRequest): Promise<OnEventResponse | IsCompleteResponse> {
    return 'StartedAt' in event ? this.isComplete(event) : this.onEvent(event);
  }

  private onEvent(event: OnEventRequest): OnEventResponse {
    const PhysicalResourceId = event.RequestType === 'Delete'
      ? event.PhysicalResourceId ?? ''
      : namesOf(originOf(event), parseRequest(event.ResourceProperties)).modelName;
    this.log({ request: event.RequestType, requestId: event.RequestId, resource: event.LogicalResourceId, model: PhysicalResourceId });
    return { PhysicalResourceId, StartedAt: this.now() };
  }

  private async isComplete(event: IsCompleteRequest): Promise<IsCompleteResponse> {
    const end = await reconcile(goalOf(event), this.bedrock, this.now, step => this.logStep(event, step));
    switch (end.do) {
      case 'wait':
        return { IsComplete: false };
      case 'succeed':
        return { IsComplete: true, Data: end.model?.attributes };
      case 'fail':
        throw new DeploymentError(end.why);
    }
  }

  private logStep(event: IsCompleteRequest, step: Step): void {
    this.log({
      request: event.RequestType,
      requestId: event.RequestId,
      model: event.PhysicalResourceId,
      minutes: Math.round((this.now() - event.StartedAt) / MINUTE),
      step: step.do,
      why: 'why' in step ? step.why : undefined,
    });
  }
}

/** What the request asks for. */
function goalOf(event: IsCompleteRequest): Goal {
  const startedAt = Number(event.StartedAt);
  if (event.RequestType === 'Delete') {
    return {
      kind: 'absent',
      owner: ownerOf(originOf(event)),
      modelName: event.PhysicalResourceId,
      startedAt,
      deadline: startedAt + IMPORT_TIMEOUT_MINUTES.max * MINUTE,
    };
  }
  const request = parseRequest(event.ResourceProperties);
  return {
    kind: 'present',
    names: namesOf(originOf(event), request),
    request,
    formerTagKeys: tagKeysOf(event.OldResourceProperties),
    startedAt,
    deadline: startedAt + request.importTimeoutMinutes * MINUTE,
  };
}

function originOf(event: OnEventRequest): Origin {
  return { stackId: event.StackId, logicalResourceId: event.LogicalResourceId, requestId: event.RequestId };
}
