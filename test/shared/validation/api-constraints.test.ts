import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { JOB_NAME_PREFIX } from '../../../src/imported-model/provider/library-limits';
import * as rules from '../../../src/shared/validation/api-constraints';
import { checkCount, checkString, complaint, type StringRule } from '../../../src/shared/validation/complaint';
import { SHAPES, violations } from '../../../testing/bedrock-server/constraints';

/** The rules of the library, and the shapes of the API model for the same members, each with a valid example. */
const PAIRS: [string, StringRule, string, string][] = [
  ['the source', rules.S3_URI, 'S3Uri', 's3://we.ig-hts/llama/8b/'],
  ['the name of a model', rules.IMPORTED_MODEL_NAME, 'ImportedModelName', 'Llama-3_8b'],
  ['the role', rules.ROLE_ARN, 'RoleArn', 'arn:aws:iam::111122223333:role/import'],
  ['the key', rules.KMS_KEY_ID, 'KmsKeyId', 'alias/models'],
  ['a subnet', rules.VPC_ID, 'SubnetId', 'subnet-00000001'],
  ['a security group', rules.VPC_ID, 'SecurityGroupId', 'sg-00000001'],
  ['the key of a tag', rules.TAG_KEY, 'TagKey', 'team'],
  ['the value of a tag', rules.TAG_VALUE, 'TagValue', 'platform'],
];

/** Strings that match a pattern, and strings that differ from one in one place. */
function almostValid(pattern: RegExp): fc.Arbitrary<string> {
  const valid = fc.stringMatching(pattern, { size: 'small' });
  const changed = fc.tuple(valid, fc.nat(), fc.string({ maxLength: 2 }))
    .map(([text, at, more]) => `${text.slice(0, at % (text.length + 1))}${more}${text.slice(at % (text.length + 1))}`);
  return fc.oneof(valid, changed);
}

/** The strings that differ from a string in one character: every character of Latin-1 inserted, and every character removed, in each place. */
function neighbours(text: string): string[] {
  const characters = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
  return Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]).flatMap(([before, after]) =>
    [before + after.slice(1), ...characters.map(character => before + character + after)]);
}

/** The model of the API does not exclude the tag keys that AWS reserves. */
const isStricter = (shape: string, value: string) => shape === 'TagKey' && /^aws:/i.test(value);

describe.each(PAIRS)('%s', (_, rule, shape, example) => {
  const { pattern } = SHAPES[shape] as { pattern: string };

  test('is valid if and only if the API accepts it', () => {
    const disagree = (value: string) => !isStricter(shape, value) && (checkString('property', value, rule) === undefined) !== (violations(shape, value).length === 0);
    expect([example, '', ...neighbours(example)].filter(disagree)).toEqual([]);
    fc.assert(fc.property(almostValid(new RegExp(pattern)), value => !disagree(value)));
  });

  test('has the maximum length of the API', () => {
    const { max } = SHAPES[shape] as { max?: number };
    expect(rule.maxLength).toBe(max);
  });
});

test.each([['a reserved tag key', rules.TAG_KEY, 'aws:team'], ['an account id of 11 digits', rules.ACCOUNT_ID, '11112222333']])(
  '%s is not valid', (_, rule, value) => {
    expect(checkString('property', value, rule)).toBeDefined();
  });

test('a job name prefix is valid if and only if the API accepts the job name, with room for the generated part', () => {
  const { max } = SHAPES.JobName as { max: number };
  const suffixLength = max - JOB_NAME_PREFIX.maxLength;
  expect([max, suffixLength]).toEqual([rules.MAX_JOB_NAME_LENGTH, 35]);
  const disagree = (prefix: string) =>
    (checkString('jobNamePrefix', prefix, JOB_NAME_PREFIX) === undefined) !== (violations('JobName', `${prefix}-${'0'.repeat(suffixLength - 1)}`).length === 0);
  expect(['', 'a'.repeat(28), 'a'.repeat(29), ...neighbours('llama-3.1+8b')].filter(disagree)).toEqual([]);
  fc.assert(fc.property(almostValid(JOB_NAME_PREFIX.pattern), prefix => !disagree(prefix)));
});

test('the numbers are those of the API', () => {
  expect(SHAPES.SubnetIds).toMatchObject(rules.SUBNETS);
  expect(SHAPES.SecurityGroupIds).toMatchObject(rules.SECURITY_GROUPS);
});

// The documented pattern of job names backtracks exponentially on hyphens.
test.each([['job name prefix', JOB_NAME_PREFIX.pattern, '-'], ['model name', rules.IMPORTED_MODEL_NAME.pattern, 'a-']])('the pattern of a %s is linear', (_, pattern, run) => {
  const context = { pattern, text: `a${run.repeat(20_000)}!` };
  // Interrupts a pattern that would not end.
  expect(runInNewContext('pattern.test(text)', context, { timeout: 10_000 })).toBe(false);
});

test('a message has the property, the value, the rule and the remedy', () => {
  expect(complaint('name', 'a b', 'one word', 'Rename it')).toBe('name: "a b" must be one word. Rename it.');
  expect(checkCount('vpcSubnets', 17, 'subnets', { min: 1, max: 16 }, 'Select fewer')).toBe('vpcSubnets: got 17 subnets, Bedrock accepts 1 to 16. Select fewer.');
});

test('a message about a long value has its beginning and its length', () => {
  expect(complaint('source', 'x'.repeat(2000), 'short', 'Shorten it')).toMatch(/^source: "x{119}\.\.\. \(2002 characters\) must be/);
});
