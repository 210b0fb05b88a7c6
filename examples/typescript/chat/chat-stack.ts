import { join } from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { type IImportedModel, ImportedModel, ImportedModelAlarms, ImportedModelDashboard } from 'cdk-bedrock-model-import';
import type { Construct } from 'constructs';

export interface ChatStackProps extends StackProps {
  /** The name of the parameter with the ARN of the model. */
  readonly parameterName: string;
  /** The key that encrypts the model. @default - AWS owned key */
  readonly encryptionKey?: kms.IKey;
}

/** Uses a model of another stack in a function and in a state machine. */
export class ChatStack extends Stack {
  public readonly chat: lambda.Function;
  public readonly workflow: stepfunctions.StateMachine;

  constructor(scope: Construct, id: string, { parameterName, encryptionKey, ...props }: ChatStackProps) {
    super(scope, id, props);
    const model = ImportedModel.fromParameter(this, 'Llama', parameterName, { encryptionKey });
    this.chat = this.addFunction(model);
    this.workflow = this.addWorkflow(model);

    new ImportedModelDashboard(this, 'Dashboard', { models: [model] });
    new ImportedModelAlarms(this, 'Alarms', { model, latency: Duration.seconds(20) });
    new CfnOutput(this, 'FunctionName', { value: this.chat.functionName });
    new CfnOutput(this, 'StateMachineArn', { value: this.workflow.stateMachineArn });
  }

  private addFunction(model: IImportedModel): lambda.Function {
    const chat = new lambda.Function(this, 'Function', {
      runtime: lambda.Runtime.NODEJS_22_X,
      code: lambda.Code.fromAsset(join(__dirname, 'function')),
      handler: 'index.handler',
      environment: { MODEL_ARN: model.modelArn },
      timeout: Duration.minutes(15), // a single attempt can take minutes while the model is loaded
    });
    model.grantInvoke(chat);
    return chat;
  }

  private addWorkflow(model: IImportedModel): stepfunctions.StateMachine {
    const ask = new tasks.BedrockInvokeModel(this, 'Ask', {
      model,
      body: stepfunctions.TaskInput.fromObject({ prompt: stepfunctions.JsonPath.stringAt('$.prompt'), max_tokens: 200 }),
    });
    // By default, Step Functions does not retry. These retries wait seven minutes in total.
    ask.addRetry({
      errors: ['Bedrock.ModelNotReadyException'],
      interval: Duration.seconds(5),
      backoffRate: 2,
      maxDelay: Duration.minutes(1),
      maxAttempts: 10,
    });
    const workflow = new stepfunctions.StateMachine(this, 'Workflow', {
      definitionBody: stepfunctions.DefinitionBody.fromChainable(ask),
      timeout: Duration.minutes(30),
    });
    model.grantInvoke(workflow); // the task grants the use of the model, but not of the key
    return workflow;
  }
}
