import * as fc from 'fast-check';
import { JOB_NAME_PREFIX } from '../../../src/imported-model/provider/library-limits';
import * as rules from '../../../src/shared/validation/api-constraints';
import { checkCount, checkString, complaint, type StringRule } from '../../../src/shared/validation/complaint';
import { SHAPES, violations } from '../../../testing/bedrock-server/constraints';

/** Our rules, and what the API's own model says of the same member. */
const PAIRS: [string, StringRule, string][] = [
  ['the source', rules.S3_URI, 'S3Uri'],
  ['the name of a model', rules.IMPORTED_MODEL_NAME, 'ImportedModelName'],
  ['the role', rules.ROLE_ARN, 'RoleArn'],
  ['the key', rules.KMS_KEY_ID, 'KmsKeyId'],
  ['a subnet', rules.VPC_ID, 'SubnetId'],
  ['a security group', rules.VPC_ID, 'SecurityGroupId'],
  ['the key of a tag', rules.TAG_KEY, 'TagKey'],
  ['the value of a tag', rules.TAG_VALUE, 'TagValue'],
];

describe.each(PAIRS)('%s', (_, rule, shape) => {
  const { pattern } = SHAPES[shape] as { pattern: string };
  const right = fc.stringMatching(new RegExp(pattern), { size: 'small' });
  const almostRight = fc.tuple(right, fc.nat(), fc.string({ maxLength: 2 }))
    .map(([text, at, more]) => `${text.slice(0, at % (text.length + 1))}${more}${text.slice(at % (text.length + 1))}`);

  test('we let pass what Bedrock takes, and refuse what it refuses', () => {
    fc.assert(fc.property(fc.oneof(right, almostRight), value => {
      fc.pre(value !== '' && !/^aws:/i.test(value)); // an empty role, and reserved tag keys, are our own rules
      expect(checkString('property', value, rule) === undefined).toBe(violations(shape, value).length === 0);
    }));
  });

  test('as long as it may be, and no longer', () => {
    const { max } = SHAPES[shape] as { max?: number };
    expect(rule.maxLength).toBe(max);
  });
});

test('a prefix of job names leaves room for the generated rest', () => {
  const { max } = SHAPES.JobName as { max: number };
  const suffixLength = max - JOB_NAME_PREFIX.maxLength;
  expect([max, suffixLength]).toEqual([rules.MAX_JOB_NAME_LENGTH, 35]);
  fc.assert(fc.property(fc.stringMatching(JOB_NAME_PREFIX.pattern, { size: 'small' }), prefix => {
    fc.pre(checkString('jobNamePrefix', prefix, JOB_NAME_PREFIX) === undefined);
    expect(violations('JobName', `${prefix}-${'0'.repeat(suffixLength - 1)}`)).toEqual([]);
  }));
});

test('the numbers are those of the API', () => {
  expect(SHAPES.SubnetIds).toMatchObject(rules.SUBNETS);
  expect(SHAPES.SecurityGroupIds).toMatchObject(rules.SECURITY_GROUPS);
});

test('a run of hyphens does not make the check slow', () => {
  // The documented pattern of job names takes minutes for this.
  expect(checkString('jobNamePrefix', `a${'-'.repeat(20_000)}_`, JOB_NAME_PREFIX)).toBeDefined();
});

test('a complaint names the property, the value, the rule and the remedy', () => {
  expect(complaint('name', 'a b', 'one word', 'Rename it')).toBe('name: "a b" must be one word. Rename it.');
  expect(checkCount('vpcSubnets', 17, 'subnets', { min: 1, max: 16 }, 'Select fewer')).toBe('vpcSubnets: got 17 subnets, Bedrock accepts 1 to 16. Select fewer.');
});

test('a complaint about a long value shows how it begins and how long it is', () => {
  expect(complaint('source', 'x'.repeat(2000), 'short', 'Shorten it')).toMatch(/^source: "x{119}\.\.\. \(2002 characters\) must be/);
});
