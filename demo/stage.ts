import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL_STACK, PROMPT, WEIGHTS_PREFIX } from './names';
import type { Step } from './steps';
import { writeBadLlama, writeTinyLlama } from './tiny-llama';
import type { BedrockServer } from '../testing/bedrock-server/server';
import type { LocalEnforcement } from '../testing/iam/local-enforcement';
import { bedrockClient, importedModelArns } from '../testing/local-aws/bedrock-client';
import { EmulatorApi } from '../testing/local-aws/emulator-api';
import type { LocalAws } from '../testing/local-aws/local-aws';
import { REPOSITORY } from '../testing/local-aws/places';

export const APP = 'node --import tsx demo/app.ts';

/** The bundle of `npx cdk-bedrock-model-import`. */
const COMMAND = join(REPOSITORY, 'assets/model-format/command/main/index.js');

type Outputs = Record<string, string>;

/** A command that failed, with its output. */
export class CommandError extends Error {
  constructor(message: string, public readonly output: string) {
    super(message);
  }
}

/** The running services, and the actions and checks of the demo. */
export class Stage {
  public readonly api: EmulatorApi;
  public readonly sdk: ReturnType<typeof bedrockClient>;

  constructor(
    public readonly aws: LocalAws, public readonly bedrock: BedrockServer, private readonly iam: LocalEnforcement, private readonly batch: boolean,
  ) {
    this.api = new EmulatorApi(aws.endpoint);
    this.sdk = bedrockClient(bedrock.url);
  }

  public async stop(options?: { readonly keepFiles?: boolean }): Promise<void> {
    await this.aws.stop(options);
    await this.bedrock.close();
  }

  /** Prints the number of authorization requests, if the IAM engine is installed. */
  public tellEnforcement(step: Step): void {
    if (!this.iam.isOn) return;
    assert.ok(this.iam.questions > 0, 'no calls were authorized');
    step.fact('IAM', `${this.iam.questions} requests, authorized by the policies of the stacks`);
  }

  /** Runs the real CDK CLI. Fails the step if it fails. */
  public async cdk(step: Step, ...args: string[]): Promise<void> {
    const context = this.batch ? ['--context', 'batch=true'] : [];
    const { code, output } = await this.aws.cdk([...args, ...context], { app: args[0] === 'bootstrap' ? undefined : APP, onLine: step.progress });
    if (code !== 0) throw new CommandError(`cdk ${args.join(' ')} exited with code ${code}`, output);
  }

  /** Deploys one stack and returns its outputs from CloudFormation. */
  public async deploy(step: Step, stack: string, weightsVersion = 1): Promise<Outputs> {
    const file = join(this.aws.dir, 'outputs.json');
    await this.cdk(step, 'deploy', stack, '--exclusively', '--require-approval', 'never',
      '--context', `weightsVersion=${weightsVersion}`, '--outputs-file', file);
    return (JSON.parse(await readFile(file, 'utf8')) as Record<string, Outputs>)[stack];
  }

  /** Deploys the model stack, which must output the ARN of an imported model. */
  public async deployModel(step: Step, weightsVersion: number): Promise<Outputs> {
    const outputs = await this.deploy(step, MODEL_STACK, weightsVersion);
    assert.match(outputs.ModelArn, /^arn:aws:bedrock:us-east-1:\d{12}:imported-model\/[a-z0-9]{12}$/);
    step.fact('ModelArn', outputs.ModelArn);
    return outputs;
  }

  /** Checks folders on the disk with the command: one that Bedrock does not import, and the one that is uploaded next. */
  public async checkFolders(step: Step, seed: number): Promise<void> {
    await writeBadLlama(join(this.aws.dir, 'bad-llama'));
    const bad = await this.check('bad-llama');
    assert.equal(bad.code, 1, bad.output);
    step.fact('exit code 1', bad.output);
    await writeTinyLlama(join(this.aws.dir, 'tiny-llama'), seed);
    const good = await this.check('tiny-llama');
    assert.equal(good.code, 0, good.output);
    step.fact('exit code 0', good.output);
  }

  /** Creates a model and uploads it to the URI that the model stack imports. */
  public async upload(step: Step, bucket: string, seed: number): Promise<void> {
    const dir = join(this.aws.dir, 'tiny-llama');
    const files = await writeTinyLlama(dir, seed);
    for (const file of files) {
      await this.api.putObject(bucket, WEIGHTS_PREFIX + file, await readFile(join(dir, file)));
    }
    assert.deepEqual(await this.api.objectKeys(bucket), files.map((file) => WEIGHTS_PREFIX + file));
    step.fact('files', `${files.length} in s3://${bucket}/${WEIGHTS_PREFIX}`);
    step.fact('weights', `sha256 ${createHash('sha256').update(await readFile(join(dir, 'model.safetensors'))).digest('hex')}`);
  }

