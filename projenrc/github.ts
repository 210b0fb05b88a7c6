import { readFileSync } from 'node:fs';
import { type awscdk, Component, github, javascript, release } from 'projen';

/*
 * The repository on GitHub: its workflows and how a version is released. CONTRIBUTING.md has the settings that are in no file.
 */

/**
 * The commits of the actions that projen uses, by version: a generated workflow has no comments that name versions.
 *
 * projen itself replaces some of them by the commit; the others are replaced here, because zizmor refuses an action without one. A newer projen may use
 * newer versions: compare the commits with the tags of the action before you add them.
 */
const COMMITS = {
  'actions/checkout@v7.0.1': '3d3c42e5aac5ba805825da76410c181273ba90b1',
  'actions/create-github-app-token@v3.2.0': 'bcd2ba49218906704ab6c1aa796996da409d3eb1',
  'actions/dependency-review-action@v5.0.0': 'a1d282b36b6f3519aa1f3fc636f609c47dddb294',
  'actions/download-artifact@v8.0.1': '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c',
  'actions/setup-dotnet@v6.0.0': 'a98b56852c35b8e3190ac28c8c2271da59106c68',
  'actions/setup-go@v7.0.0': 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e',
  'actions/setup-java@v6.0.0': 'dd06d9cba3e5552c54d9f8ea23572deb30010f7c',
  'actions/setup-node@v7.0.0': '820762786026740c76f36085b0efc47a31fe5020',
  'actions/setup-python@v7.0.0': '5fda3b95a4ea91299a34e894583c3862153e4b97',
  'actions/upload-artifact@v7.0.1': '043fb46d1a93c77aae656e7c1c64a875d1fc6a0a',
  'amannn/action-semantic-pull-request@v6.1.1': '48f256284bd46cdaab1048c3721360e808335d50',
  'peter-evans/create-pull-request@v8.1.1': '5f6978faf089d4d20b00c7766989d076bb2fc7f1',
};

/** The actions that projen does not use. */
const ATTEST = 'actions/attest-build-provenance@0f67c3f4856b2e3261c31976d6725780e5e4c373'; // v4.1.1
const SCORECARD = 'ossf/scorecard-action@4eaacf0543bb3f2c246792bd56e8cdeffafb205a'; // v2.4.3
const CODEQL_COMMIT = '5595ccaf912efad79be6eef63a5619ff05969be3'; // v4.37.6

const { JobPermission: { READ, WRITE }, AppPermission } = github.workflows;
const RUNNER = ['ubuntu-latest'];
const LANGUAGES: github.workflows.Tools = {
  node: { version: '24' }, // its npm knows trusted publishing
  python: { version: '3.11' },
  java: { version: '17', distribution: 'temurin' },
  go: { version: '1.26' },
};
const TIMEOUT = 30; // minutes

/** Attests the jars. With trusted publishing, npm and PyPI attest, and NuGet adds a signature, which changes the file. */
const ATTEST_JARS: github.workflows.JobStep = { name: 'Attest', if: '${{ !inputs.dry_run }}', uses: ATTEST, with: { 'subject-path': 'dist/java/**/*.jar' } };
const ATTESTING: github.workflows.JobPermissions = { idToken: WRITE, attestations: WRITE };

/** In place of old versions, for which projen has no option. Java stays 11: the Maven plugin of publib reaches into the JDK, which newer versions prevent. */
const PUBLISHING_TOOLS: { readonly [job: string]: github.workflows.Tools } = {
  release_nuget: { dotnet: { version: '8.x' } },
  release_golang: { go: LANGUAGES.go },
};

