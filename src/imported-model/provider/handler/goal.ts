import type { Absence, CancelledCreate, Checked, Goal, Present } from './decide/steps';
import type { ImportEvent } from './event';
import { contentOf, identityOfName, modelNameOf, namesOf, prefixOf } from './names';
import type { ModelImportRequest } from './request';
import { IMPORTED_MODEL_NAME } from '../../../shared/validation/api-constraints';
import { checkString } from '../../../shared/validation/complaint';
import { RETAIN_TAG, type Tag, VERIFICATION_TAG } from '../contract';
import { CANCELLATION_MARGIN, FILES_PATIENCE, MINUTE, WAIT_WINDOW } from '../patience';

/**
 * The physical id of a link that is created or updated. Only the id of the `model` link says what it is, and changes with it: CloudFormation
 * deletes the resource that had the former id.
 */
export function physicalIdOf({ owner, logicalId, physicalId, request }: ImportEvent): string {
  switch (request.link) {
    case 'import':
      return prefixOf(owner, request.nameBase ?? '', physicalId);
    case 'check':
    case 'wait':
      return prefixOf(owner, logicalId, physicalId);
    case 'model':
      return modelNameOf(request.namePrefix ?? '', request);
  }
}

/** The goal of a request. */
export function goalOf(event: ImportEvent, startedAt: number): Goal {
  if (event.type === 'Delete') return absence(event, startedAt);
  return event.request.link === 'check' ? checked(event, startedAt) : presence(event, startedAt);
}

function checked({ owner, request }: ImportEvent, startedAt: number): Checked {
  const { acknowledgedRules, link, s3Uri } = request;
  return {
    kind: 'checked', link, owner, roles: [], content: contentOf(request), files: { s3Uri, acknowledgedRules }, startedAt, deadline: startedAt + FILES_PATIENCE,
  };
}

function presence({ formerPhysicalId, formerRequest, origin, physicalId = '', request }: ImportEvent, startedAt: number): Present {
  const prefix = request.link === 'import' ? physicalId : request.namePrefix ?? '';
  const names = namesOf(origin, prefix, request);
  const formerName = formerRequest && modelNameOf(formerRequest.namePrefix ?? prefix, formerRequest);
  const isSameModel = (former: ModelImportRequest) => formerName === names.modelName && contentOf(former) === names.content;
  return {
    kind: 'present',
    link: request.link,
    owner: names.owner,
    roles: [...new Set([request.roleArn, ...formerRequest?.roleArn ? [formerRequest.roleArn] : []])],
    names,
    request,
    // The id as well: after a rollback that has skipped this link, it is not the name of the former properties.
    formerModelNames: [formerName, formerPhysicalId].filter(name => name !== undefined),
    replacedModelName: formerPhysicalId,
    verifiedJobName: formerRequest && isSameModel(formerRequest) ? formerRequest.jobName : undefined,
    tags: { model: modelTagsOf(request), job: request.jobTags },
    formerTagKeys: { model: keysOf(formerRequest && modelTagsOf(formerRequest)), job: keysOf(formerRequest?.jobTags) },
    startedAt,
    deadline: startedAt + request.windowMinutes * MINUTE,
  };
}

/** The tags of the model, when the request is complete. Two of them tell later requests what was retained and what was verified. */
function modelTagsOf({ importedModelTags, retain, verification }: ModelImportRequest): Tag[] {
  return [
    ...importedModelTags,
    ...retain ? [RETAIN_TAG] : [],
    ...verification ? [{ key: VERIFICATION_TAG.key, value: VERIFICATION_TAG.passed }] : [],
  ];
}

function keysOf(tags: Tag[] = []): string[] {
  return tags.map(tag => tag.key);
}

function absence(event: ImportEvent, startedAt: number): Absence {
  const { owner, physicalId = '', request } = event;
  const deadline = startedAt + WAIT_WINDOW.max;
  return {
    kind: 'absent',
    link: request.link,
    owner,
    roles: [request.roleArn],
    ...readPhysicalId(event, physicalId, startedAt, deadline),
    startedAt,
    deadline,
  };
}

/**
 * The model that a physical id names, and the Create that CloudFormation has cancelled, if the id may be one that CloudFormation has invented for
 * the deletion of a resource that was never completed.
 */
function readPhysicalId({ owner, request }: ImportEvent, id: string, startedAt: number, deadline: number): Pick<Absence, 'modelName' | 'cancelledCreate'> {
  const isInvented = request.link === 'model'
    ? id !== request.importedModelName && identityOfName(id)?.owner !== owner
    : !id.endsWith(`-${owner}`);
  const isName = checkString('PhysicalResourceId', id, IMPORTED_MODEL_NAME) === undefined;
  return { modelName: isName ? id : undefined, cancelledCreate: isInvented ? cancelledCreate(request, startedAt, deadline) : undefined };
}

function cancelledCreate(request: ModelImportRequest, startedAt: number, deadline: number): CancelledCreate {
  const window = request.windowMinutes * MINUTE;
  return {
    jobName: request.jobName,
    content: contentOf(request),
    since: startedAt - window - CANCELLATION_MARGIN,
    until: Math.min(startedAt + window + CANCELLATION_MARGIN, deadline),
  };
}
