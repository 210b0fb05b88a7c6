import type { CreateModelInvocationJobRequest } from '@aws-sdk/client-bedrock';
import { type Ask, arnOf, asksOfNetwork, NEW_ID, tagContext, type Tags, type Where } from './requests';
import { askOfObject, asksOfGet, asksOfObjectKey, type StoredObject } from './s3-requests';

/**
 * The authorization requests of batch inference, as documented by AWS, independent of the policies of this library.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-iam-sr.html
 */

/** An upload, possibly in several parts, which are decrypted when it is completed. */
export const asksOfPut = (object: StoredObject, where: Where): Ask[] => [
  askOfObject('PutObject', object, where), ...asksOfObjectKey(['GenerateDataKey', 'Decrypt'], object, where),
];

/** An upload by the AWS SDK, which aborts it if a part fails. */
export const asksOfUpload = (object: StoredObject, where: Where): Ask[] => [...asksOfPut(object, where), askOfObject('AbortMultipartUpload', object, where)];

/** The result writer of a distributed map. */
export const asksOfResultWriter = (object: StoredObject, where: Where): Ask[] =>
  [...asksOfUpload(object, where), askOfObject('ListMultipartUploadParts', object, where), ...asksOfGet(object, where)];

/** A distributed map starts, follows, stops and redrives its children, which are executions of the same state machine. */
export function asksOfMapRun(stateMachineArn: string, label: string, where: Where): Ask[] {
  const name = stateMachineArn.split(':').at(-1)!;
  const of = (names: readonly string[], execution: string) =>
    names.map((action): Ask => ({ action: `states:${action}Execution`, resource: arnOf(where, 'states', `execution:${execution}`) }));
  return [
    { action: 'states:StartExecution', resource: stateMachineArn },
    // As documented for Distributed Map, and with the label that the ARN of a child has.
    ...of(['Describe', 'Stop'], `${name}:${NEW_ID}`),
    ...of(['Describe', 'Stop', 'Redrive'], `${name}/${label}:${NEW_ID}`),
  ];
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
export const asksOfLogDelivery = (): Ask[] =>
  ['CreateLogDelivery', 'GetLogDelivery', 'UpdateLogDelivery', 'DeleteLogDelivery', 'ListLogDeliveries', 'PutResourcePolicy', 'DescribeResourcePolicies', 'DescribeLogGroups']
    .map(name => ({ action: `logs:${name}`, resource: '*' }));

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html */
export const asksOfTracing = (): Ask[] =>
  ['PutTraceSegments', 'PutTelemetryRecords', 'GetSamplingRules', 'GetSamplingTargets'].map(name => ({ action: `xray:${name}`, resource: '*' }));

/** An invocation of a model: that of a profile is also one of the models behind it, in any of its Regions. */
export function asksOfModel(modelArn: string, modelsBehind: readonly string[] = []): Ask[] {
  return [modelArn, ...modelsBehind].map(resource => ({ action: 'bedrock:InvokeModel', resource }));
}

/** A call of the control plane by the state machine. */
export function asksOfJobCall(operation: string, input: Readonly<Record<string, unknown>>, where: Where, modelsBehind: readonly string[]): Ask[] {
  const job = arnOf(where, 'bedrock', `model-invocation-job/${NEW_ID}`);
  switch (operation) {
    case 'createModelInvocationJob': {
      const tags = (input.Tags as { readonly Key: string; readonly Value: string }[]).map(({ Key: key, Value: value }) => ({ key, value })) as Tags;
      const context = tagContext(tags);
      return [
        // A profile is no resource type of this action in the service authorization reference, but the models are.
        ...(modelsBehind.length > 0 ? modelsBehind : [String(input.ModelId)]).map(resource => ({ action: 'bedrock:CreateModelInvocationJob', resource })),
        { action: 'bedrock:CreateModelInvocationJob', resource: job, context },
        { action: 'iam:PassRole', resource: String(input.RoleArn), context: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
        ...tags.length > 0 ? [{ action: 'bedrock:TagResource', resource: job, context }] : [],
      ];
    }
    case 'listModelInvocationJobs': return [{ action: 'bedrock:ListModelInvocationJobs', resource: '*' }];
    case 'getModelInvocationJob': return [{ action: 'bedrock:GetModelInvocationJob', resource: String(input.JobIdentifier) }];
    case 'stopModelInvocationJob': return [{ action: 'bedrock:StopModelInvocationJob', resource: String(input.JobIdentifier) }];
    default: throw new Error(`The permissions of ${operation} are not known`);
  }
}

/** The network of a job, by the service role. */
export function asksOfJobNetwork(vpcConfig: CreateModelInvocationJobRequest['vpcConfig'], where: Where): Ask[] {
  return vpcConfig ? asksOfNetwork(vpcConfig.subnetIds ?? [], vpcConfig.securityGroupIds ?? [], where, 'model-invocation-job') : [];
}
