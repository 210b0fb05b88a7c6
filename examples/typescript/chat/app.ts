import { App } from 'aws-cdk-lib';
import { ChatStack } from './chat-stack';
import { ModelStack } from './model-stack';

const app = new App();
const shared = { env: { region: 'us-east-1' }, parameterName: '/models/llama' };

const models = new ModelStack(app, 'Models', {
  ...shared,
  weightsBucket: app.node.getContext('weightsBucket'),
  weightsVersion: String(app.node.tryGetContext('weightsVersion') ?? '1'),
});
const chat = new ChatStack(app, 'Chat', { ...shared, encryptionKey: models.encryptionKey });
chat.node.addDependency(models); // a parameter name is not a reference, so CDK cannot determine the order
