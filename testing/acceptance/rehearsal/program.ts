/**
 * Runs the program of the acceptance test as a person does, but against a local AWS: with the answer "yes", with another one, and stopped by Ctrl-C, which
 * a terminal sends to npm and everything below it.
 *
 *     npx tsx testing/acceptance/rehearsal/program.ts
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBedrockServer, type BedrockServer } from '../../bedrock-server/server';
import { ACCOUNT, REGION } from '../../local-aws/environment';
import { type LocalAws, startLocalAws } from '../../local-aws/local-aws';
import { REPOSITORY } from '../../local-aws/places';
import { clientsOf, type Clients } from '../world';

const ARGUMENTS = ['--account', ACCOUNT, '--region', REGION, '--only', 'create'];
/** What `npm run acceptance` runs after it has made the bundles. */
const PROGRAM = [process.execPath, '--import', 'tsx', 'testing/acceptance/main.ts'];
const LIMIT_SECONDS = 240;
const IMPORT_MS = 4000;

interface Run {
  readonly code: number | null;
  readonly output: string;
  /** The files in the output directory, by name. */
  readonly files: { readonly [name: string]: string };
}

/** The role of the person, which is there before and after. */
const ADMINISTRATOR = 'administrator';

/** The local AWS, in real time, and the environment of a person who uses it. */
class Desk {
  /** Signs in as an administrator. */
  public static async open(): Promise<Desk> {
    const bedrock = await startBedrockServer({ account: ACCOUNT, region: REGION, planImport: () => ({ durationMs: IMPORT_MS }) });
    const aws = await startLocalAws({ bedrockEndpoint: bedrock.url });
    const clients = clientsOf({
      region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, endpoint: aws.endpoint, bedrockEndpoint: bedrock.url,
    });
    await clients.iam.createRole({ RoleName: ADMINISTRATOR, AssumeRolePolicyDocument: '{}' });
    const { Credentials } = await clients.sts.assumeRole({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/${ADMINISTRATOR}`, RoleSessionName: 'person' });
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
    return new Desk(aws, bedrock, clients, {
      PATH: process.env.PATH,
      ...aws.variables,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: SessionToken,
    });
  }

  private constructor(
    private readonly aws: LocalAws,
    private readonly bedrock: BedrockServer,
    private readonly clients: Clients,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  public async close(): Promise<void> {
    await this.aws.stop();
    await this.bedrock.close();
  }

  public get state(): BedrockServer['bedrock'] {
    return this.bedrock.bedrock;
  }

  /** Runs the program with an answer. `meanwhile` is called when it was started. */
  public async run(command: readonly string[], answer: string, meanwhile: (child: ChildProcess) => Promise<void> = async () => {}): Promise<Run> {
    const output = await mkdtemp(join(tmpdir(), 'acceptance-'));
    try {
      const child = spawn(command[0], [...command.slice(1), ...ARGUMENTS, '--output', output], {
        cwd: REPOSITORY,
        env: this.env,
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      const limit = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), LIMIT_SECONDS * 1000);
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
      child.stdin.end(`${answer}\n`);
      await Promise.all([once(child, 'exit'), meanwhile(child)]); // of npm, after which the prompt is back
      clearTimeout(limit);
      const names = await readdir(output);
      const files = Object.fromEntries(await Promise.all(names.map(async name => [name, await readFile(join(output, name), 'utf8')] as const)));
      return { code: child.exitCode, output: text, files };
    } finally {
      await rm(output, { recursive: true });
    }
  }

  /** Asserts that nothing of any run is left. */
  public async assertEmpty(): Promise<void> {
    const { iam, s3, cloudFormation } = this.clients;
    const { Roles = [] } = await iam.listRoles({});
    const { Buckets = [] } = await s3.listBuckets({});
    const { Stacks = [] } = await cloudFormation.describeStacks({});
    const left = [...Roles.map(({ RoleName }) => RoleName), ...Buckets.map(({ Name }) => Name), ...Stacks.map(({ StackName }) => StackName)];
    assert.deepEqual(left, [ADMINISTRATOR]);
    assert.deepEqual(this.state.snapshot().models, []);
    assert.deepEqual(this.state.inProgress(), []);
  }
}

const CHECKS: { readonly [title: string]: (desk: Desk) => Promise<void> } = {
  'another answer than "yes" makes nothing': async (desk) => {
    const { code, output, files } = await desk.run(PROGRAM, 'y');
    assert.equal(code, 2, output);
    assert.match(output, /The answer was not "yes": nothing was made/);
    assert.deepEqual(files, {});
    assert.equal(desk.state.countCalls('CreateModelImportJob'), 0);
    await desk.assertEmpty();
  },

  '"yes" runs the probe, removes everything, and writes both reports without the account': async (desk) => {
    const { code, output, files } = await desk.run(PROGRAM, 'yes');
    assert.equal(code, 0, output);
    assert.match(output, /Nothing is left/);
    const [json, markdown, ...others] = Object.keys(files).sort();
    assert.deepEqual(others, []);
    const { assumptions } = JSON.parse(files[json]) as { assumptions: { id: string; verdict: string }[] };
    assert.equal(assumptions.find(({ id }) => id === 'SRV-1')?.verdict, 'confirmed', files[json]);
    assert.match(files[markdown], /^## Confirmed/m);
    assert.ok(!Object.values(files).some(text => text.includes(ACCOUNT)), 'a report names the account');
    await desk.assertEmpty();
  },

  'Ctrl-C during an import waits for it and removes everything': async (desk) => {
    const { code, output, files } = await desk.run(['npm', 'run', 'acceptance', '--'], 'yes', async (child) => {
      while (desk.state.inProgress().length === 0 && child.exitCode === null) await sleep(50);
      process.kill(-child.pid!, 'SIGINT');
    });
    assert.equal(code, 1, output);
    assert.match(output, /Stopping\. What was made is removed now/);
    assert.match(output, /Nothing is left/);
    assert.match(Object.values(files).join(''), /The run was stopped before its end/);
    await desk.assertEmpty();
  },
};

async function main(): Promise<boolean> {
  const results = await Promise.all(Object.entries(CHECKS).map(async ([title, check]) => {
    const desk = await Desk.open();
    try {
      await check(desk);
      console.log(`✓ ${title}`);
      return true;
    } catch (error) {
      console.log(`✗ ${title}\n${(error as Error).message}`);
      return false;
    } finally {
      await desk.close();
    }
  }));
  const failed = results.filter(good => !good).length;
  console.log(`\n${results.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
