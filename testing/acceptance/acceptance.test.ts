import { spawnSync } from 'node:child_process';
import type { STS } from '@aws-sdk/client-sts';
import { parseArguments } from './arguments';
import { ASSUMPTIONS } from './assumptions';
import { describeUndertakings, refuseOtherAccount } from './consent';
import { Findings, Report } from './findings';
import { NOT_OBSERVABLE } from './not-observable';
import { PROBES } from './probes';
import { jsonReport, markdownReport, remedyOf, withoutAccounts } from './report';
import { STORIES } from './stories';
import { SWITCHES } from './switches';

const IDS = ASSUMPTIONS.map(({ id }) => id);
const PROBED = PROBES.flatMap(({ ids }) => ids);

describe('the assumptions', () => {
  test('have an ID of their own', () => {
    expect(IDS.length).toBeGreaterThan(150);
    expect(IDS.filter((id, index) => IDS.indexOf(id) !== index)).toEqual([]);
  });

  test('are looked at by a probe, or there is a reason why not', () => {
    expect(IDS.filter(id => PROBED.includes(id) === (id in NOT_OBSERVABLE))).toEqual([]);
  });

  test('are those that probes, reasons and remedies name', () => {
    expect([...PROBED, ...Object.keys(NOT_OBSERVABLE), ...Object.keys(SWITCHES)].filter(id => !IDS.includes(id))).toEqual([]);
  });

  test('have a remedy if they can be contradicted', () => {
    expect(PROBED.filter(id => remedyOf(id) === '')).toEqual([]);
  });
});

test('probes and stories have different names, and say what they make, cost and take', () => {
  const all = [...PROBES, ...STORIES];
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { makes, minutes } of all) {
    expect(makes).not.toBe('');
    expect(minutes).toBeGreaterThan(0);
  }
  const text = describeUndertakings([{ name: 'create', title: 'Ask.', makes: 'two models', minutes: 90, cents: 10 }, { name: 'read', title: 'Read.', makes: 'nothing', minutes: 5, cents: 0 }]);
  expect(text).toContain('create (at most 1 h 30 min, US$ 0.10)');
  expect(text).toContain('makes: two models');
  expect(text).toContain('Together at most 1 h 35 min and US$ 0.10');
});

describe('nothing runs', () => {
  const NAMES = ['create', 'platform'];
  const identity = (Arn: string) => ({ getCallerIdentity: async () => ({ Account: Arn.split(':')[4], Arn }) }) as unknown as STS;
  const args = (...more: string[]) => parseArguments(['--account', '111122223333', '--region', 'us-east-1', ...more], NAMES);

  test.each([
    [[], '--account and --region are required'],
    [['--account', '111122223333'], '--account and --region are required'],
    [['--account', '1234', '--region', 'us-east-1'], '--account 1234: an account id has 12 digits'],
    [['--account', '111122223333', '--region', 'us-east-1', '--only', 'nothing'], '--only nothing: there is no such probe or story'],
    [['--account', '111122223333', '--region', 'us-east-1', '--weights', 's3://bucket/llama'], 'with a slash at the end'],
    [['--account', '111122223333', '--region', 'us-east-1', '--force'], "Unknown option '--force'"],
  ])('with the arguments %j', (given, message) => {
    expect(() => parseArguments(given, NAMES)).toThrow(message);
  });

  test('with the credentials of another account', async () => {
    const sts = identity('arn:aws:sts::444455556666:assumed-role/Admin/me');

    await expect(refuseOtherAccount(args(), sts, {})).rejects.toThrow('--account 111122223333, but the credentials are those of arn:aws:sts::444455556666:');
  });

  test.each(['AWS_REGION', 'AWS_DEFAULT_REGION'])('if %s is another Region', async (name) => {
    const sts = identity('arn:aws:iam::111122223333:user/me');

    await expect(refuseOtherAccount(args(), sts, { [name]: 'eu-central-1' })).rejects.toThrow(`--region us-east-1, but ${name} is eu-central-1`);
    await expect(refuseOtherAccount(args(), sts, { [name]: 'us-east-1' })).resolves.toBe('aws');
  });

  test('in a Region without Custom Model Import', async () => {
    const elsewhere = parseArguments(['--account', '111122223333', '--region', 'sa-east-1'], NAMES);

    await expect(refuseOtherAccount(elsewhere, identity('arn:aws:iam::111122223333:user/me'), {})).rejects.toThrow('--region sa-east-1: Bedrock imports models in us-east-1, ');
  });

  const program = (env: NodeJS.ProcessEnv, input = '') => spawnSync(
    process.execPath, ['--import', 'tsx', 'testing/acceptance/main.ts', '--account', '111122223333', '--region', 'us-east-1'],
    { env: { PATH: process.env.PATH, ...env }, input, encoding: 'utf8' });

  test('in CI', () => {
    const { status, stderr, stdout } = program({ CI: 'true' }, 'yes\n');

    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('CI=true is set');
  });

  test('without credentials', () => {
    const nowhere = '/nowhere';
    const { status, stderr, stdout } = program({
      HOME: nowhere, AWS_CONFIG_FILE: nowhere, AWS_SHARED_CREDENTIALS_FILE: nowhere, AWS_EC2_METADATA_DISABLED: 'true',
    }, 'yes\n');

    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('No usable credentials');
  });
});

