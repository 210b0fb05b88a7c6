import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETTINGS, type StackSettings } from './settings';
import type { Bedrock } from '../bedrock-server/bedrock';
import { startBedrockServer, type BedrockServer } from '../bedrock-server/server';
import { LocalEnforcement } from '../iam/local-enforcement';
import { lastLines, type CommandResult } from '../local-aws/command';
import { EmulatorApi } from '../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../local-aws/environment';
import { FastClock } from '../local-aws/fast-clock';
import { startLocalAws, type LocalAws } from '../local-aws/local-aws';

const APP = 'node --import tsx testing/e2e/app.ts';

/** A minute takes three seconds: of the Bedrock server, of the handler, and of the waits of Step Functions alike. */
const SPEED = 20;

export const MINUTE = 60_000;

/** No wait for something that has to happen is longer, in real time. */
const PATIENCE_SECONDS = 120;
const LOOK_MS = 200;

/** An import job; it has ended at `Infinity` as long as it runs. */
export interface Job {
  readonly arn: string;
  readonly name: string;
  readonly status: string;
  readonly began: number;
  readonly ended: number;
}

/** An empty account of AWS and Bedrock, bootstrapped, and the real CDK CLI. */
export class Account {
  public static async open(signal: AbortSignal): Promise<Account> {
    const clock = new FastClock(SPEED);
    const iam = new LocalEnforcement();
    const server = await startBedrockServer({
      account: ACCOUNT,
      region: REGION,
      clock,
      authorize: iam.authorize,
      planImport: request => ({ durationMs: 2 * MINUTE, ...iam.planImport(request) }),
    });
    let aws: LocalAws | undefined;
    try {
      aws = await startLocalAws({ bedrockEndpoint: server.url, waitScale: clock.waitScale, nodeOptions: `${clock.nodeOptions} ${iam.nodeOptions}`, signal });
      iam.connect(aws.endpoint);
      const { code, output } = await aws.cdk(['bootstrap', aws.target]);
      assert.equal(code, 0, output);
      return new Account(aws, server, iam, signal);
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

  /** `cdk deploy`, whatever comes of it. */
  public async tryDeploy(settings: StackSettings, kill?: AbortSignal): Promise<CommandResult> {
    return this.cdk(['deploy', settings.stack, '--require-approval', 'never'], settings, kill);
  }

  /** `cdk deploy`, which must succeed with a model that is there; returns its ARN. */
  public async deploy(settings: StackSettings): Promise<string> {
    const { code, output } = await this.tryDeploy(settings);
    assert.equal(code, 0, `cdk deploy ended with exit code ${code}:\n${lastLines(output)}`);
    const modelArn = await this.api.stackOutput(settings.stack, 'ModelArn');
    assert.ok(this.modelArns().includes(modelArn), `${modelArn} is not there`);
    return modelArn;
  }

  /** `cdk destroy`, which must succeed. */
  public async destroy(settings: StackSettings): Promise<void> {
    const { code, output } = await this.cdk(['destroy', settings.stack, '--force'], settings);
    assert.equal(code, 0, `cdk destroy ended with exit code ${code}:\n${lastLines(output)}`);
  }

  /** Whatever has imported a model was asked whether it may, if there is anybody to ask. */
  public assertEnforced(): void {
    assert.ok(!this.iam.isOn || this.iam.questions > 0, 'nothing was asked of IAM');
  }

  public async assertStatus(stack: string, status: string): Promise<void> {
    assert.equal(await this.api.stackStatus(stack), status);
  }

  /** Waits until something is true, and not for ever. */
  public async until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_SECONDS * 1000;
    while (!await isTrue()) {
      assert.ok(Date.now() < deadline, `${what}: not within ${PATIENCE_SECONDS} s`);
      await sleep(LOOK_MS, undefined, { signal: this.signal });
    }
  }

  public modelArns(): string[] {
    return this.bedrock.snapshot().models.map((model) => model.modelArn!);
  }

  /** All import jobs there ever were, oldest first. */
  public jobs(): Job[] {
    return this.bedrock.snapshot().jobs.map((job) => ({
      arn: job.jobArn!, name: job.jobName!, status: job.status!, began: Number(job.creationTime), ended: Number(job.endTime ?? Infinity),
    }));
  }

  public isImporting(): boolean {
    return this.jobs().some((job) => job.status === 'InProgress');
  }

  public assertJobs(...statuses: string[]): void {
    assert.deepEqual(this.jobs().map((job) => job.status), statuses, 'the import jobs are others');
  }

  /** Everything but the models of others is gone. */
  public async assertEmpty(others: string[] = []): Promise<void> {
    assert.deepEqual(
      {
        models: this.modelArns().sort(),
        importing: this.isImporting(),
        stacks: await this.api.stackNames(),
        functions: await this.api.functionNames(),
      },
      { models: [...others].sort(), importing: false, stacks: ['CDKToolkit'], functions: [] },
    );
  }

  private async cdk(args: string[], settings: StackSettings, kill?: AbortSignal): Promise<CommandResult> {
    return this.aws.cdk([...args, '--context', `${SETTINGS}=${JSON.stringify([settings])}`], { app: APP, signal: kill });
  }
}

/** The CLI said this; it breaks lines at the width of a terminal. */
export function assertSaid(output: string, text: string): void {
  assert.ok(output.replace(/\s+/g, ' ').includes(text), `It did not say\n  ${text}\nbut\n${output}`);
}
