import { Arn, ArnFormat, type Duration, type IResource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import type { Construct } from 'constructs';
import { BatchEngine, ModelInvocationType } from './batch-engine';
import type { BatchInferenceOptions } from './batch-inference-props';
import type { Place } from './contract';
import { BATCH_JOB_NAME_PREFIX, canBeInvoked, checkInvokedModel, checkJobModel, checkNumber, checkTolerance } from './library-limits';
import { isImportedModel } from './model-access';
import { checkNeedsVpc } from '../shared/constructs/job-network';
import { checkKnown, checkSameAccount } from '../shared/constructs/validation';
import { complaint } from '../shared/validation/complaint';

/** Checks the properties of a batch, as far as they are known at synthesis. Returns a message or undefined for each rule. */
export function checkProps(scope: Construct, props: BatchInferenceOptions, engine: BatchEngine): (string | undefined)[] {
  const number = (name: Parameters<typeof checkNumber>[0] & keyof BatchInferenceOptions) =>
    Token.isUnresolved(props[name]) ? undefined : checkNumber(name, props[name]);
  return [
    number('maxConcurrency'),
    number('maxConcurrentJobs'),
    number('retryRounds'),
    Token.isUnresolved(props.toleratedFailureCount) || Token.isUnresolved(props.toleratedFailurePercentage)
      ? undefined
      : checkTolerance(props.toleratedFailureCount, props.toleratedFailurePercentage),
    props.timeoutDuration && checkTimeout(props.timeoutDuration),
    props.deadline && checkDeadline(props.deadline),
    checkKnown('jobNamePrefix', props.jobNamePrefix, BATCH_JOB_NAME_PREFIX),
    checkNeedsVpc(props),
    props.role && checkSameAccount(scope, 'role', props.role, 'Pass a role of that account: iam:PassRole is limited to the account'),
    checkModelRegion(scope, props.model),
    engine === BatchEngine.MODEL_INVOCATION_JOB ? checkJobEngine(props) : checkMapEngine(props),
  ];
}

/** Checks that what is written is not read again. The names of buckets may be tokens, which are the same for the same bucket. */
export function checkApart(input: Place, output: Place): string | undefined {
  if (output.key.endsWith('.jsonl')) return complaint('output', output.key, 'a prefix and not an object', 'Choose a prefix like out/');
  const isInside = input.bucket === output.bucket && !input.key.endsWith('.jsonl') && output.key.startsWith(input.key);
  return isInside ? complaint('output', output.key, `outside the input ${JSON.stringify(input.key)}: the next execution would read the results as its input`,
    'Choose another prefix, or another bucket') : undefined;
}

/** Checks that the model is where the state machine calls Bedrock. Passes if one of the Regions is a token. */
function checkModelRegion(scope: Construct, model: bedrock.IModel): string | undefined {
  const here = Stack.of(scope).region;
  const { env } = model as Partial<Pick<IResource, 'env'>>;
  const there = env?.region ?? Arn.split(model.modelArn, ArnFormat.SLASH_RESOURCE_NAME).region!;
  if (Token.compareStrings(here, there) !== TokenComparison.DIFFERENT) return undefined;
  return complaint('model', model.modelArn, `in the Region of the stack, ${here}, because an execution calls Bedrock there`,
    'Define the batch in a stack of the Region of the model');
}

function checkJobEngine({ model, deadline, modelInvocationType }: BatchInferenceOptions): string | undefined {
  if (isImportedModel(model)) {
    return complaint('engine', BatchEngine.MODEL_INVOCATION_JOB, 'DISTRIBUTED_MAP for an imported model, because Bedrock accepts none in batch inference jobs',
      'Remove the property');
  }
  if (deadline && modelInvocationType === ModelInvocationType.CONVERSE) {
    return complaint('deadline', deadline.toString(), 'used with ModelInvocationType.INVOKE_MODEL, because the remaining records go to InvokeModel',
      'Remove deadline, or write the records as bodies of InvokeModel');
  }
  if (Token.isUnresolved(model.modelArn)) return undefined;
  if (deadline && !canBeInvoked(model.modelArn)) {
    return complaint('deadline', deadline.toString(), 'used with a model that InvokeModel takes, and not with a custom model, because the remaining records go to InvokeModel',
      'Remove the property');
  }
  return checkJobModel(model.modelArn);
}

function checkMapEngine(props: BatchInferenceOptions): string | undefined {
  const rule = ['used with BatchEngine.MODEL_INVOCATION_JOB, because the engine DISTRIBUTED_MAP starts no batch inference jobs', 'Remove the property, or choose that engine'] as const;
  if (props.modelInvocationType === ModelInvocationType.CONVERSE) return complaint('modelInvocationType', props.modelInvocationType, ...rule);
  const ofJobs = ['maxConcurrentJobs', 'timeoutDuration', 'deadline', 'jobTags', 'role'] as const;
  const [given] = ofJobs.filter(name => props[name] !== undefined);
  // A duration and a role are shown as text.
  if (given) return complaint(given, given === 'jobTags' || given === 'maxConcurrentJobs' ? props[given] : String(props[given]), ...rule);
  return Token.isUnresolved(props.model.modelArn) ? undefined : checkInvokedModel(props.model.modelArn);
}

function checkTimeout(timeout: Duration): string | undefined {
  return timeout.isUnresolved() ? undefined : checkNumber('timeoutDurationInHours', timeout.toHours({ integral: false }), 'timeoutDuration');
}

function checkDeadline(deadline: Duration): string | undefined {
  if (deadline.isUnresolved()) return complaint('deadline', deadline.toString(), 'known at synthesis', 'Pass a number');
  const minutes = deadline.toMinutes({ integral: false });
  return Number.isInteger(minutes) && minutes >= 10 && minutes <= 168 * 60 ? undefined
    : complaint('deadline', deadline.toString(), 'whole minutes, 10 minutes to 168 hours', 'Bedrock itself ends a job after 168 hours');
}
