import { Lazy, Stack } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { retryControl, retryCreation } from './retries';
import { ServiceCall, type ServiceCallProps } from './service-call';
import type { JobNetwork } from '../../shared/constructs/job-network';
import { everyJob } from '../../shared/constructs/service-role';
import { sorted } from '../../shared/constructs/tags';
import type { BoundLocation } from '../batch-location';
import { resourceArnsOf } from '../model-access';
import { CALL_TIMEOUT } from '../patience';

/** What CreateModelInvocationJob is called with, besides what differs between parts. */
export interface CreateJobProps {
  readonly model: bedrock.IModel;
  /** Undefined for the default of the API. */
  readonly modelInvocationType?: string;
  readonly output: BoundLocation;
  readonly role: iam.IRole;
  readonly network?: JobNetwork;
  readonly tags: () => { readonly [key: string]: string };
}

/** Creates the job of the part. Its ARN is in `$.job.JobArn`. */
export function createJob(scope: Construct, { model, modelInvocationType, output, role, network, tags }: CreateJobProps): ServiceCall {
  const S3BucketOwner = output.place.bucketOwner;
  const inputUri = sfn.JsonPath.format('s3://{}/{}', output.place.bucket, sfn.JsonPath.stringAt('$.part.inputKey'));
  return controlCall(scope, 'Create job', 'createModelInvocationJob', {
    comment: 'Name and token are the same in each attempt: if a response is lost, no second job is started',
    parameters: {
      JobName: sfn.JsonPath.stringAt('$.part.jobName'),
      ClientRequestToken: sfn.JsonPath.stringAt('$.part.jobName'),
      RoleArn: role.roleArn,
      ModelId: model.modelArn,
      // Only where it is needed: it is newer than the API, and a state machine with a parameter that Step Functions does not know yet cannot be created.
      ModelInvocationType: modelInvocationType,
      InputDataConfig: { S3InputDataConfig: { S3InputFormat: 'JSONL', S3Uri: inputUri, S3BucketOwner } },
      OutputDataConfig: {
        S3OutputDataConfig: { S3Uri: sfn.JsonPath.stringAt('$.part.outputUri'), S3EncryptionKeyId: output.encryptionKey?.keyArn, S3BucketOwner },
      },
      VpcConfig: network && { SubnetIds: network.subnetIds, SecurityGroupIds: network.securityGroupIds },
      TimeoutDurationInHours: sfn.JsonPath.numberAt('$.run.timeoutDurationInHours'),
      Tags: Lazy.any({ produce: () => sorted(tags()).map(([Key, Value]) => ({ Key, Value })) }),
    },
    statements: [
      allow('CreateModelInvocationJob', [...resourceArnsOf(model), everyInvocationJob(scope)]),
      allow('TagResource', [everyInvocationJob(scope)]),
      new iam.PolicyStatement({ actions: ['iam:PassRole'], resources: [role.roleArn], conditions: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } } }),
    ],
    resultSelector: { JobArn: sfn.JsonPath.stringAt('$.JobArn') },
    resultPath: '$.job',
  }, retryCreation);
}

/** Finds jobs by the name of the part's job. */
export function findJob(scope: Construct): ServiceCall {
  return controlCall(scope, 'Find job', 'listModelInvocationJobs', {
    comment: 'The name is in use: an earlier attempt may have created the job',
    parameters: { NameContains: sfn.JsonPath.stringAt('$.part.jobName') },
    statements: [allow('ListModelInvocationJobs', ['*'])],
    resultPath: '$.found',
  });
}

/** Reads the status of the job. */
export function getJob(scope: Construct): ServiceCall {
  return controlCall(scope, 'Get job', 'getModelInvocationJob', {
    parameters: THE_JOB,
    statements: [allow('GetModelInvocationJob', [everyInvocationJob(scope)])],
    // The whole response: a job that has not failed has no message, and a path to nothing would be an error.
    resultPath: '$.job.State',
  });
}

/** Stops the job. */
export function stopJob(scope: Construct): ServiceCall {
  return controlCall(scope, 'Stop job', 'stopModelInvocationJob', {
    comment: 'The deadline has passed',
    parameters: THE_JOB,
    statements: [allow('StopModelInvocationJob', [everyInvocationJob(scope)])],
    resultPath: sfn.JsonPath.DISCARD,
  });
}

const THE_JOB = { JobIdentifier: sfn.JsonPath.stringAt('$.job.JobArn') };

function controlCall(
  scope: Construct, id: string, action: string, props: Omit<ServiceCallProps, 'integration' | 'timeout'>, retry = retryControl,
): ServiceCall {
  const task = new ServiceCall(scope, id, { ...props, integration: `aws-sdk:bedrock:${action}`, timeout: CALL_TIMEOUT });
  retry(task);
  return task;
}

function allow(action: string, resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: [`bedrock:${action}`], resources });
}

function everyInvocationJob(scope: Construct): string {
  return everyJob(Stack.of(scope), 'model-invocation-job');
}
