import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Stack } from 'aws-cdk-lib';
import { ImportedModel, ModelSource } from '../src';

/**
 * The integration test that CDK asks of a custom resource: deploys a model, and asserts what Amazon Bedrock says of it.
 *
 * The context `weights` is the S3 URI of a model of the Llama architecture, and `suffix` the end of all names. `npm run acceptance` deploys it in an
 * account, and `npm run e2e` on a local AWS.
 */
const app = new App();
const suffix = String(app.node.tryGetContext('suffix') ?? 'integ');
const importedModelName = `integ-${suffix}`;

const stack = new Stack(app, `Integ${suffix}`);
new ImportedModel(stack, 'Llama', { source: ModelSource.fromS3Uri(String(app.node.getContext('weights'))), importedModelName });

const test = new IntegTest(app, 'Test', { testCases: [stack], assertionStack: new Stack(app, `IntegAssert${suffix}`) });
test.assertions.awsApiCall('Bedrock', 'getImportedModel', { modelIdentifier: importedModelName })
  .expect(ExpectedResult.objectLike({ modelName: importedModelName, modelArchitecture: 'llama' }));
