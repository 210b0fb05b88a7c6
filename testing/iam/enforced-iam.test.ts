import { forbiddenIn } from './forbidden';
import { type Played, play } from './play';
import { type Exception, testPolicies } from './proof';
import { type Check, SCENES } from './scenes';
import { newApp } from '../support/stacks';

/** The permissions to read files of another account, whose owner does not let the provider in. */
const OF_OTHERS: Exception = {
  what: /ProviderRolePolicy\S*: (s3:GetObject|s3:ListBucket|kms:Decrypt) on /,
  reason: 'without effect until the owner of the bucket adds the statements for the role of the provider',
};

const OUTCOMES: { readonly [check in Check]: readonly string[] } = { reads: ['read'], isRefused: ['refused'], isDisabled: [] };

describe.each(SCENES)('$name', (scene) => {
  const { build, written, check = 'reads', verifies = false } = scene;
  let played: Played;

  testPolicies(async () => {
    const app = newApp({ 'aws:cdk:enable-asset-metadata': true });
    played = await play(app, build(app) ?? {});
    return {
      ...played,
      forbidden: await forbiddenIn(played, scene),
      // The trust policy of a consumer's role is defined by the user.
      isOurs: ({ name }) => !/Consumer.*AssumeRolePolicyDocument/.test(name) && !written?.test(name),
      mayBeRefused: ({ action, principal }) => check === 'isRefused' && action === 's3:ListBucket' && /Provider/.test(principal),
      unneeded: check === 'isRefused' ? [OF_OTHERS] : [],
    };
  });

  test('creates, updates and deletes', () => {
    expect(played.failures).toEqual([]);
    expect(played.imports).not.toEqual([]);
    expect([...played.checks]).toEqual(OUTCOMES[check]);
    expect(played.verified.size > 0).toBe(verifies);
  });
});
