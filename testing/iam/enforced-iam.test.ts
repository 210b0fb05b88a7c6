import { forbiddenIn } from './forbidden';
import { type Played, play } from './play';
import { testPolicies } from './proof';
import { SCENES } from './scenes';
import { newApp } from '../support/stacks';

describe.each(SCENES)('$name', ({ build, unconditionalGrants, written }) => {
  let played: Played;

  testPolicies(async () => {
    const app = newApp({ 'aws:cdk:enable-asset-metadata': true });
    played = await play(app, build(app) ?? {});
    return {
      ...played,
      forbidden: await forbiddenIn(played, unconditionalGrants),
      // The trust policy of a consumer's role is defined by the user.
      isOurs: ({ name }) => !/Consumer.*AssumeRolePolicyDocument/.test(name) && !written?.test(name),
    };
  });

  test('creates, updates and deletes', () => {
    expect(played.failures).toEqual([]);
    expect(played.imports).not.toEqual([]);
  });
});
