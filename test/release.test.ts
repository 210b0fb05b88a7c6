import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

describe('the next version', () => {
  const { tasks } = JSON.parse(readFileSync('.projen/tasks.json', 'utf8'));
  const [{ exec }] = tasks['bump:next-version'].steps;

  /** What the task answers, of one commit since this version. */
  const next = (LATEST_TAG: string, commit: string, SUGGESTED_BUMP: string) => execFileSync('bash', ['-c', exec], {
    encoding: 'utf8',
    env: { ...process.env, LATEST_TAG, RELEASABLE_COMMITS: `51a29c6 test(import): one\n176341e ${commit}`, SUGGESTED_BUMP },
  }).trim();

  // The column before the last is what commit-and-tag-version suggests below 1.0.0.
  test.each([
    ['the first is 0.1.0', '', 'feat(import): two', 'none', '0.1.0'],
    ['a feature is a minor version', 'v0.1.0', 'feat(import): two', 'patch', 'minor'],
    ['so is a breaking change of any type', 'v0.1.0', 'refactor!: two', 'minor', 'minor'],
    ['so is one that only the body of the commit mentions', 'v0.1.0', 'fix(import): two', 'minor', 'minor'],
    ['a fix is a patch', 'v0.1.0', 'fix(import): a feat (new): is no feature', 'patch', 'patch'],
    ['nothing is no version', 'v0.1.0', 'chore: none', 'none', 'none'],
  ])('%s', (_, tag, commit, suggested, expected) => {
    expect(next(tag, commit, suggested)).toBe(expected);
  });
});
