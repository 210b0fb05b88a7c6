import type { Stack } from 'aws-cdk-lib';
import * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BatchInference, type BatchInferenceProps, BatchLocation, ImportedModel, InferenceProfileModel } from '../../src';
import { MODEL_ARN, newStack } from '../../testing/support/stacks';
import { resourceOf } from '../../testing/support/template';

export const NOVA = 'amazon.nova-lite-v1:0';
export const PROFILE_ARN = `arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.${NOVA}`;

export const importedModel = (stack: Stack): bedrock.IModel => ImportedModel.fromImportedModelArn(stack, 'Llama', MODEL_ARN);
export const foundationModel = (stack: Stack): bedrock.IModel =>
  bedrock.FoundationModel.fromFoundationModelId(stack, 'Nova', new bedrock.FoundationModelIdentifier(NOVA));
export const inferenceProfile = (): bedrock.IModel => InferenceProfileModel.fromInferenceProfileArn(PROFILE_ARN);

/** Input and output below in/ and out/ of a bucket. */
export const locations = (bucket: s3.IBucket) => ({ input: BatchLocation.fromBucket(bucket, 'in/'), output: BatchLocation.fromBucket(bucket, 'out/') });

/** A bucket that no template defines. */
export const bucketIn = (stack: Stack, id = 'Data') => s3.Bucket.fromBucketName(stack, id, 'amzn-s3-demo-bucket');

export const vpcIn = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-00000001', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-00000001', 'subnet-00000002'],
});

export type Build<T> = (stack: Stack) => T;

/** A batch of a foundation model, or of another one. */
export function newBatch(props: Partial<BatchInferenceProps> | Build<Partial<BatchInferenceProps>> = {}, stack = newStack(), id = 'Answers'): BatchInference {
  const given = typeof props === 'function' ? props(stack) : props;
  return new BatchInference(stack, id, { model: given.model ?? foundationModel(stack), ...locations(bucketIn(stack, `${id}Data`)), ...given });
}

/** A state of Amazon States Language. */
export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Choices?: readonly Rule[];
  readonly Default?: string;
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string; readonly ResultPath?: string }[];
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts?: number }[];
  readonly Parameters?: { readonly [name: string]: unknown };
  readonly ItemProcessor?: Definition;
  readonly [name: string]: unknown;
}

/** A rule of a Choice state. */
export interface Rule {
  readonly Next?: string;
  readonly And?: readonly Rule[];
  readonly Or?: readonly Rule[];
  readonly Not?: Rule;
  readonly Variable?: string;
  readonly [operator: string]: unknown;
}

export interface Definition {
  readonly StartAt: string;
  readonly States: { readonly [name: string]: State };
}

/** The definition of the only state machine of a stack, with tokens as text like `${Function.Arn}`. */
export function definitionIn(stack: Stack): Definition {
  return JSON.parse(resourceOf(stack, 'AWS::StepFunctions::StateMachine').Properties.DefinitionString as string) as Definition;
}

/** All states of a definition by name, including those of map states. */
export function statesOf({ States }: Definition): { readonly [name: string]: State } {
  return Object.assign({}, States, ...Object.values(States).map(({ ItemProcessor }) => ItemProcessor ? statesOf(ItemProcessor) : {})) as Definition['States'];
}

/** All states of the only state machine of a stack. */
export const statesIn = (stack: Stack) => statesOf(definitionIn(stack));

/** The settings that the state machine gives the function. */
export function settingsIn(stack: Stack) {
  return (statesIn(stack)['Prepare records'].Parameters as { Payload: { settings: { [name: string]: unknown } } }).Payload.settings;
}
