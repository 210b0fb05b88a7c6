import * as fc from 'fast-check';
import * as rules from '../../../src/shared/validation/api-constraints';
import { SHAPES, violations } from '../../../testing/bedrock-server/constraints';

/** Our rules, and what the API's own model says of the same member. */
const PAIRS: [string, rules.StringRule, string][] = [
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
      expect(rules.checkString('property', value, rule) === undefined).toBe(violations(shape, value).length === 0);
    }));
  });

  test('as long as it may be, and no longer', () => {
    const { max } = SHAPES[shape] as { max?: number };
    expect(rule.maxLength).toBe(max);
  });
});

test('a prefix of job names leaves room for the generated rest', () => {
  const { max } = SHAPES.JobName as { max: number };
  expect(rules.JOB_NAME_PREFIX.maxLength + rules.JOB_NAME_SUFFIX_LENGTH).toBe(max);
  fc.assert(fc.property(fc.stringMatching(rules.JOB_NAME_PREFIX.pattern, { size: 'small' }), prefix => {
    fc.pre(rules.checkString('jobNamePrefix', prefix, rules.JOB_NAME_PREFIX) === undefined);
    expect(violations('JobName', `${prefix}-${'0'.repeat(rules.JOB_NAME_SUFFIX_LENGTH - 1)}`)).toEqual([]);
  }));
});

test('the numbers are those of the API', () => {
  expect(SHAPES.SubnetIds).toMatchObject({ min: 1, max: rules.MAX_SUBNETS });
  expect(SHAPES.SecurityGroupIds).toMatchObject({ min: 1, max: rules.MAX_SECURITY_GROUPS });
});

test('a run of hyphens does not make the check slow', () => {
  // The documented pattern of job names takes minutes for this.
  expect(rules.checkString('jobNamePrefix', `a${'-'.repeat(20_000)}_`, rules.JOB_NAME_PREFIX)).toBeDefined();
});

test('a complaint names the property, the value, the rule and the remedy', () => {
  expect(rules.complaint('vpcSubnets', 17, '1 to 16 in number', 'Select fewer')).toBe('vpcSubnets: 17 must be 1 to 16 in number. Select fewer.');
});

test('a complaint about a long value shows how it begins and how long it is', () => {
  expect(rules.complaint('source', 'x'.repeat(2000), 'short', 'Shorten it')).toMatch(/^source: "x{119}\.\.\. \(2002 characters\) must be/);
});
