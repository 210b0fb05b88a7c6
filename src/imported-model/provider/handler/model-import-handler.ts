import type { End, Goal, Step } from './decide/steps';
import { DeploymentError } from './deployment-error';
import { type IsCompleteRequest, type IsCompleteResponse, type OnEventRequest, type OnEventResponse, readEvent, validate } from './event';
import { goalOf, physicalIdOf } from './goal';
import { lookUp } from './lookup';
import { type Apis, reconcile } from './reconcile';
import { isLookUp, parseLookUp } from './request';
import type { Serves } from './served-stacks';
import type { ModelCheck } from '../../../model-format';
import { complaint } from '../../../shared/validation/complaint';
import { type CheckAttributes, type ImportAttributes, type ModelImportAttributes, NOT_CHECKED } from '../contract';
import { CUSTOM_RESOURCE_TIMEOUT, MINUTE } from '../patience';

/** Writes one line of the log. */
export type Log = (line: { readonly [name: string]: unknown }) => void;

type Succeed = Extract<End, { readonly do: 'succeed' }>;

/**
 * The custom resource. `onEvent` validates the properties and computes the physical id. It calls nothing, so nothing exists if it fails.
 * `isComplete` is called until the request is complete, and does what remains to be done.
 */
export class ModelImportHandler {
  constructor(
    private readonly apis: Apis,
    private readonly now: () => number = Date.now,
    private readonly log: Log = line => console.log(JSON.stringify(line)),
    private readonly serves: Serves = () => true,
  ) {}

  /** Handles both events of the framework: one function serves them. */
  public async handle(event: OnEventRequest | IsCompleteRequest): Promise<OnEventResponse | IsCompleteResponse> {
    return 'StartedAt' in event ? this.isComplete(event) : this.onEvent(event);
  }

  private onEvent(event: OnEventRequest): OnEventResponse {
    this.refuseOtherStacks(event);
    const PhysicalResourceId = idOf(event);
    this.log({ request: event.RequestType, requestId: event.RequestId, resource: event.LogicalResourceId, id: PhysicalResourceId });
    return { PhysicalResourceId, StartedAt: startOf(event, this.now()), FormerPhysicalResourceId: event.PhysicalResourceId };
  }

  private async isComplete(event: IsCompleteRequest): Promise<IsCompleteResponse> {
    this.refuseOtherStacks(event);
    if (isLookUp(event.ResourceProperties)) return responseOf(await this.lookUp(event), end => end.model?.attributes);
    const importEvent = readEvent(event);
    if (event.RequestType !== 'Delete') validate(importEvent);
    const goal = goalOf(importEvent, Number(event.StartedAt));
    const end = await reconcile(goal, this.apis, this.now, step => this.logStep(event, step));
    if ('files' in end && end.files) this.logFindings(event, end.files);
    return responseOf(end, success => dataOf(goal, success));
  }

  /** A Delete only ever deletes what the stack itself has imported, so it is served even when the provider no longer knows the stack. */
  private refuseOtherStacks({ RequestType, StackId }: OnEventRequest): void {
    if (RequestType === 'Delete' || this.serves(StackId)) return;
    throw new DeploymentError(complaint('StackId', StackId, 'a stack whose models use this provider in the app that deployed it',
      'Pass the provider to the models of that stack, or let the stack have a provider of its own'));
  }

  private async lookUp(event: IsCompleteRequest): Promise<End> {
    if (event.RequestType === 'Delete') return { do: 'succeed' };
    const end = await lookUp(parseLookUp(event.ResourceProperties), Number(event.StartedAt), this.apis.bedrock, this.now);
    this.logStep(event, end);
    return end;
  }

  /** One line for each finding, so that a log query finds those of a rule. */
  private logFindings({ LogicalResourceId: resource, RequestId: requestId }: IsCompleteRequest, check: ModelCheck): void {
    this.log({ requestId, resource, ...check, findings: check.findings.length });
    for (const finding of check.findings) this.log({ requestId, resource, ...finding });
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

function responseOf(end: End, data: (end: Succeed) => CheckAttributes | ImportAttributes | ModelImportAttributes | undefined): IsCompleteResponse {
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
  if (isLookUp(event.ResourceProperties)) return parseLookUp(event.ResourceProperties);
  const importEvent = readEvent(event);
  validate(importEvent);
  return physicalIdOf(importEvent);
}

/**
 * The time at which CloudFormation signed the response URL, when the hour of the custom resource begins. An event that is delivered twice, or
 * late, has the same start: so both deliveries have the same deadline, and the framework starts one waiter (up to CDK 2.230 it fails otherwise).
 */
function startOf(event: OnEventRequest, now: number): number {
  const signed = /[?&]X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(event.ResponseURL ?? '');
  if (!signed) return now;
  const [year, month, day, hours, minutes, seconds] = signed.slice(1).map(Number);
  const start = Date.UTC(year, month - 1, day, hours, minutes, seconds);
  return start <= now && now - start < CUSTOM_RESOURCE_TIMEOUT ? start : now;
}

/** The attributes: those of the files, of the model, or the job that the next links follow. */
function dataOf(goal: Goal, end: Succeed): CheckAttributes | ImportAttributes | ModelImportAttributes | undefined {
  if (goal.kind === 'checked') return { FilesDigest: end.files?.digest ?? NOT_CHECKED };
  if (goal.kind === 'absent' || goal.link === 'wait') return undefined;
  if (goal.link === 'model') return end.model?.attributes;
  return { JobName: end.model?.jobName ?? end.jobName ?? goal.names.jobName };
}
