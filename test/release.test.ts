import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { tasks } = JSON.parse(readFileSync('.projen/tasks.json', 'utf8'));

describe('the next version', () => {
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

describe('the documents of a version', () => {
  const { exec } = tasks.release.steps.at(-1);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    for (const name of ['dist', 'examples', 'test/compatibility']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'dist/version.txt'), '0.1.0\n');
    write({});
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(files: { readonly [file: string]: string }) {
    const complete = { 'CHANGELOG.md': '## 0.1.0 - 2026-12-01', 'test/compatibility/0.1.0.json': '{}', 'README.md': 'Use it.', 'examples/README.md': 'Run it.' };
    for (const [file, text] of Object.entries({ ...complete, ...files })) writeFileSync(join(folder, file), `${text}\n`);
  }
  const accepted = () => spawnSync('sh', ['-c', exec], { cwd: folder }).status === 0;

  test('are complete', () => {
    expect(accepted()).toBe(true);
  });

  test.each([
    ['no section in the change log', { 'CHANGELOG.md': '## Unreleased' }],
    ['the section of another version', { 'CHANGELOG.md': '## 0.1.00 - 2026-12-01' }],
    ['a README of what is not released', { 'README.md': '> **Experimental.** The API may change, and no version is published yet.' }],
    ['examples of what is not released', { 'examples/README.md': 'The package is not published yet.' }],
  ])('are refused: %s', (_, files) => {
    write(files);

    expect(accepted()).toBe(false);
  });

  test('are refused without a record of what it deploys', () => {
    rmSync(join(folder, 'test/compatibility/0.1.0.json'));

    expect(accepted()).toBe(false);
  });

  test.each(['README.md', 'examples/README.md'])('say the same as the change log: %s', (document) => {
    cpSync(document, join(folder, document));

    expect(accepted()).toBe(/^## \d/m.test(readFileSync('CHANGELOG.md', 'utf8')));
  });
});

describe('the workflow release', () => {
  const [, ...jobs] = readFileSync('.github/workflows/release.yml', 'utf8').split(/^ {2}(?=\w+:$)/m);
  const job = (name: string) => jobs.find(text => text.startsWith(`${name}:`))!;

  test.each([
    ['release_npm', 'node-version: "24"'],
    ['release_maven', 'java-version: "11"'],
    ['release_pypi', 'python-version: 3.x'],
    ['release_nuget', 'dotnet-version: 8.x'],
    ['release_golang', 'go-version: "1.26"'],
  ])('%s publishes with %s', (name, version) => {
    expect(job(name)).toContain(` ${version}\n`);
  });

  test('attests the jars before it publishes them, and nothing else', () => {
    expect(jobs.filter(text => text.includes('name: Attest')).map(text => /^\w+/.exec(text)![0])).toEqual(['release_maven']);
    expect(job('release_maven')).toMatch(/name: Attest\n(.*\n)*? {6}- name: Release\n/);
    expect(job('release_maven')).toMatch(/^ {6}attestations: write\n/m);
  });
});

test('every action is pinned by a commit whose version projenrc/github.ts names', () => {
  const workflows = readdirSync('.github/workflows').map(file => readFileSync(join('.github/workflows', file), 'utf8')).join('');
  const commits = new Set([...workflows.matchAll(/uses: [^.\s][^\s@]*@(\S+)/g)].map(([, commit]) => commit));
  const named = readFileSync('projenrc/github.ts', 'utf8').split('\n').filter(line => /\bv\d+\.\d+\.\d+/.test(line)).join('\n');

  expect(commits.size).toBeGreaterThan(10);
  expect([...commits].filter(commit => !named.includes(commit))).toEqual([]);
});
