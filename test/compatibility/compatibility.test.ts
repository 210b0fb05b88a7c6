import * as fs from 'node:fs';
import * as path from 'node:path';
import type { DeployedLink, DeployedModel } from './corpus';
import type { OnEventRequest } from '../../src/handler/model-import-handler';
import { Deployment } from '../handler/deployment';

const HOUR = 60 * 60_000;
const versions = fs.readdirSync(__dirname).filter(name => name.endsWith('.json'));
const corpus = versions.flatMap(file => (JSON.parse(fs.readFileSync(path.join(__dirname, file), 'utf8')) as DeployedModel[])
  .map(model => [`${model.name} (${file})`, model] as const));

test('the corpus is there', () => expect(corpus.length).toBeGreaterThanOrEqual(3));

describe.each(corpus)('a deployed model: %s', (_, { job, links }) => {
  let deployment: Deployment;
  beforeEach(async () => {
    deployment = await Deployment.start();
    deployment.bedrock.createModelImportJob(job);
    deployment.clock.advance(HOUR);
    if (links.at(-1)?.properties.RemovalPolicy === 'RETAIN') {
      const [{ modelArn }] = deployment.bedrock.snapshot().models;
      deployment.bedrock.tagResource({ resourceARN: modelArn, tags: [{ key: 'cdk-bedrock-model-import:removal-policy', value: 'RETAIN' }] });
    }
    deployment.bedrock.clearCalls();
  });
  afterEach(async () => deployment.stop());

  const eventOf = (type: 'Update' | 'Delete', link: DeployedLink, more: object = {}): OnEventRequest => ({
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
    ['a new version updates it, for it has new attributes', { AttributesRevision: '2' }],
    ['a CDK that names it otherwise updates it', { NameBase: 'Renamed' }],
    ['a property of a later version is added', { SomethingNew: 'x' }],
  ])('nothing is imported, nothing fails, nothing is deleted when %s', async (__, more) => {
    for (const link of links) {
      const answer = await deployment.send(eventOf('Update', link, more));
      expect(answer).toMatchObject({ status: 'SUCCESS', physicalResourceId: link.physicalId, polls: 1 });
      expect(Object.keys(answer.data ?? {})).toEqual(expect.arrayContaining([...link.attributes]));
    }
    expect(changes()).toEqual([]);
  });

  test('it is deleted, unless it is retained', async () => {
    for (const link of [...links].reverse()) expect(await deployment.send(eventOf('Delete', link))).toMatchObject({ status: 'SUCCESS' });
    const isRetained = links.at(-1)?.properties.RemovalPolicy === 'RETAIN';
    expect(deployment.bedrock.snapshot().models).toHaveLength(isRetained ? 1 : 0);
  });
});
