import type { CancelledCreate, Goal } from './decide';
import { DeploymentError } from './deployment-error';
import type { IsCompleteRequest, OnEventRequest } from './model-import-handler';
import { contentOf, identityOfJob, identityOfName, modelNameOf, namesOf, type Origin, ownerOf, prefixOf } from './names';
import { type ModelImportRequest, parseRequest, readRequest } from './request';
import { complaint, WAIT_WINDOW_MINUTES } from '../../../shared/validation/api-constraints';
import { RETAIN_TAG, type Tag } from '../contract';

const MINUTE = 60_000;

/**
 * The physical id of a link that should be there. Only that of the `model` link says what it is, and changes with it: an id that changes
 * makes CloudFormation delete what had the old one.
 */
export function physicalIdOf(event: OnEventRequest, request: ModelImportRequest): string {
  switch (request.link) {
    case 'import':
      return prefixOf(ownerIn(event), request.nameBase ?? '', event.PhysicalResourceId);
    case 'wait':
      return prefixOf(ownerIn(event), event.LogicalResourceId, event.PhysicalResourceId);
    case 'model':
      return modelNameOf(request.namePrefix ?? '', request);
  }
}

/** Reads and checks a Create or Update. What the chain has handed on must be its own: a template could name anything there. */
export function parse(event: OnEventRequest): ModelImportRequest {
  const request = parseRequest(event.ResourceProperties);
  const owner = ownerIn(event);
  if (request.link !== 'import' && !request.namePrefix?.endsWith(`-${owner}`)) refuse('NamePrefix', request.namePrefix, 'the Ref of the first custom resource of the model');
  if (request.jobName !== undefined && identityOfJob(request.jobName)?.owner !== owner) refuse('JobName', request.jobName, 'a job of this model');
  return request;
}

/** What a request asks for. */
export function goalOf(event: IsCompleteRequest): Goal {
  return event.RequestType === 'Delete' ? absence(event) : presence(event);
}

function presence(event: IsCompleteRequest): Goal {
  const request = parse(event);
  const former = event.OldResourceProperties && readRequest(event.OldResourceProperties);
  const startedAt = Number(event.StartedAt);
  const prefix = request.link === 'import' ? event.PhysicalResourceId : request.namePrefix ?? '';
  const names = namesOf(originOf(event), prefix, request);
  const formerName = former && modelNameOf(former.namePrefix ?? prefix, former);
  return {
    kind: 'present',
    link: request.link,
    owner: names.owner,
    roles: [...new Set([request.roleArn, ...former?.roleArn ? [former.roleArn] : []])],
    names,
    request,
    // The id as well: after a rollback that has skipped this link, it is not that of the former properties.
    formerModelNames: [formerName, event.FormerPhysicalResourceId].filter(name => name !== undefined),
    replacedModelName: event.FormerPhysicalResourceId,
    verifiedJobName: former && formerName === names.modelName && contentOf(former) === names.content ? former.jobName : undefined,
    tags: { model: modelTagsOf(request), job: request.jobTags },
    formerTagKeys: { model: former ? modelTagsOf(former).map(tag => tag.key) : [], job: (former?.jobTags ?? []).map(tag => tag.key) },
    startedAt,
    deadline: startedAt + request.windowMinutes * MINUTE,
  };
}

/** The tags of the model; its removal policy is one, so that a later request knows what was retained. */
function modelTagsOf({ importedModelTags, retain }: ModelImportRequest): Tag[] {
  return retain ? [...importedModelTags, RETAIN_TAG] : importedModelTags;
}

function absence(event: IsCompleteRequest): Goal {
  const request = readRequest(event.ResourceProperties);
  const startedAt = Number(event.StartedAt);
  const deadline = startedAt + WAIT_WINDOW_MINUTES.max * MINUTE;
  return {
    kind: 'absent',
    link: request.link,
    owner: ownerIn(event),
    roles: [request.roleArn],
    modelName: event.PhysicalResourceId,
    cancelledCreate: isInvented(event, request) ? cancelledCreate(request, startedAt, deadline) : undefined,
    startedAt,
    deadline,
  };
}

/** Whether CloudFormation has made up the id, for a Create that it has given up. */
function isInvented(event: IsCompleteRequest, request: ModelImportRequest): boolean {
  const owner = ownerIn(event);
  const { PhysicalResourceId: id } = event;
  return request.link === 'model'
    ? id !== request.importedModelName && identityOfName(id)?.owner !== owner
    : !id.endsWith(`-${owner}`);
}

function cancelledCreate(request: ModelImportRequest, startedAt: number, deadline: number): CancelledCreate {
  const window = request.windowMinutes * MINUTE;
  return {
    jobName: request.jobName,
    content: contentOf(request),
    since: startedAt - window - MINUTE,
    until: Math.min(startedAt + window + MINUTE, deadline),
  };
}

function ownerIn(event: OnEventRequest): string {
  return ownerOf(originOf(event));
}

function originOf(event: OnEventRequest): Origin {
  const { importLogicalId } = readRequest(event.ResourceProperties);
  return { stackId: event.StackId, importLogicalId: importLogicalId ?? event.LogicalResourceId, requestId: event.RequestId };
}

function refuse(property: string, value: string | undefined, mustBe: string): never {
  throw new DeploymentError(complaint(property, value, mustBe, 'Deploy the template as it was synthesized'));
}
