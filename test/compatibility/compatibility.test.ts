import * as fs from 'node:fs';
import * as path from 'node:path';
import { APPS, withApp } from './apps';
import { customResourcesOf, type DeployedApp, type DeployedResource } from './corpus';
import type { OnEventRequest } from '../../src/imported-model/provider/handler/event';
import { SynthesizedAccount } from '../../testing/iam/synthesized-account';
import { Deployment } from '../../testing/support/deployment';

const HOUR = 60 * 60_000;
const versions = fs.readdirSync(__dirname).filter(name => name.endsWith('.json'));
const corpus = versions.flatMap(file => (JSON.parse(fs.readFileSync(path.join(__dirname, file), 'utf8')) as DeployedApp[])
  .map(app => [`${app.name} (${file})`, app] as const));

test('the corpus has every app', () => expect(corpus.map(([, { name }]) => name)).toEqual(expect.arrayContaining(Object.keys(APPS))));

describe.each(corpus)('the template of a deployed app: %s', (_, { name, template, resources }) => {
  test('keeps its resources and their types', async () => {
    await withApp(name, app => {
      const account = new SynthesizedAccount(app);
      const today = Object.fromEntries(account.made().map(({ id, type }) => [id, type]));
      const then = Object.fromEntries(Object.entries(template.Resources ?? {}).map(([id, { Type }]) => [id, Type]));
      // Resources can be added.
      expect(today).toMatchObject(then);
    });
  });

  test('keeps the properties of its custom resources', async () => {
    await withApp(name, app => {
      const found = Object.fromEntries(customResourcesOf(new SynthesizedAccount(app))
        .map(({ id, stack }) => [id, stack.template.Resources![id].Properties]));
      for (const { logicalId } of resources) {
        const { AttributesRevision: _revision, ...properties } = template.Resources![logicalId].Properties!;
        expect(found[logicalId]).toMatchObject(properties);
      }
    });
  });
});

describe.each(corpus)('the resources of a deployed app: %s', (_, { job, resources }) => {
  const isRetained = resources.some(({ properties }) => properties.RemovalPolicy === 'RETAIN');
  let deployment: Deployment;
  beforeEach(async () => {
    deployment = await Deployment.start();
    deployment.bedrock.createModelImportJob(job);
    deployment.clock.advance(HOUR);
    if (isRetained) {
      const [{ modelArn }] = deployment.bedrock.snapshot().models;
      deployment.bedrock.tagResource({ resourceARN: modelArn, tags: [{ key: 'cdk-bedrock-model-import:removal-policy', value: 'RETAIN' }] });
    }
    deployment.bedrock.clearCalls();
  });
  afterEach(async () => deployment.stop());

  const eventOf = (type: 'Update' | 'Delete', link: DeployedResource, more: object = {}): OnEventRequest => ({
    RequestType: type,
    RequestId: `${type}-${link.logicalId}`,
    StackId: link.stackId,
    LogicalResourceId: link.logicalId,
    PhysicalResourceId: link.physicalId,
    ResourceProperties: { ...link.properties, ...more },
    OldResourceProperties: type === 'Update' ? link.properties : undefined,
  });
  const changes = () => deployment.bedrock.calls.filter(({ operation }) => /^(Create|Delete|Tag|Untag)/.test(operation));

  test.each([
    ['a new version has new attributes', { AttributesRevision: '2' }],
    ['another CDK version generates another name', { NameBase: 'Renamed' }],
    ['a later version adds a property', { SomethingNew: 'x' }],
  ])('an update imports and deletes nothing when %s', async (__, more) => {
    for (const link of resources) {
      const answer = await deployment.send(eventOf('Update', link, more));
      expect(answer).toMatchObject({ status: 'SUCCESS', physicalResourceId: link.physicalId, polls: 1 });
      expect(Object.keys(answer.data ?? {})).toEqual(expect.arrayContaining([...link.attributes]));
    }
    expect(changes()).toEqual([]);
  });

  test('the model is deleted, unless it is retained', async () => {
    for (const link of [...resources].reverse()) expect(await deployment.send(eventOf('Delete', link))).toMatchObject({ status: 'SUCCESS' });
    expect(deployment.bedrock.snapshot().models).toHaveLength(isRetained ? 1 : 0);
  });
});