/** The options of the project about GitHub and releases. */
export const REPOSITORY = {
  github: true,
  githubOptions: {
    mergify: false,
    dependencyReview: true,
    dependencyReviewOptions: { commentSummaryInPr: 'never' }, // a comment would need permission to write
    pullRequestLintOptions: {
      semanticTitleOptions: {
        types: ['feat', 'fix', 'perf', 'refactor', 'style', 'test', 'docs', 'build', 'ci', 'chore', 'revert'],
        requireScope: true,
      },
    },
    // The token of a workflow cannot create a pull request that starts workflows. An app can.
    projenCredentials: github.GithubCredentials.fromApp({ permissions: { contents: AppPermission.WRITE, pullRequests: AppPermission.WRITE } }),
  },
  workflowNodeVersion: LANGUAGES.node!.version,
  buildWorkflow: false, // the gate is .ci/run
  pullRequestTemplateContents: [
    '<!-- The title becomes the commit message: "fix(import): a failed import is retried". It says what changes for users. -->',
    '',
    '## Why',
    '',
    '## What was run',
    '',
    '<!-- The commands and what they printed, for example `bash .ci/run static tests`. -->',
    '',
    '- [ ] A test fails without the change.',
    '- [ ] [CHANGELOG.md](../CHANGELOG.md) has it, if users notice it.',
    '- [ ] What [never changes](../docs/operations/compatibility.md#never-changes) has not changed.',
  ],

  depsUpgradeOptions: {
    exclude: ['aws-cdk-lib', 'constructs'], // the lowest supported versions: raising them is a decision (ADR-01)
    cooldown: 7, // days, in which others find what is malicious
    workflowOptions: { schedule: javascript.UpgradeDependenciesSchedule.MONTHLY },
  },

  release: true,
  releaseTrigger: release.ReleaseTrigger.workflowDispatch(), // a new handler reaches the deployed models of every user: somebody decides
  releaseEnvironment: 'release', // the registries trust it, and its reviewers approve
  jsiiReleaseVersion: '0.2.1061', // publib
  npmTrustedPublishing: true,
  majorVersion: 0,
  // Within 0.x, the default would release a feature as a patch version, and 0.0.0 as the first.
  nextVersionCommand: `bash -c '
    if [[ -z $LATEST_TAG ]]; then echo 0.1.0
    elif grep -Eq "^[0-9a-f]+ (feat(\\(.*\\))?|[a-z]+(\\(.*\\))?!): " <<<"$RELEASABLE_COMMITS"; then echo minor
    else echo "$SUGGESTED_BUMP"; fi
  '`,
} satisfies Partial<awscdk.AwsCdkConstructLibraryOptions>;

