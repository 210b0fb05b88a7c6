import { App, Tags } from 'aws-cdk-lib';
import { ChatStack } from './chat-stack';
import { ModelsStack } from './models-stack';

const app = new App();
const shared = { env: { region: 'us-east-1' }, parameterName: '/models/llama' };

const models = new ModelsStack(app, 'Models', {
  ...shared,
  weightsBucket: app.node.getContext('weightsBucket'),
  weightsPrefix: app.node.getContext('weightsPrefix'),
  weightsVersion: app.node.getContext('weightsVersion'),
});
const chat = new ChatStack(app, 'Chat', { ...shared, modelKey: models.modelKey });
chat.node.addDependency(models); // a parameter name is not a reference, so CDK cannot determine the order

Tags.of(app).add('team', 'ml-platform');
