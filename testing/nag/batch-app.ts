import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BatchInference, BatchLocation, ImportedModel, InferenceProfileModel } from '../../src';

/*
 * Batches for static checks of their template: both engines, with the properties that add resources or permissions.
 */

const BEDROCK = 'arn:aws:bedrock:us-east-1:111122223333';

export const app = new App({ analyticsReporting: false });
const stack = new Stack(app, 'Batch');

const data = new s3.Bucket(stack, 'Data', {
  encryptionKey: new kms.Key(stack, 'Key', { enableKeyRotation: true }),
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
});
const vpc = new ec2.Vpc(stack, 'Vpc', {
  maxAzs: 2,
  natGateways: 0,
  gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  restrictDefaultSecurityGroup: false,
});

new BatchInference(stack, 'Map', {
  model: ImportedModel.fromImportedModelArn(stack, 'Llama', `${BEDROCK}:imported-model/abcdefghijkl`),
  input: BatchLocation.fromBucket(data, 'in/'),
  output: BatchLocation.fromBucket(data, 'map/'),
}).addFailureAlarm('Alarm');

const jobs = new BatchInference(stack, 'Jobs', {
  model: InferenceProfileModel.fromInferenceProfileArn(`${BEDROCK}:inference-profile/us.amazon.nova-lite-v1:0`),
  input: BatchLocation.fromBucket(data, 'in/'),
  output: BatchLocation.fromBucket(data, 'jobs/'),
  deadline: Duration.hours(12),
  jobTags: { team: 'platform' },
  tracingEnabled: true,
  vpc,
});
jobs.onJobStateChange('JobEvents');
jobs.onExecutionStatusChange('ExecutionEvents');