/** Adds the workflows that projen does not have, and restricts all. */
export function addRepositoryFiles(project: awscdk.AwsCdkConstructLibrary): void {
  const hub = project.github!;
  for (const [action, commit] of Object.entries(COMMITS)) hub.actions.set(action, `${action.split('@')[0]}@${commit}`);

  // --- The gate: a job for each part of .ci/run. ---
  const parts = [...readFileSync('.ci/run', 'utf8').matchAll(/^ {2}\[([\w-]+)\]=/gm)].map(([, part]) => part);
  const build = new github.GithubWorkflow(hub, 'build', {
    limitConcurrency: true, // the workflow is `release` if that calls this one: nothing else cancels its gate
    concurrencyOptions: { group: 'build-${{ github.workflow }}-${{ github.event_name }}-${{ github.ref }}', cancelInProgress: true },
  });
  build.on({ pullRequest: {}, mergeGroup: {}, workflowCall: {}, workflowDispatch: {} });
  build.addJobs({
    part: {
      name: '${{ matrix.part }} (Node.js ${{ matrix.node }})',
      runsOn: RUNNER,
      permissions: { contents: READ },
      strategy: {
        failFast: false,
        matrix: { domain: { part: parts, node: [LANGUAGES.node!.version] }, include: [{ part: 'tests', node: '20' }] }, // the oldest of a user
      },
      tools: { ...LANGUAGES, node: { version: '${{ matrix.node }}' } },
      steps: [github.WorkflowSteps.checkout(), { name: 'Run the steps', run: 'bash .ci/run "$PART"', env: { PART: '${{ matrix.part }}' } }],
    },
    build: { // the one that branch protection requires
      needs: ['part'],
      if: 'always()',
      runsOn: RUNNER,
      permissions: {},
      steps: [{ name: 'All parts have passed', run: 'test "$RESULT" = success', env: { RESULT: '${{ needs.part.result }}' } }],
    },
  });

  // --- The release: of a commit of main that has passed the gate. ---
  const releasing = hub.tryFindWorkflow('release')!;
  releasing.file!.addOverride('jobs.release.needs', 'gate');
  releasing.file!.addOverride('jobs.release.permissions.contents', 'read'); // the job release_github creates the tag
  releasing.addJob('gate', { if: "github.ref == 'refs/heads/main'", uses: './.github/workflows/build.yml', permissions: { contents: READ } });
  // The change log has a section for this version, and the tests what it deploys. No document says that there is no version yet.
  const version = '$(cat dist/version.txt)';
  project.tasks.tryFind('release')!.exec(
    `grep "^## ${version} " CHANGELOG.md && ls "test/compatibility/${version}.json" && ! grep -n "published yet" README.md examples/README.md`,
  );

  // --- What others look at. ---
  const scorecard = hub.addWorkflow('scorecard');
  scorecard.on({ schedule: [{ cron: '0 6 * * 1' }], push: { branches: ['main'] } });
  scorecard.addJob('scorecard', {
    runsOn: RUNNER,
    permissions: { contents: READ, securityEvents: WRITE, idToken: WRITE },
    steps: [
      github.WorkflowSteps.checkout(),
      { name: 'Score', uses: SCORECARD, with: { results_file: 'results.sarif', results_format: 'sarif', publish_results: true } },
      { name: 'Show in code scanning', uses: `github/codeql-action/upload-sarif@${CODEQL_COMMIT}`, with: { sarif_file: 'results.sarif' } },
    ],
  });
  const codeql = hub.addWorkflow('codeql');
  codeql.on({ schedule: [{ cron: '0 6 * * 2' }], push: { branches: ['main'] }, pullRequest: {} });
  codeql.addJob('codeql', {
    runsOn: RUNNER,
    permissions: { contents: READ, securityEvents: WRITE },
    strategy: { matrix: { domain: { language: ['javascript-typescript', 'actions'] } } },
    steps: [
      github.WorkflowSteps.checkout(),
      { name: 'Initialize', uses: `github/codeql-action/init@${CODEQL_COMMIT}`, with: { languages: '${{ matrix.language }}' } },
      { name: 'Analyze', uses: `github/codeql-action/analyze@${CODEQL_COMMIT}` },
    ],
  });

  const title = hub.tryFindWorkflow('pull-request-lint')!;
  title.updateJob('validate', { ...title.getJob('validate') as github.workflows.Job, permissions: { pullRequests: READ } });

  new Restrictions(project, hub);
}

/** Limits what every workflow may do, including those of projen. */
class Restrictions extends Component {
  constructor(project: awscdk.AwsCdkConstructLibrary, private readonly hub: github.GitHub) {
    super(project);
  }

  preSynthesize(): void {
    for (const workflow of this.hub.workflows) {
      for (const [id, job] of Object.entries(workflow.jobs)) {
        if (!('steps' in job)) continue;
        // Before it is published: a job that is repeated makes the jar again, with another digest than the published one.
        const attested = id === 'release_maven' ? job.steps.flatMap(step => step.name === 'Release' ? [ATTEST_JARS, step] : [step]) : job.steps;
        const steps = attested.map(step => {
          if (step.uses?.startsWith('actions/checkout@')) return { ...step, with: { ...step.with, 'persist-credentials': false } }; // nothing pushes
          if (step.env?.NPM_REGISTRY) return { ...step, env: { ...step.env, NPM_REGISTRY: undefined as never } }; // the default, which is in no file
          return step;
        });
        const permissions = steps.includes(ATTEST_JARS) ? { ...job.permissions, ...ATTESTING } : job.permissions;
        const tools = { ...job.tools, ...PUBLISHING_TOOLS[id] };
        workflow.updateJob(id, { ...job, permissions, tools, steps, timeoutMinutes: job.timeoutMinutes ?? TIMEOUT });
      }
    }
  }
}
