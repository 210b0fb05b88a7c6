import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { MODEL_FOLDER, SETTINGS, type StackSettings, WEIGHTS_BUCKET } from './settings';
import { Ledger } from '../acceptance/ledger';
import { BROKEN_FOLDER } from '../acceptance/stories/failed-import';
import { clientsOf, type World } from '../acceptance/world';
import type { Bedrock } from '../bedrock-server/bedrock';
import { echo, type Respond } from '../bedrock-server/inference';
import { startBedrockServer, type BedrockServer } from '../bedrock-server/server';
import { LocalEnforcement } from '../iam/local-enforcement';
import { lastLines, type CommandResult } from '../local-aws/command';
import { EmulatorApi } from '../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../local-aws/environment';
import { FastClock } from '../local-aws/fast-clock';
import { startLocalAws, type LocalAws } from '../local-aws/local-aws';
import { type ModelFiles, validModel } from '../model-files';
import { bytesOf } from '../model-files/model-files';

const APP = 'node --import tsx testing/e2e/app.ts';

/** A minute takes three seconds, for the Bedrock server, the handler and the waits of Step Functions. */
const SPEED = 20;

export const MINUTE = 60_000;

/** The real-time limit of `until`. */
const PATIENCE_SECONDS = 120;
const LOOK_MS = 200;

/** An import job. `ended` is `Infinity` while it is running. */
export interface Job {
  readonly arn: string;
  readonly name: string;
  readonly status: string;
  readonly began: number;
  readonly ended: number;
}

/** The files that every account has, by key. */
const FILES = validModel();
const KEYS = Object.keys(FILES).map(path => `${MODEL_FOLDER}/${path}`).sort();

/** A bootstrapped local account with a bucket that contains a model, a Bedrock server, and the real CDK CLI. */
export class Account {
  public static async open(signal: AbortSignal): Promise<Account> {
    const clock = new FastClock(SPEED);
    const iam = new LocalEnforcement();
    const answering: { respond: Respond } = { respond: echo };
    const server = await startBedrockServer({
      account: ACCOUNT,
      region: REGION,
      clock,
      authorize: iam.authorize,
      authorizeInvocation: iam.authorizeInvocation,
      respond: (modelInput, modelId) => answering.respond(modelInput, modelId),
      planImport: request => ({ durationMs: MINUTE, ...readable(request), ...iam.planImport(request) }),
    });
    let aws: LocalAws | undefined;
    try {
      aws = await startLocalAws({ bedrockEndpoint: server.url, waitScale: clock.waitScale, nodeOptions: `${clock.nodeOptions} ${iam.nodeOptions}`, signal });
      iam.connect(aws.endpoint, server.bedrock);
      const { code, output } = await aws.cdk(['bootstrap', aws.target]);
      assert.equal(code, 0, output);
      const account = new Account(aws, server, iam, answering, clock, signal);
      await account.api.createBucket(WEIGHTS_BUCKET);
      await account.upload(MODEL_FOLDER, FILES);
      return account;
    } catch (error) {
      await aws?.stop();
      await server.close();
      throw error;
    }
  }

  public readonly api: EmulatorApi;
  public readonly bedrock: Bedrock;

  private constructor(
    private readonly aws: LocalAws,
    private readonly server: BedrockServer,
    private readonly iam: LocalEnforcement,
    private readonly answering: { respond: Respond },
    private readonly clock: FastClock,
    private readonly signal: AbortSignal,
  ) {
    this.api = new EmulatorApi(aws.endpoint);
    this.bedrock = server.bedrock;
  }

  public get logFile(): string {
    return this.aws.logFile;
  }

  public async close(options?: { readonly keepFiles?: boolean }): Promise<void> {
    await this.aws.stop(options);
    await this.server.close();
  }

  /** Makes the account as it was at first, for the next scenario. */
  public reset(): void {
    this.bedrock.reset();
    this.answering.respond = echo;
  }

  /** Lets the models answer something else than what they are asked. */
  public answerWith(respond: Respond): void {
    this.answering.respond = respond;
  }

