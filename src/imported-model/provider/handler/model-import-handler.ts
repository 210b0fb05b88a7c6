import type { BedrockApi } from './bedrock-api';
import type { End, Goal, Step } from './decide';
import { DeploymentError } from './deployment-error';
import { goalOf, parse, physicalIdOf } from './goal';
import { lookUp } from './look-up';
import { reconcile } from './reconcile';
import { isLookUp, parseLookUp, type Properties } from './request';
import type { Serves } from './served-stacks';
import { complaint } from '../../../shared/validation/api-constraints';
import type { ImportAttributes, ModelImportAttributes } from '../contract';

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
  /** The id before this request: `isComplete` is told the new one only. */
  readonly FormerPhysicalResourceId?: string;
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
    private readonly serves: Serves = () => true,
  ) {}

  /** One function serves both requests of the framework. */
  public async handle(event: OnEventRequest | IsCompleteRequest): Promise<OnEventResponse | IsCompleteResponse> {
    return 'StartedAt' in event ? this.isComplete(event) : this.onEvent(event);
  }

  private onEvent(event: OnEventRequest): OnEventResponse {
    this.refuseStrangers(event);
    const PhysicalResourceId = idOf(event);
    this.log({ request: event.RequestType, requestId: event.RequestId, resource: event.LogicalResourceId, id: PhysicalResourceId });
    return { PhysicalResourceId, StartedAt: startOf(event, this.now()), FormerPhysicalResourceId: event.PhysicalResourceId };
  }

  private async isComplete(event: IsCompleteRequest): Promise<IsCompleteResponse> {
    this.refuseStrangers(event);
    if (isLookUp(event.ResourceProperties)) return answer(await this.lookUp(event), end => end.model?.attributes);
    const goal = goalOf(event);
    const end = await reconcile(goal, this.bedrock, this.now, step => this.logStep(event, step));
    return answer(end, success => dataOf(goal, success));
  }

  /** A Delete only ever touches what the stack itself has made, so it is served even when the provider no longer knows the stack. */
  private refuseStrangers({ RequestType, StackId }: OnEventRequest): void {
    if (RequestType === 'Delete' || this.serves(StackId)) return;
    throw new DeploymentError(complaint('StackId', StackId, 'a stack whose models use this provider in the app that made it',
      'Pass the provider to the models of that stack, or let the stack have a provider of its own'));
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

function idOf(event: OnEventRequest): string {
  if (event.RequestType === 'Delete') return event.PhysicalResourceId ?? '';
  return isLookUp(event.ResourceProperties) ? parseLookUp(event.ResourceProperties) : physicalIdOf(event, parse(event));
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

/** The attributes: of the model, or the job that the next links follow. */
function dataOf(goal: Goal, end: Succeed): ImportAttributes | ModelImportAttributes | undefined {
  if (goal.kind === 'absent' || goal.link === 'wait') return undefined;
  if (goal.link === 'model') return end.model?.attributes;
  return { JobName: end.model?.jobName ?? end.jobName ?? goal.names.jobName };
}
