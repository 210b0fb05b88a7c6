import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { FoundationModel, FoundationModelIdentifier } from 'aws-cdk-lib/aws-bedrock';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { BATCHES, STACK } from './names';
import { BatchInference, BatchLocation, ImportedModel } from '../../src';

/*
 * One stack with a batch of each kind.
 */
const app = new App();
const stack = new Stack(app, STACK);
const data = new Bucket(stack, 'Data', { removalPolicy: RemovalPolicy.DESTROY });
const places = { input: BatchLocation.fromBucket(data, 'in/'), output: BatchLocation.fromBucket(data, 'out/') };
const imported = ImportedModel.fromImportedModelArn(stack, 'Llama', 'arn:aws:bedrock:us-east-1:000000000000:imported-model/abcdefghijkl');
const served = FoundationModel.fromFoundationModelId(stack, 'Nova', new FoundationModelIdentifier('amazon.nova-lite-v1:0'));

const batches: { readonly [name in typeof BATCHES[number]]: BatchInference } = {
  Imported: new BatchInference(stack, 'Imported', { ...places, model: imported, maxConcurrency: 10 }),
  Served: new BatchInference(stack, 'Served', { ...places, model: served }),
  Hurried: new BatchInference(stack, 'Hurried', { ...places, model: served, deadline: Duration.hours(3) }),
};
for (const [name, { stateMachine }] of Object.entries(batches)) new CfnOutput(stack, `${name}StateMachine`, { value: stateMachine.stateMachineArn });
new CfnOutput(stack, 'Bucket', { value: data.bucketName });
