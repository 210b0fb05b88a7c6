import { DeploymentError } from './deployment-error';
import { identityOfJob, type Origin, ownerOf } from './names';
import { type ModelImportRequest, problemsOf, type Properties, readRequest } from './request';
import { complaint } from '../../../shared/validation/complaint';
import type { CheckAttributes, ImportAttributes, ModelImportAttributes } from '../contract';

/** The event that the provider framework sends to `onEvent`. */
export interface OnEventRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  /** Pre-signed: its holder can answer CloudFormation in our name, so it must never be logged. */
  readonly ResponseURL?: string;
  readonly ResourceProperties: Properties;
  readonly OldResourceProperties?: Properties;
}

/** The response of `onEvent`. The framework passes every member on to `isComplete`. */
export interface OnEventResponse {
  readonly PhysicalResourceId: string;
  /** The start of this request, in milliseconds. It also distinguishes an `isComplete` event from an `onEvent` event. */
  readonly StartedAt: number;
  /** The physical id before this request: `isComplete` receives only the new one. */
  readonly FormerPhysicalResourceId?: string;
}

/** The event that the framework sends to `isComplete` until it is complete. */
export type IsCompleteRequest = OnEventRequest & OnEventResponse;

/** The response of `isComplete`. */
export type IsCompleteResponse =
  | { readonly IsComplete: false }
  | { readonly IsComplete: true; readonly Data?: CheckAttributes | ImportAttributes | ModelImportAttributes };

/** An event of the framework with typed properties. */
export interface ImportEvent {
  readonly type: OnEventRequest['RequestType'];
  readonly logicalId: string;
  readonly physicalId?: string;
  readonly formerPhysicalId?: string;
  readonly origin: Origin;
  /** The owner of the models and jobs of this chain. */
  readonly owner: string;
  readonly request: ModelImportRequest;
  /** The properties before an Update. */
  readonly formerRequest?: ModelImportRequest;
}

/** Reads an event without validating it: a Delete, or an event from an older version, must not fail on validation. */
export function readEvent(event: OnEventRequest & Partial<OnEventResponse>): ImportEvent {
  const request = readRequest(event.ResourceProperties);
  const origin = { stackId: event.StackId, importLogicalId: request.importLogicalId ?? event.LogicalResourceId, requestId: event.RequestId };
  return {
    type: event.RequestType,
    logicalId: event.LogicalResourceId,
    physicalId: event.PhysicalResourceId,
    formerPhysicalId: event.FormerPhysicalResourceId,
    origin,
    owner: ownerOf(origin),
    request,
    formerRequest: event.OldResourceProperties && readRequest(event.OldResourceProperties),
  };
}

/** Throws for the values of a Create or Update that synthesis could not check, and for a chain that names something of another owner. */
export function validate({ owner, request }: ImportEvent): void {
  const problems = problemsOf(request);
  if (problems.length > 0) throw new DeploymentError(problems.join(' '));
  if (request.link !== 'check' && request.link !== 'import' && !request.namePrefix?.endsWith(`-${owner}`)) refuse('NamePrefix', request.namePrefix, 'the Ref of the first custom resource of the model');
  if (request.jobName !== undefined && identityOfJob(request.jobName)?.owner !== owner) refuse('JobName', request.jobName, 'a job of this model');
}

function refuse(property: string, value: string | undefined, mustBe: string): never {
  throw new DeploymentError(complaint(property, value, mustBe, 'Deploy the template as it was synthesized'));
}