  /** Checks the digest in the stack outputs with the command, and that the model was asked before the deployment succeeded. */
  public async inspectCheck(step: Step, { FilesDigest: deployed, ModelArn: modelArn }: Outputs, bucket: string): Promise<void> {
    const { output } = await this.check(`s3://${bucket}/${WEIGHTS_PREFIX}`, '--json');
    const { digest, files } = JSON.parse(output) as { digest: string; files: number };
    assert.equal(deployed, digest, output);
    step.fact('checked', `${files} files before the import, digest ${digest}`);
    const answers = this.bedrock.bedrock.calls.filter(({ operation, input, outcome }) =>
      operation === 'InvokeModel' && (input as { modelId: string }).modelId === modelArn && outcome === 'ok');
    assert.equal(answers.length, 1);
    step.fact('verified', `by its answer to "${PROMPT}"`);
  }

  /** Checks the model in the stack outputs with the API of Bedrock. */
  public async inspect(step: Step, outputs: Outputs, weightsBucket: string): Promise<void> {
    const { ModelArn: modelArn } = outputs;
    const model = await this.sdk.getImportedModel({ modelIdentifier: modelArn });
    assert.equal(model.modelArn, modelArn);
    assert.equal(model.modelName, outputs.ModelName);
    assert.equal(model.jobArn, outputs.JobArn);
    assert.equal(model.modelArchitecture, outputs.ModelArchitecture);
    step.fact('model', modelArn);
    step.fact('name', model.modelName!);
    step.fact('architecture', model.modelArchitecture!);

    await this.assertCustomerKey(model.modelKmsKeyArn!);
    step.fact('KMS key', model.modelKmsKeyArn!);

    const { tags } = await this.sdk.listTagsForResource({ resourceARN: modelArn });
    assert.ok(tags!.some(({ key: name, value }) => name === 'team' && value === 'platform'), 'the model is not tagged');
    step.fact('tags', tags!.map(({ key: name, value }) => `${name}=${value}`).join(', '));

    const job = await this.sdk.getModelImportJob({ jobIdentifier: model.jobArn });
    assert.equal(job.status, 'Completed');
    assert.equal(job.modelDataSource?.s3DataSource?.s3Uri, `s3://${weightsBucket}/${WEIGHTS_PREFIX}`);
    assert.equal(job.vpcConfig?.subnetIds?.length, 2);
    const minutes = Math.round((job.endTime!.getTime() - job.creationTime!.getTime()) / 60_000);
    step.fact('import job', `${job.jobName}, ${minutes} minutes in Bedrock, in ${job.vpcConfig!.subnetIds!.length} subnets`);
  }

  /** Runs `cdk-bedrock-model-import check`. */
  private async check(model: string, ...options: string[]): Promise<{ readonly code: number; readonly output: string }> {
    const { dir, variables } = this.aws;
    return new Promise((resolve) => {
      execFile(process.execPath, [COMMAND, 'check', model, ...options], { cwd: dir, env: { ...variables, NO_COLOR: '1' } }, (error, stdout, stderr) => {
        resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}`.trim() });
      });
    });
  }

  public async assertCustomerKey(keyId: string): Promise<void> {
    const { KeyManager, KeyState } = await this.api.describeKey(keyId);
    assert.deepEqual({ KeyManager, KeyState }, { KeyManager: 'CUSTOMER', KeyState: 'Enabled' });
  }

  public async assertGone(modelArn: string): Promise<void> {
    await assert.rejects(this.sdk.getImportedModel({ modelIdentifier: modelArn }), { name: 'ResourceNotFoundException' });
  }

  public async assertOnlyModel(modelArn: string): Promise<void> {
    assert.deepEqual(await importedModelArns(this.sdk), [modelArn]);
  }

  public async assertNothingLeft(): Promise<void> {
    const { modelImportJobSummaries: runningJobs } = await this.sdk.listModelImportJobs({ statusEquals: 'InProgress' });
    assert.deepEqual(
      { models: await importedModelArns(this.sdk), runningJobs, stacks: await this.api.stackNames(), functions: await this.api.functionNames() },
      { models: [], runningJobs: [], stacks: ['CDKToolkit'], functions: [] },
    );
  }
}
