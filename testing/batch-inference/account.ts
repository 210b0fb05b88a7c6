import assert from 'node:assert/strict';
import { BATCHES, STACK } from './names';
import type { Bedrock } from '../bedrock-server/bedrock';
import { type ObjectStore, S3Objects } from '../bedrock-server/objects';
import { type BedrockServer, startBedrockServer } from '../bedrock-server/server';
import { EmulatorApi } from '../local-aws/emulator-api';
import { ACCOUNT, REGION } from '../local-aws/environment';
import { FastClock } from '../local-aws/fast-clock';
import { type LocalAws, startLocalAws } from '../local-aws/local-aws';
import { ProcessGuard } from '../local-aws/process-guard';
import { type Execution, type StepFunctions, startStepFunctions } from '../step-functions/engine';

const APP = 'node --import tsx testing/batch-inference/app.ts';

/** An hour takes two seconds, for the Bedrock server and the waits of Step Functions. */
const FAST = 1800;

/** The real-time limit of an execution. */
const PATIENCE_SECONDS = 300;

type Batch = typeof BATCHES[number];

/** A line of the input or of the results. */
export interface Line {
  readonly recordId: string;
  readonly modelInput: { readonly prompt: string };
  readonly modelOutput?: object;
  readonly error?: { readonly errorCode: number; readonly errorMessage: string };
}

/** An execution that has ended, with its results. */
export interface Ended extends Execution {
  readonly lines: Line[];
  readonly manifest: { readonly [member: string]: unknown };
}

/**
 * A local account with a stack of batches, deployed by the real CDK CLI. Its state machines run on another engine, with the definitions that
 * CloudFormation has created.
 */
export class BatchAccount {
  public static async open(log: (line: string) => void, speed = FAST): Promise<BatchAccount> {
    const clock = new FastClock(speed);
    let objects: ObjectStore | undefined;
    const server = await startBedrockServer({
      account: ACCOUNT,
      region: REGION,
      clock,
      anyModel: true,
      copyConcurrency: Infinity,
      // The emulator starts later.
      objects: {
        list: async (bucket, prefix) => objects!.list(bucket, prefix),
        get: async (bucket, key) => objects!.get(bucket, key),
        put: async (bucket, key, body) => objects!.put(bucket, key, body),
      },
    });
    const guard = new ProcessGuard();
    let aws: LocalAws | undefined;
    try {
      aws = await startLocalAws({ bedrockEndpoint: server.url, waitScale: clock.waitScale, log });
      objects = new S3Objects(aws.endpoint);
      const engine = startStepFunctions({
        guard, dir: aws.dir, awsEndpoint: aws.endpoint, bedrockEndpoint: server.url, waitScale: clock.waitScale, clockOrigin: clock.origin, log,
      });
      await cdk(aws, 'bootstrap', aws.target);
      await cdk(aws, 'deploy', STACK, '--require-approval', 'never');
      return await new BatchAccount(aws, server, await engine, guard).withMachines();
    } catch (error) {
      await guard.stop();
      await aws?.stop();
      await server.close();
      throw error;
    }
  }

  public readonly bedrock: Bedrock;
  private readonly api: EmulatorApi;
  private readonly machines = new Map<Batch, string>();
  private bucket = '';

  private constructor(
    private readonly aws: LocalAws,
    private readonly server: BedrockServer,
    public readonly engine: StepFunctions,
    private readonly guard: ProcessGuard,
  ) {
    this.api = new EmulatorApi(aws.endpoint);
    this.bedrock = server.bedrock;
  }

  public async close(options?: { readonly keepFiles?: boolean }): Promise<void> {
    await this.guard.stop();
    await this.aws.stop(options);
    await this.server.close();
  }

  /** Removes the stack with the real CDK CLI, and asserts that nothing is left. */
  public async destroy(): Promise<void> {
    await this.api.emptyBucket(this.bucket);
    await cdk(this.aws, 'destroy', STACK, '--force');
    assert.deepEqual({ stacks: await this.api.stackNames(), functions: await this.api.functionNames() }, { stacks: ['CDKToolkit'], functions: [] });
  }

  /** Uploads records with these prompts. Returns the URI of their folder, for the input of an execution. */
  public async upload(folder: string, prompts: readonly string[]): Promise<string> {
    return this.uploadText(folder, prompts.map((prompt, index) => JSON.stringify({ recordId: `r${index}`, modelInput: { prompt } })).join('\n'));
  }

  public async uploadText(folder: string, text: string, file = 'records.jsonl'): Promise<string> {
    await this.api.putObject(this.bucket, `in/${folder}/${file}`, Buffer.from(text));
    return `s3://${this.bucket}/in/${folder}/`;
  }

  public async start(batch: Batch, name: string, input: object): Promise<string> {
    return this.engine.startExecution(this.machines.get(batch)!, input, name);
  }

  /** Runs an execution to its end. */
  public async run(batch: Batch, name: string, input: object, output?: string): Promise<Ended> {
    return this.ended(await this.start(batch, name, input), output);
  }

  /** @param output The output location of the execution. Default: that of the construct */
  public async ended(executionArn: string, output = `s3://${this.bucket}/out/`): Promise<Ended> {
    const execution = await this.engine.ended(executionArn, PATIENCE_SECONDS);
    const keys = await this.api.objectKeys(this.bucket, `${output.split('/').slice(3).join('/')}${execution.name}/`);
    const files = await Promise.all(keys.filter(key => key.endsWith('.jsonl')).map(async key => this.api.getObject(this.bucket, key)));
    const manifest = keys.find(key => key.endsWith('manifest.json'));
    const lines = files.flatMap(text => text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Line));
    return { ...execution, lines, manifest: manifest ? JSON.parse(await this.api.getObject(this.bucket, manifest)) as Ended['manifest'] : {} };
  }

  private async withMachines(): Promise<this> {
    this.bucket = await this.api.stackOutput(STACK, 'Bucket');
    for (const batch of BATCHES) {
      const definition = await this.api.stateMachineDefinition(await this.api.stackOutput(STACK, `${batch}StateMachine`));
      this.machines.set(batch, await this.engine.createStateMachine(batch, definition));
    }
    return this;
  }
}

async function cdk(aws: LocalAws, ...args: string[]): Promise<void> {
  const { code, output } = await aws.cdk(args, { app: args[0] === 'bootstrap' ? undefined : APP });
  assert.equal(code, 0, `cdk ${args.join(' ')} exited with code ${code}:\n${output}`);
}
