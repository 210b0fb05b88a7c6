import * as fc from 'fast-check';
import { clientRequestTokenOf, identityOfJob, identityOfName, namesOf as namesIn, type Names, type Origin, ownerOf, prefixOf } from '../../../../src/imported-model/provider/handler/names';
import type { ModelImportRequest } from '../../../../src/imported-model/provider/handler/request';
import { MODEL_NAME_BASE_LENGTH } from '../../../../src/imported-model/provider/library-limits';
import { violations } from '../../../../testing/bedrock-server/constraints';

const ORIGIN: Origin = { stackId: 'arn:aws:cloudformation:us-east-1:111122223333:stack/S/1', importLogicalId: 'LlamaImport', requestId: 'one' };
const REQUEST: ModelImportRequest = {
  link: 'import',
  windowMinutes: 55,
  replacementStrategy: 'CREATE_FIRST',
  s3Uri: 's3://amzn-s3-demo-bucket/llama/',
  nameBase: 'StackLlama',
  roleArn: 'arn:aws:iam::111122223333:role/import',
  importedModelTags: [],
  jobTags: [],
  importTimeoutMinutes: 55,
  retain: false,
  keepPrevious: false,
  verified: false,
  acknowledgedRules: [],
};

/** The names of a new model. */
function namesOf(origin: Origin, request: ModelImportRequest): Names {
  return namesIn(origin, prefixOf(ownerOf(origin), request.nameBase ?? ''), request);
}

const origins = fc.record({ stackId: fc.string(), importLogicalId: fc.string(), requestId: fc.string() });
const bases = fc.stringMatching(new RegExp(`^[a-zA-Z0-9]{1,${MODEL_NAME_BASE_LENGTH}}$`));
const prefixes = fc.option(fc.stringMatching(new RegExp(`^[a-zA-Z0-9][a-zA-Z0-9+.-]{0,${MODEL_NAME_BASE_LENGTH - 1}}$`)), { nil: undefined });

test('Bedrock accepts the names of any stack', () => {
  fc.assert(fc.property(origins, bases, prefixes, fc.string(), (origin, nameBase, jobNamePrefix, sourceVersion) => {
    const names = namesOf(origin, { ...REQUEST, nameBase, jobNamePrefix, sourceVersion });
    expect(violations('CreateModelImportJobRequest', {
      jobName: names.jobName,
      importedModelName: names.modelName,
      clientRequestToken: clientRequestTokenOf(names, names.jobName),
      roleArn: REQUEST.roleArn,
      modelDataSource: { s3DataSource: { s3Uri: REQUEST.s3Uri } },
    })).toEqual([]);
  }));
});

test('owner and content can be read from the names of any stack', () => {
  fc.assert(fc.property(origins, bases, prefixes, (origin, nameBase, jobNamePrefix) => {
    const { owner, content, modelName: name, jobName } = namesOf(origin, { ...REQUEST, nameBase, jobNamePrefix });
    expect(owner).toBe(ownerOf(origin));
    expect(identityOfJob(jobName)).toEqual({ owner, content });
    expect(identityOfName(name)).toEqual({ owner, content });
  }));
});

test('a model of another owner has no identity', () => {
  expect(identityOfJob('import-llama-2026-11-21')).toBeUndefined();
  expect(identityOfName('llama')).toBeUndefined();
});

test('the same request always has the same names', () => {
  expect(namesOf({ ...ORIGIN }, { ...REQUEST })).toEqual(namesOf(ORIGIN, REQUEST));
});

test('later links follow the job of the first link', () => {
  const { jobName } = namesOf(ORIGIN, REQUEST);
  const later = namesOf({ ...ORIGIN, requestId: 'two' }, { ...REQUEST, link: 'wait', jobName });
  expect(later.jobName).toBe(jobName);
  expect(later.ownJobName).not.toBe(jobName);
});

test('another request for the same model has another job name and token, because a job name can be used only once', () => {
  const [one, two] = ['one', 'two'].map(requestId => namesOf({ ...ORIGIN, requestId }, REQUEST));
  expect(two.modelName).toBe(one.modelName);
  expect(two.jobName).not.toBe(one.jobName);
  expect(clientRequestTokenOf(two, two.jobName)).not.toBe(clientRequestTokenOf(one, one.jobName));
});

