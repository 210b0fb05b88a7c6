import type { BedrockApi } from './bedrock-api';
import type { End, Goal, Step } from './decide';
import { DeploymentError } from './deployment-error';
import { lookUp } from './look-up';
import { modelNameOf, namesOf, type Origin, ownerOf } from './names';
import { reconcile } from './reconcile';
import { isLookUp, type ModelImportRequest, parseLookUp, parseRequest, type Properties, readRequest } from './request';
import type { ImportAttributes, ModelImportAttributes } from '../contract/custom-resource';
import { WAIT_WINDOW_MINUTES } from '../contract/rules';

/** What the provider framework sends, to `onEvent` first. */
export interface OnEventRequest {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  /** Pre-signed: whoever has it can answer in our name, so it must not get into a log. */
  readonly ResponseURL?: string;
  readonly ResourceProperties: Properties;
  readonly OldResourceProperties?: Properties;
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
export type IsCompleteResponse =
  | { readonly IsComplete: false }
  | { readonly IsComplete: true; readonly Data?: ImportAttributes | ModelImportAttributes };

/** Where the handler says what it does; one line a step. */
export type Log = (line: { readonly [name: string]: unknown }) => void;

type Succeed = Extract<End, { readonly do: 'succeed' }>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

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
    const PhysicalResourceId = physicalIdOf(event);
    this.log({ request: event.RequestType, requestId: event.RequestId, resource: event.LogicalResourceId, id: PhysicalResourceId });
    return { PhysicalResourceId, StartedAt: startOf(event, this.now()) };
  }

  private async isComplete(event: IsCompleteRequest): Promise<IsCompleteResponse> {
    if (isLookUp(event.ResourceProperties)) return answer(await this.lookUp(event), end => end.model?.attributes);
    const goal = goalOf(event);
    const end = await reconcile(goal, this.bedrock, this.now, step => this.logStep(event, step));
    return answer(end, success => dataOf(goal, success));
  }

  private async lookUp(event: IsCompleteRequest): Promise<End> {
    if (event.RequestType === 'Delete') return { do: 'succeed' };
    const end = await lookUp(parseLookUp(event.ResourceProperties), Number(event.StartedAt), this.bedrock, this.now);
    this.logStep(event, end);
    return end;
  }

  private logStep(event: IsCompleteRequest, step: Step): void {
    this.log({
      request: event.RequestType,
      requestId: event.RequestId,
      resource: event.LogicalResourceId,
      id: event.PhysicalResourceId,
      minutes: Math.round((this.now() - event.StartedAt) / MINUTE),
      step: step.do,
      job: 'jobName' in step ? step.jobName : undefined,
      model: 'modelName' in step ? step.modelName : undefined,
      why: 'why' in step ? step.why : undefined,
    });
  }
}

function answer(end: End, data: (end: Succeed) => ImportAttributes | ModelImportAttributes | undefined): IsCompleteResponse {
  switch (end.do) {
    case 'wait':
      return { IsComplete: false };
    case 'succeed':
      return { IsComplete: true, Data: data(end) };
    case 'fail':
      throw new DeploymentError(end.why);
  }
}

/** Only a model's id says what it is: an id that changes makes CloudFormation delete what had the old one. */
function physicalIdOf(event: OnEventRequest): string {
  if (event.RequestType !== 'Delete' && isLookUp(event.ResourceProperties)) return parseLookUp(event.ResourceProperties);
  return event.RequestType === 'Delete' ? event.PhysicalResourceId ?? '' : idOf(event, parseRequest(event.ResourceProperties));
}

function idOf(event: OnEventRequest, request: ModelImportRequest): string {
  const origin = originOf(event);
  return request.link === 'model' ? modelNameOf(origin, request).modelName : `${event.LogicalResourceId}-${ownerOf(origin)}`;
}

/**
 * When CloudFormation has signed the URL for the answer, and its hour has begun. An event that is delivered twice, or late,
 * has the same start: the framework then knows it for the same (up to CDK 2.230 it fails otherwise), and both have the same
 * deadline.
 */
function startOf(event: OnEventRequest, now: number): number {
  const signed = /[?&]X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(event.ResponseURL ?? '');
  if (!signed) return now;
  const [year, month, day, hours, minutes, seconds] = signed.slice(1).map(Number);
  const start = Date.UTC(year, month - 1, day, hours, minutes, seconds);
  return start <= now && now - start < HOUR ? start : now;
}

/** What the request asks for. */
function goalOf(event: IsCompleteRequest): Goal {
  const origin = originOf(event);
  const owner = ownerOf(origin);
  const startedAt = Number(event.StartedAt);
  if (event.RequestType === 'Delete') {
    const request = readRequest(event.ResourceProperties);
    const isInvented = event.PhysicalResourceId !== idOf(event, request);
    const window = request.windowMinutes * MINUTE;
    const deadline = startedAt + WAIT_WINDOW_MINUTES.max * MINUTE;
    return {
      kind: 'absent',
      link: request.link,
      owner,
      modelName: event.PhysicalResourceId,
      cancelledCreate: isInvented
        ? {
          jobName: request.jobName,
          content: modelNameOf(origin, request).content,
          since: startedAt - window - MINUTE,
          until: Math.min(startedAt + window + MINUTE, deadline),
        }
        : undefined,
      startedAt,
      deadline,
    };
  }
  const request = parseRequest(event.ResourceProperties);
  const former = event.OldResourceProperties && readRequest(event.OldResourceProperties);
  return {
    kind: 'present',
    link: request.link,
    owner,
    names: namesOf(origin, request),
    request,
    formerModelName: former && modelNameOf(origin, former).modelName,
    formerTagKeys: { model: (former?.importedModelTags ?? []).map(tag => tag.key), job: (former?.jobTags ?? []).map(tag => tag.key) },
    startedAt,
    deadline: startedAt + request.windowMinutes * MINUTE,
  };
}

function originOf(event: OnEventRequest): Origin {
  const { importLogicalId } = readRequest(event.ResourceProperties);
  return { stackId: event.StackId, importLogicalId: importLogicalId ?? event.LogicalResourceId, requestId: event.RequestId };
}

/** The attributes: of the model, or the job that the next links follow. */
function dataOf(goal: Goal, end: Succeed): ImportAttributes | ModelImportAttributes | undefined {
  if (goal.kind === 'absent' || goal.link === 'wait') return undefined;
  if (goal.link === 'model') return end.model?.attributes;
  return { JobName: end.model?.jobName ?? end.jobName ?? goal.names.jobName };
}
