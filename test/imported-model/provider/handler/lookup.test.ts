import type { OnEventRequest } from '../../../../src/imported-model/provider/handler/event';
import { Deployment } from '../../../../testing/support/deployment';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await Deployment.start();
});
afterEach(() => deployment.stop());

const request = (type: OnEventRequest['RequestType'], name: string, id?: string): OnEventRequest => ({
  RequestType: type,
  RequestId: `${type}-${name}`,
  StackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/Chat/3a0b6f10-0000-11f0-0000-0a0000000002',
  LogicalResourceId: 'LlamaLookUp',
  PhysicalResourceId: id,
  ResourceProperties: { Link: 'lookUp', ImportedModelName: name },
});
const changes = () => deployment.bedrock.calls.filter(({ operation }) => !/^(Get|List)/.test(operation));

test('finds a model by its name, with one call', async () => {
  deployment.bedrock.seedModel('llama');
  const answer = await deployment.send(request('Create', 'llama'));

  expect(answer).toMatchObject({ status: 'SUCCESS', physicalResourceId: 'llama', polls: 1 });
  expect(answer.data?.ModelArn).toBe(deployment.bedrock.snapshot().models[0].modelArn);
  expect(deployment.bedrock.calls.map(({ operation }) => operation)).toEqual(['GetImportedModel']);
});

test('fails at the first poll if the model does not exist, with the remedy', async () => {
  const answer = await deployment.send(request('Create', 'lama'));

  expect(answer).toMatchObject({ status: 'FAILED', polls: 1 });
  expect(answer.reason).toContain('importedModelName: "lama" must be the name of an imported model of this account and Region. There is none: import it first');
});

test('refuses an invalid name without a call', async () => {
  const answer = await deployment.send(request('Create', 'my model'));

  expect(answer.reason).toMatch(/importedModelName: "my model" must be/);
  expect(deployment.bedrock.calls).toEqual([]);
});

test('an update of the name finds another model, with another physical id', async () => {
  deployment.bedrock.seedModel('llama');
  deployment.bedrock.seedModel('mistral');

  expect(await deployment.send(request('Update', 'mistral', 'llama'))).toMatchObject({ status: 'SUCCESS', physicalResourceId: 'mistral' });
});

test.each(['llama', 'AWSCDK::CustomResourceProviderFramework::CREATE_FAILED'])('the deletion of %s calls nothing, and keeps the model', async id => {
  deployment.bedrock.seedModel('llama');

  expect(await deployment.send(request('Delete', 'llama', id))).toMatchObject({ status: 'SUCCESS', physicalResourceId: id });
  expect(deployment.bedrock.calls).toEqual([]);
  expect(deployment.bedrock.snapshot().models).toHaveLength(1);
});

test.each(['ThrottlingException', 'InternalServerException', 'AccessDeniedException'] as const)('waits after a %s', async name => {
  deployment.bedrock.seedModel('llama');
  deployment.bedrock.failNext('GetImportedModel', { name, times: 3 });

  expect(await deployment.send(request('Create', 'llama'))).toMatchObject({ status: 'SUCCESS', polls: 4 });
});

test('fails after ten minutes without permission, with the remedy', async () => {
  deployment.bedrock.seedModel('llama');
  deployment.bedrock.failNext('GetImportedModel', { name: 'AccessDeniedException', times: 1000 });
  const answer = await deployment.send(request('Create', 'llama'));

  expect(answer).toMatchObject({ status: 'FAILED', polls: 21 });
  expect(answer.reason).toMatch(/AccessDeniedException.*\(for 10 minutes\)\. Check the policy of the provider's role/);
  expect(changes()).toEqual([]);
});