  /** The account as a story of the acceptance test sees it, which knows nothing of emulators. */
  public world(log: (line: string) => void): World {
    const { aws, server, clock, signal } = this;
    const clients = (userAgentAppId?: string) => clientsOf({
      region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, endpoint: aws.endpoint, bedrockEndpoint: server.url, userAgentAppId,
    });
    const run = randomBytes(4).toString('hex');
    return {
      run,
      account: ACCOUNT,
      partition: 'aws',
      region: REGION,
      aws: clients(),
      time: { now: () => clock.now(), sleep: async (ms) => sleep(clock.realMs(ms), undefined, { signal }) },
      made: new Ledger({ account: ACCOUNT, region: REGION, run }),
      bucket: WEIGHTS_BUCKET,
      weights: { bucket: WEIGHTS_BUCKET, prefix: `${MODEL_FOLDER}/` },
      batchModel: 'amazon.nova-micro-v1:0',
      as: async (roleArn) => clients(roleArn.replace(/^.*\//, '')),
      cdk: async (args, app, kill) => aws.cdk([...args], { app, signal: kill }),
      log,
    };
  }

  /** Uploads the files of a model to a folder. */
  public async upload(folder: string, files: ModelFiles): Promise<void> {
    for (const [path, content] of Object.entries(files)) await this.api.putObject(WEIGHTS_BUCKET, `${folder}/${path}`, Buffer.from(bytesOf(content)));
  }

  /** Deletes a folder. */
  public async discard(folder: string): Promise<void> {
    await this.api.emptyBucket(WEIGHTS_BUCKET, `${folder}/`);
  }

  /** Runs `cdk deploy`, which can fail. */
  public async tryDeploy(settings: StackSettings, kill?: AbortSignal): Promise<CommandResult> {
    return this.cdk(['deploy', settings.stack, '--require-approval', 'never'], settings, kill);
  }

  /** Runs `cdk deploy`, which must succeed and create a model. Returns its ARN. */
  public async deploy(settings: StackSettings): Promise<string> {
    const { code, output } = await this.tryDeploy(settings);
    assert.equal(code, 0, `cdk deploy exited with code ${code}:\n${lastLines(output)}`);
    const modelArn = await this.api.stackOutput(settings.stack, 'ModelArn');
    assert.ok(this.modelArns().includes(modelArn), `${modelArn} does not exist`);
    return modelArn;
  }

  /** Runs `cdk destroy`, which must succeed. */
  public async destroy(settings: StackSettings): Promise<void> {
    const { code, output } = await this.cdk(['destroy', settings.stack, '--force'], settings);
    assert.equal(code, 0, `cdk destroy exited with code ${code}:\n${lastLines(output)}`);
  }

  /** Asserts that calls were authorized, if the IAM engine is installed. */
  public assertEnforced(): void {
    assert.ok(!this.iam.isOn || this.iam.questions > 0, 'no calls were authorized');
  }

  public async assertStatus(stack: string, status: string): Promise<void> {
    assert.equal(await this.api.stackStatus(stack), status);
  }

  /** Waits until a condition is true, up to a time limit. */
  public async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_SECONDS * 1000;
    while (!await isTrue()) {
      assert.ok(Date.now() < deadline, `${what} did not happen within ${PATIENCE_SECONDS} s`);
      await sleep(LOOK_MS, undefined, { signal: this.signal });
    }
  }

  public modelArns(): string[] {
    return this.bedrock.snapshot().models.map((model) => model.modelArn!);
  }

  /** The lines with a text in the logs of all functions, which the emulator writes into its own. */
  public async linesOfLog(text: string): Promise<string[]> {
    return (await readFile(this.logFile, 'utf8')).split('\n').filter(line => line.includes(text));
  }

  /** All import jobs, oldest first. */
  public jobs(): Job[] {
    return this.bedrock.snapshot().jobs.map((job) => ({
      arn: job.jobArn!, name: job.jobName!, status: job.status!, began: Number(job.creationTime), ended: Number(job.endTime ?? Infinity),
    }));
  }

  public isImporting(): boolean {
    return this.jobs().some((job) => job.status === 'InProgress');
  }

  public assertJobs(...statuses: string[]): void {
    assert.deepEqual(this.jobs().map((job) => job.status), statuses, 'unexpected import jobs');
  }

  /** Asserts that nothing is left except the models of others. */
  public async assertEmpty(others: string[] = []): Promise<void> {
    assert.deepEqual(
      {
        models: this.modelArns().sort(),
        importing: this.isImporting(),
        stacks: await this.api.stackNames(),
        functions: await this.api.functionNames(),
        files: (await this.api.objectKeys(WEIGHTS_BUCKET)).sort(),
      },
      { models: [...others].sort(), importing: false, stacks: ['CDKToolkit'], functions: [], files: KEYS },
    );
  }

  private async cdk(args: string[], settings: StackSettings, kill?: AbortSignal): Promise<CommandResult> {
    return this.aws.cdk([...args, '--context', `${SETTINGS}=${JSON.stringify([settings])}`], { app: APP, signal: kill });
  }
}

/** Bedrock does not read the files here: an import of the broken ones fails, as it would. */
function readable({ modelDataSource }: CreateModelImportJobRequest): { readonly failureMessage?: string } {
  return modelDataSource?.s3DataSource?.s3Uri?.endsWith(`/${BROKEN_FOLDER}/`) ? { failureMessage: 'The weights cannot be read' } : {};
}

/** Asserts that the output of the CLI contains a text, ignoring its line breaks. */
export function assertSaid(output: string, text: string): void {
  assert.ok(output.replace(/\s+/g, ' ').includes(text), `Expected\n  ${text}\nin\n${output}`);
}
