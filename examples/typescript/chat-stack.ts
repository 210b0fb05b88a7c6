import { join } from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BatchInference, BatchLocation, type IImportedModel, ImportedModel, ImportedModelAlarms, ImportedModelDashboard,
} from 'cdk-bedrock-model-import';
import type { Construct } from 'constructs';

export interface ChatStackProps extends StackProps {
  /** The name of the parameter with the ARN of the model. */
  readonly parameterName: string;
  /** The key that encrypts the model. @default - AWS owned key */
  readonly modelKey?: kms.IKey;
}

/** Uses a model of another stack: a function for one prompt, and batch inference for many. */
export class ChatStack extends Stack {
  public readonly chat: lambda.Function;
  public readonly answers: BatchInference;

  constructor(scope: Construct, id: string, { parameterName, modelKey, ...props }: ChatStackProps) {
    super(scope, id, props);
    const model = ImportedModel.fromParameter(this, 'Llama', parameterName, { encryptionKey: modelKey });
    this.chat = this.addFunction(model);
    this.answers = this.addBatchInference(model);

    new ImportedModelDashboard(this, 'Dashboard', { models: [model] });
    new ImportedModelAlarms(this, 'Alarms', { model, latency: Duration.seconds(20) });
  }

  private addFunction(model: IImportedModel): lambda.Function {
    const chat = new lambda.Function(this, 'Function', {
      runtime: lambda.Runtime.NODEJS_22_X,
      code: lambda.Code.fromAsset(join(__dirname, '../chat-function')),
      handler: 'index.handler',
      environment: { MODEL_ARN: model.modelArn },
      timeout: Duration.minutes(15), // a single attempt can take minutes while the model is loaded
    });
    model.grantInvoke(chat);
    new CfnOutput(this, 'FunctionName', { value: chat.functionName });
    return chat;
  }

  private addBatchInference(model: IImportedModel): BatchInference {
    const data = new s3.Bucket(this, 'Data', {
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [{ prefix: 'answers/_work/', expiration: Duration.days(7) }],
    });
    const answers = new BatchInference(this, 'Answers', {
      model,
      input: BatchLocation.fromBucket(data, 'questions/'),
      output: BatchLocation.fromBucket(data, 'answers/'),
      maxConcurrency: 4,
      toleratedFailurePercentage: 1,
    });
    answers.addFailureAlarm('AnswersFailed');
    new CfnOutput(this, 'DataBucket', { value: data.bucketName });
    new CfnOutput(this, 'StateMachineArn', { value: answers.stateMachine.stateMachineArn });
    return answers;
  }
}
