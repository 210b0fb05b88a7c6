import { hash, isCatalogueModel, kmsKeyArn, resourceId } from './identifiers';

const PLACE = { partition: 'aws', region: 'us-east-1', account: '111122223333' };

describe('resourceId', () => {
  test('has the format of the service and is unique', () => {
    const ids = Array.from({ length: 20_000 }, (_, sequence) => resourceId(sequence));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9]{12}$/.test(id))).toEqual([]);
  });

  test('does not reveal the next ID', () => {
    const [one, next] = [resourceId(1), resourceId(2)];
    expect(one.slice(0, 3)).not.toBe(next.slice(0, 3));
    expect(one.slice(6, 9)).not.toBe(next.slice(6, 9));
  });
});

describe('hash', () => {
  test('is eight hexadecimal digits that depend on every character', () => {
    const hashes = ['', 'a', 'b', 'ab', 'ba', 'a'.repeat(1000)].map(hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes.filter((each) => !/^[0-9a-f]{8}$/.test(each))).toEqual([]);
  });
});

describe('kmsKeyArn', () => {
  test('resolves all forms of an alias to the same key, and to another key in another Region', () => {
    const key = kmsKeyArn('alias/llama', PLACE);
    expect(kmsKeyArn('arn:aws:kms:us-east-1:111122223333:alias/llama', PLACE)).toBe(key);
    expect(kmsKeyArn('alias/mistral', PLACE)).not.toBe(key);
    expect(kmsKeyArn('alias/llama', { ...PLACE, region: 'us-west-2' }).split('/')[1]).not.toBe(key.split('/')[1]);
  });
});

test.each([
  ['anthropic.claude-3-haiku-20240307-v1:0', true],
  ['us.meta.llama3-2-11b-instruct-v1:0', true],
  ['arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.titan-text-express-v1', true],
  ['arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0', true],
  ['arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl', false],
  ['abcdefghijkl', false],
  ['llama_3', false],
])('%s is of the catalogue: %p', (modelId, expected) => {
  expect(isCatalogueModel(modelId)).toBe(expected);
});