describe('the findings', () => {
  const [{ id: one }, { id: two }, { id: three }] = ASSUMPTIONS;
  const verdictOf = (findings: Findings, id: string) => findings.result({ [three]: 'a reason' }).find(finding => finding.id === id);

  test('a contradiction counts more than a confirmation, and that more than nothing', () => {
    const findings = new Findings();
    const report = new Report(findings, 'first', [one, two]);
    report.judge(one, true, 'seen');
    report.judge(one, false, 'seen otherwise');
    report.notObserved(two, 'too late');
    new Report(findings, 'second', [two]).judge(two, true, 'seen later');

    expect(verdictOf(findings, one)).toMatchObject({ verdict: 'contradicted', evidence: 'seen otherwise', seenBy: 'first' });
    expect(verdictOf(findings, two)).toMatchObject({ verdict: 'confirmed', evidence: 'seen later', seenBy: 'second' });
  });

  test('what a probe has not come to is not observed', () => {
    const findings = new Findings();
    new Report(findings, 'first', [one, two]).end('the probe ended before: AccessDeniedException');

    expect(verdictOf(findings, one)).toMatchObject({ verdict: 'not observed', evidence: 'the probe ended before: AccessDeniedException' });
    expect(verdictOf(findings, three)).toMatchObject({ verdict: 'not observed', evidence: 'a reason' });
  });

  test('a probe reports only what it declares', () => {
    expect(() => new Report(new Findings(), 'first', [one]).judge(two, true, '')).toThrow(`first does not declare ${two}`);
  });
});

describe('the report', () => {
  const findings = new Findings();
  findings.add('create', 'SRV-1', 'contradicted', 'ValidationException: a | b\nin account 111122223333');
  const outcome = {
    date: new Date('2026-11-26T12:00:00Z'),
    region: 'us-east-1',
    account: '111122223333',
    interrupted: false,
    findings: findings.result(NOT_OBSERVABLE),
    stories: [{ name: 'platform', title: 'A model', lines: ['deployed: yes'], error: 'exit code 1' }],
    remaining: [{ what: 'bucket b', reason: 'AccessDenied', command: 'aws s3 rb s3://b' }],
  };

  test('says first what is contradicted, with the switches that play it', () => {
    const markdown = withoutAccounts(markdownReport(outcome));
    const [heading, , contradicted] = markdown.split('\n\n');

    expect(heading).toBe('# Acceptance test of 2026-11-26');
    expect(contradicted).toBe('## Contradicted (1)');
    expect(markdown).toContain('ValidationException: a \\| b<br>in account <account>');
    expect(markdown).toContain("`npm run simulate -- --behaviour 'earlierToken=refused'`");
    expect(markdown).toContain('| platform: A model | failed | deployed: yes<br>exit code 1 |');
    expect(markdown).toContain('| bucket b | AccessDenied | `aws s3 rb s3://b` |');
    expect(markdown).not.toContain('111122223333');
  });

  test('has every assumption, for programs too', () => {
    const { assumptions } = JSON.parse(jsonReport(outcome)) as { assumptions: { id: string }[] };

    expect(assumptions.map(({ id }) => id)).toEqual(IDS);
  });
});
