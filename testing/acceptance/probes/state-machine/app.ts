import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { FoundationModel, FoundationModelIdentifier } from 'aws-cdk-lib/aws-bedrock';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { factsDefinition, logsDefinition } from './definitions';
import { BatchEngine, BatchInference, BatchLocation, ImportedModel } from '../../../../src';

/*
 * The stack of the probe `state-machine`: a batch of each engine, and small state machines for what a batch does not show.
 *
 * Context: `stack` (its name), `jobNamePrefix`, `model` (a model of the catalogue), and `importedModelArn` if there is one.
 */
const app = new App();
const setting = (name: string): string | undefined => app.node.tryGetContext(name);
const stack = new Stack(app, setting('stack')!);

const key = new Key(stack, 'Key', { removalPolicy: RemovalPolicy.DESTROY, pendingWindow: Duration.days(7) });
const data = new Bucket(stack, 'Data', { encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true });
const logGroup = new LogGroup(stack, 'Log', { removalPolicy: RemovalPolicy.DESTROY });
const model = FoundationModel.fromFoundationModelId(stack, 'Served', new FoundationModelIdentifier(setting('model')!));

/** A batch with places of its own, so that their permissions do not help each other. Failed records are not repeated. */
const placesOf = (name: string) => ({
  input: BatchLocation.fromBucket(data, `${name}/in/`), output: BatchLocation.fromBucket(data, `${name}/out/`), retryRounds: 0,
});

const jobs = new BatchInference(stack, 'Jobs', { ...placesOf('jobs'), model, logGroup, jobNamePrefix: setting('jobNamePrefix') });
const map = new BatchInference(stack, 'Map', { ...placesOf('map'), model, engine: BatchEngine.DISTRIBUTED_MAP, toleratedFailureCount: 1, logGroup });
const machines: { [name: string]: StateMachine } = { Jobs: jobs.stateMachine, Map: map.stateMachine };

const importedModelArn = setting('importedModelArn');
if (importedModelArn) {
  const imported = ImportedModel.fromImportedModelArn(stack, 'ImportedModel', importedModelArn);
  machines.Imported = new BatchInference(stack, 'Imported', { ...placesOf('imported'), model: imported }).stateMachine;
}

// The events of jobs, as executions that can be listed. Not with onJobStateChange(), which depends on the member that the probe asks about.
machines.Events = new StateMachine(stack, 'Events', { definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Event')) });
new Rule(stack, 'JobEvents', {
  eventPattern: { source: ['aws.bedrock'], detailType: ['Batch Inference Job State Change'] },
  targets: [new SfnStateMachine(machines.Events)],
});

machines.Facts = new StateMachine(stack, 'Facts', { definitionBody: DefinitionBody.fromString(JSON.stringify(factsDefinition(stack.partition))) });
data.grantRead(machines.Facts);
machines.Facts.addToRolePolicy(new PolicyStatement({ actions: ['bedrock:ListModelInvocationJobs'], resources: ['*'] }));
machines.Logs = new StateMachine(stack, 'Logs', { definitionBody: DefinitionBody.fromString(JSON.stringify(logsDefinition(stack.partition))) });
logGroup.grant(machines.Logs, 'logs:FilterLogEvents');

for (const [name, { stateMachineArn }] of Object.entries(machines)) new CfnOutput(stack, `${name}StateMachine`, { value: stateMachineArn });
new CfnOutput(stack, 'Bucket', { value: data.bucketName });
new CfnOutput(stack, 'KeyArn', { value: key.keyArn });
new CfnOutput(stack, 'LogGroup', { value: logGroup.logGroupName });