const nameWith = (more: Partial<ModelImportRequest>) => namesOf(ORIGIN, { ...REQUEST, ...more }).modelName;

test.each<[string, Partial<ModelImportRequest>]>([
  ['source', { s3Uri: 's3://amzn-s3-demo-bucket/other/' }],
  ['version', { sourceVersion: '2' }],
  ['key', { importedModelKmsKeyId: 'alias/other' }],
])('another %s is another model', (_, more) => {
  expect(nameWith(more)).not.toBe(nameWith({}));
});

test.each<[string, Partial<ModelImportRequest>]>([
  ['role', { roleArn: 'arn:aws:iam::111122223333:role/other' }],
  ['network', { vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] } }],
  ['tag', { importedModelTags: [{ key: 'team', value: 'platform' }], jobTags: [{ key: 'team', value: 'platform' }] }],
  ['timeout', { importTimeoutMinutes: 10 }],
  ['prefix of job names', { jobNamePrefix: 'other' }],
])('another %s is the same model', (_, more) => {
  expect(nameWith(more)).toBe(nameWith({}));
});

test('the parts of the content are distinguished', () => {
  expect(nameWith({ sourceVersion: 'alias/a' })).not.toBe(nameWith({ importedModelKmsKeyId: 'alias/a' }));
});

test.each(['stackId', 'importLogicalId'] as const)('another %s is another owner', part => {
  expect(ownerOf({ ...ORIGIN, [part]: 'other' })).not.toBe(ownerOf(ORIGIN));
});

// #18: one of the inputs of the owner is free text, so a second preimage could be searched for.
test('the owner has 80 bits, content and request have 40', () => {
  const { owner, content, jobName } = namesOf(ORIGIN, REQUEST);
  const bitsOf = (hash: string) => {
    expect(hash).toMatch(/^[a-z2-7]+$/);
    return hash.length * 5;
  };
  expect([owner, content, jobName.slice(jobName.lastIndexOf('-') + 1)].map(bitsOf)).toEqual([80, 40, 40]);
});

test('the hashes use all 32 characters in each place', () => {
  const owners = Array.from({ length: 500 }, (_, index) => ownerOf({ stackId: 'stack', importLogicalId: String(index) }));
  expect(new Set(owners).size).toBe(500);
  for (let place = 0; place < 16; place++) expect(new Set(owners.map(owner => owner[place])).size).toBe(32);
});

// Part of deployed stacks: a change of these literals would import every model of every user again.
test('the hashes are frozen', () => {
  expect(namesOf(ORIGIN, { ...REQUEST, sourceVersion: '2', importedModelKmsKeyId: 'alias/key' })).toEqual({
    owner: 'h3py4c4pwxdjtpdc',
    content: 'yxhc6tbe',
    modelName: 'StackLlama-h3py4c4pwxdjtpdc-yxhc6tbe',
    jobName: 'StackLlama-h3py4c4pwxdjtpdc-yxhc6tbe-vgva3uas',
    ownJobName: 'StackLlama-h3py4c4pwxdjtpdc-yxhc6tbe-vgva3uas',
  });
});

test('a slash at the end of the source does not change the content', () => {
  expect(nameWith({ s3Uri: 's3://amzn-s3-demo-bucket/llama' })).toBe(nameWith({ s3Uri: 's3://amzn-s3-demo-bucket/llama/' }));
});

// #4
test('the readable part of a name does not change after the creation of the first link', () => {
  const owner = ownerOf(ORIGIN);
  expect(prefixOf(owner, 'Moved', `StackLlama-${owner}`)).toBe(`StackLlama-${owner}`);
  expect(prefixOf(owner, 'Moved')).toBe(`Moved-${owner}`);
  expect(prefixOf(owner, 'Moved', 'Stack-LlamaImport-1ABCDEFGHIJKL')).toBe(`Moved-${owner}`);
});
