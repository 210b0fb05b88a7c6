import type { CreateModelInvocationJobRequest } from '@aws-sdk/client-bedrock';
import { type App, type aws_iam as iam, Stack } from 'aws-cdk-lib';
import { type Definition, integrationOf, type State, statesOf, valueOf } from './batch-definition';
import {
  asksOfJobCall, asksOfJobNetwork, asksOfLogDelivery, asksOfMapRun, asksOfModel, asksOfPut, asksOfResultWriter, asksOfTracing, asksOfUpload,
} from './batch-requests';
import { Enforcement } from './enforcement';
import { arnOf, type Ask, asksOfAssumption, asksOfLogging, NEW_ID, type Where } from './requests';
import { asksOfGet, asksOfList, type StoredObject } from './s3-requests';
import { type Made, SynthesizedAccount, type WeightsElsewhere } from './synthesized-account';
import type {
  CollectResponse, Ending, ExecutionOptions, FinishResponse, Part, Place, PrepareRequest, PrepareResponse, RecordsRequest, Run,
} from '../../src/batch-inference/contract';
import { MAX_INLINE_BYTES } from '../../src/batch-inference/library-limits';
import { entryPoint } from '../../src/batch-inference/records/handler/entry-point';
import { MemoryStore } from '../support/memory-store';

/** What is around batches of an app, and how they are used. */
export interface BatchSurroundings {
  /** The options of executions, which depend on the input and the output location. */
  readonly options?: (input: Place, output: Place) => ExecutionOptions;
  /** A bucket that is not in the app, with the policies of its owner. */
  readonly elsewhere?: { readonly stack: Stack } & WeightsElsewhere;
  /** The key of the model. */
  readonly modelKeyArn?: string;
  /** The models behind the inference profile, in its Regions. */
  readonly modelsBehind?: readonly string[];
  readonly consumers?: readonly BatchConsumer[];
}

export interface BatchConsumer {
  readonly role: iam.Role;
  /** Whether it reads results, instead of starting executions. @default false */
  readonly reads?: boolean;
}

/** A batch, as it was played. */
export interface PlayedBatch {
  readonly stateMachineArn: string;
  readonly stateMachineRole: string;
  readonly functionRole: string;
  readonly request: PrepareRequest;
  readonly run: Run;
  /** The engines of the rounds. */
  readonly engines: readonly Part['engine'][];
  readonly result: FinishResponse;
  readonly job?: CreateModelInvocationJobRequest;
  /** The roles of consumers, and those that only read. */
  readonly consumers: readonly { readonly role: string; readonly reads: boolean }[];
}

export interface PlayedBatches {
  readonly account: SynthesizedAccount;
  readonly enforcement: Enforcement;
  readonly batches: readonly PlayedBatch[];
}

/**
 * Plays an execution of each state machine of an app, with the real function: a first round in which some records fail, and a second one. Every
 * service that a state calls, the function, and Bedrock with the service role are authorized by the policies of the templates.
 */
export async function playBatches(app: App, surroundings: BatchSurroundings = {}): Promise<PlayedBatches> {
  const account = new SynthesizedAccount(app);
  const { elsewhere, consumers = [] } = surroundings;
  if (elsewhere) account.elsewhere = account.valueIn(elsewhere.stack, { ...elsewhere, stack: undefined }) as WeightsElsewhere;
  const machines = account.made('AWS::StepFunctions::StateMachine');
  const enforcement = new Enforcement(account, machines[0].stack.where);
  const batches: PlayedBatch[] = [];
  for (const machine of machines) {
    const execution = new Execution(account, enforcement, machine, surroundings);
    const played = await execution.play();
    const users = consumers.map(({ role, reads = false }) => ({ role: String(account.valueIn(Stack.of(role), role.roleArn)), reads }));
    for (const { role, reads } of users) await execution.use(role, reads, played.run);
    batches.push({ ...played, consumers: users });
  }
  return { account, enforcement, batches };
}

/** Amazon S3, with the keys of objects, and a record of what was asked of it. */
class RecordingStore extends MemoryStore {
  public readonly uses: { readonly kind: 'get' | 'put' | 'list'; readonly bucket: string; readonly key: string }[] = [];

  public override list({ bucket, key }: Place) {
    this.uses.push({ kind: 'list', bucket, key });
    return super.list({ bucket, key });
  }

  public override text({ bucket, key }: Place) {
    this.uses.push({ kind: 'get', bucket, key });
    return super.text({ bucket, key });
  }

  public override writeText({ bucket, key }: Place, text: string) {
    this.uses.push({ kind: 'put', bucket, key });
    return super.writeText({ bucket, key }, text);
  }
}

/** More than the minimum of a job, and the first of them too large for a state. */
const RECORDS = Array.from({ length: 110 }, (_, index) => ({ recordId: `r${index}`, modelInput: { text: index === 0 ? 'x'.repeat(MAX_INLINE_BYTES) : 'x' } }));

/** The records that fail in the first round. */
const FAILING = ['r0', 'r1'];

type Line = { readonly recordId: string; readonly [member: string]: unknown };

class Execution {
  private readonly store = new RecordingStore();
  private readonly asked = new Set<string>();
  private readonly keys = new Map<string, string | undefined>();
  private readonly states: readonly State[];
  private readonly where: Where;
  private readonly stateMachineArn: string;
  private readonly stateMachineRole: string;
  private functionRole = '';
  private outputKeyId?: string;
  private job?: CreateModelInvocationJobRequest;

  constructor(
    private readonly account: SynthesizedAccount,
    private readonly enforcement: Enforcement,
    private readonly machine: Made,
    private readonly surroundings: BatchSurroundings,
  ) {
    this.where = machine.stack.where;
    this.states = statesOf(JSON.parse(String(machine.properties.DefinitionString)) as Definition);
    this.stateMachineArn = String(machine.stack.resolve({ Ref: machine.id }));
    this.stateMachineRole = String(machine.properties.RoleArn);
  }

  public async play(): Promise<Omit<PlayedBatch, 'consumers'>> {
    await this.ask('states.amazonaws.com', [{ action: 'sts:AssumeRole', resource: this.stateMachineRole }]);
    await this.ask(this.stateMachineRole, [
      ...this.machine.properties.LoggingConfiguration ? asksOfLogDelivery() : [],
      ...this.machine.properties.TracingConfiguration ? asksOfTracing() : [],
      ...this.states.filter(({ ItemProcessor }) => ItemProcessor?.ProcessorConfig.Mode === 'DISTRIBUTED')
        .flatMap(({ Label }) => asksOfMapRun(this.stateMachineArn, Label!, this.where)),
    ]);
    const request = await this.invocation();
    this.outputKeyId = request.settings.outputKeyId;
    await this.addInput(request.options as ExecutionOptions, request.settings.input);

    const { run, parts: [first] } = await this.callFunction<PrepareResponse>(request);
    const engines: Part['engine'][] = [];
    let part = first;
    while (part.engine !== 'none') {
      engines.push(part.engine);
      const ending = part.engine === 'job' ? await this.runJob(run, part) : await this.runMap(run, part, engines.length === 1);
      ({ part } = await this.callFunction<CollectResponse>({ action: 'collect', run, part, ending, time: run.startTime }));
    }
    const result = await this.callFunction<FinishResponse>({ action: 'finish', run, parts: [part] });
    const { stateMachineArn, stateMachineRole, functionRole, job } = this;
    return { stateMachineArn, stateMachineRole, functionRole, request, run, engines, result, job };
  }

  /** What a consumer does: it reads the results, or starts an execution. */
  public async use(role: string, reads: boolean, { output: { bucket }, results }: Run): Promise<void> {
    if (!reads) return this.ask(role, [{ action: 'states:StartExecution', resource: this.stateMachineArn }]);
    const keys = [...this.store.objects.keys()].map(path => path.slice(bucket.length + 1)).filter(key => key.startsWith(results));
    await this.ask(role, asksOfList(await this.object(bucket, results), this.where));
    for (const key of keys) await this.ask(role, asksOfGet(await this.object(bucket, key), this.where));
  }

  /** Asks each question once: most records need the same. */
  private async ask(principal: string, asks: readonly Ask[]): Promise<void> {
    for (const ask of asks) {
      const question = JSON.stringify([principal, ask]);
      if (!this.asked.has(question)) await this.enforcement.ask(principal, ask);
      this.asked.add(question);
    }
  }

  private async object(bucket: string, key: string): Promise<StoredObject> {
    return { bucket, key, owner: await this.account.bucket(bucket), keyArn: this.keys.get(`${bucket}/${key}`) };
  }

  /** Adds an object, encrypted with a key, or otherwise as the bucket is configured. */
  private async put(bucket: string, key: string, text: string, keyArn?: string): Promise<StoredObject> {
    this.store.objects.set(`${bucket}/${key}`, text);
    this.keys.set(`${bucket}/${key}`, keyArn ?? (await this.account.bucket(bucket)).keyArn);
    return this.object(bucket, key);
  }

  /** The invocation of the function by the first state. Every state that invokes it is authorized. */
  private async invocation(): Promise<PrepareRequest> {
    const invocations = this.states.filter(state => integrationOf(state) === 'lambda:invoke').map(({ Parameters = {} }) => Parameters);
    for (const { FunctionName } of invocations) {
      await this.ask(this.stateMachineRole, [{ action: 'lambda:InvokeFunction', resource: String(FunctionName) }]);
    }
    const made = this.account.function(String(invocations[0].FunctionName));
    this.functionRole = String(made.properties.Role);
    await this.ask('lambda.amazonaws.com', [{ action: 'sts:AssumeRole', resource: this.functionRole }]);
    await this.ask(this.functionRole, asksOfLogging(String((made.properties.LoggingConfig as { LogGroup: unknown }).LogGroup), this.where));

    const first = invocations.find(({ Payload }) => (Payload as PrepareRequest).action === 'prepare')!;
    const execution = {
      Id: arnOf(this.where, 'states', `execution:${this.stateMachineArn.split(':').at(-1)}:monday`), Name: 'monday', StartTime: '2026-11-23T00:00:00.000Z',
    };
    const payload = valueOf(first.Payload, {}, { Execution: execution }) as PrepareRequest;
    const { input, output } = payload.settings;
    return { ...payload, options: this.surroundings.options?.(input, output) ?? {} };
  }

  private async addInput({ input: chosen }: ExecutionOptions, { bucket, key }: Place): Promise<void> {
    const place = chosen?.replace(`s3://${bucket}/`, '') ?? key;
    const text = RECORDS.map(record => `${JSON.stringify(record)}\n`).join('');
    await this.put(bucket, place.endsWith('.jsonl') ? place : `${place}records.jsonl`, text);
  }

  /** Runs the real function, and authorizes what it does with Amazon S3. */
  private async callFunction<T>(request: RecordsRequest): Promise<T> {
    this.store.uses.length = 0;
    const response = await entryPoint(() => this.store, () => { /* no metrics */ })(structuredClone(request));
    for (const { kind, bucket, key } of [...this.store.uses]) {
      const asks = { get: asksOfGet, put: asksOfUpload, list: asksOfList }[kind];
      if (kind === 'put') await this.put(bucket, key, this.store.objects.get(`${bucket}/${key}`)!, this.outputKeyId);
      await this.ask(this.functionRole, asks(await this.object(bucket, key), this.where));
    }
    return response as T;
  }

  /** The lines that an engine reads. */
  private recordsOf(run: Run, { inputKey }: Part): Line[] {
    return this.store.objects.get(`${run.output.bucket}/${inputKey}`)!.trimEnd().split('\n').map(line => JSON.parse(line) as Line);
  }

  /** A batch inference job that leaves some records without an output, which every call of the control plane is about. */
  private async runJob(run: Run, part: Part): Promise<Ending> {
    const jobArn = arnOf(this.where, 'bedrock', `model-invocation-job/${NEW_ID}`);
    const { modelsBehind = [] } = this.surroundings;
    for (const state of this.states) {
      const [, operation] = /^aws-sdk:bedrock:(.*)$/.exec(integrationOf(state)) ?? [];
      if (operation === undefined) continue;
      const input = valueOf(state.Parameters, { run, part, job: { JobArn: jobArn } }) as Record<string, unknown>;
      await this.ask(this.stateMachineRole, asksOfJobCall(operation, input, this.where, modelsBehind));
      if (operation === 'createModelInvocationJob') await this.runServiceRole(inCamelCase(input) as CreateModelInvocationJobRequest, run, part);
    }
    return { engine: 'job', jobArn, state: { Status: 'Completed' }, stopped: false };
  }

  /** What Bedrock does with the service role. */
  private async runServiceRole(job: CreateModelInvocationJobRequest, run: Run, part: Part): Promise<void> {
    this.job = job;
    const role = await this.account.role(String(job.roleArn));
    // The trust policy of an imported role is not in the template.
    if (role.trust) await this.ask('bedrock.amazonaws.com', [asksOfAssumption(role.arn, this.where, 'model-invocation-job')]);
    const lines = this.recordsOf(run, part).filter(({ recordId }) => !FAILING.includes(recordId))
      .map(record => JSON.stringify({ ...record, modelOutput: {} }));
    const { s3Uri: outputUri, s3EncryptionKeyId } = job.outputDataConfig!.s3OutputDataConfig!;
    const input = await this.object(...placeOf(job.inputDataConfig!.s3InputDataConfig!.s3Uri!));
    const [bucket, folder] = placeOf(`${outputUri}${NEW_ID}/`);
    const written = [
      await this.put(bucket, `${folder}${input.key.replace(/^.*\//, '')}.out`, lines.join('\n'), s3EncryptionKeyId),
      await this.put(bucket, `${folder}manifest.json.out`, '{}', s3EncryptionKeyId),
    ];
    const { modelsBehind = [] } = this.surroundings;
    await this.ask(role.arn, [
      ...asksOfList(input, this.where),
      ...asksOfGet(input, this.where),
      ...written.flatMap(object => asksOfPut(object, this.where)),
      ...modelsBehind.length > 0 ? asksOfModel(job.modelId!, modelsBehind) : [],
      ...asksOfJobNetwork(job.vpcConfig, this.where),
    ]);
  }

  /** A map run: the reader, an invocation for each record, and the writer. */
  private async runMap(run: Run, part: Part, isFirst: boolean): Promise<Ending> {
    const { ItemReader, ResultWriter } = this.states.find(state => state.ItemReader)!;
    const reader = valueOf(ItemReader!.Parameters, { run, part }) as { Bucket: string; Key: string };
    const writer = valueOf(ResultWriter!.Parameters, { run, part }) as { Bucket: string; Prefix: string };
    await this.ask(this.stateMachineRole, asksOfGet(await this.object(reader.Bucket, reader.Key), this.where));

    const lines: string[] = [];
    for (const record of this.recordsOf(run, part)) {
      await this.invokeModel(record);
      const fails = isFirst && FAILING.includes(record.recordId);
      lines.push(JSON.stringify({ ...record, ...fails ? { error: { Error: 'Bedrock.ValidationException', Cause: '' } } : { result: { modelOutput: {} } } }));
    }
    const folder = `${writer.Prefix}/uuid`;
    const manifest = { ResultFiles: { SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.jsonl` }] } };
    for (const [name, text] of [['SUCCEEDED_0.jsonl', lines.join('\n')], ['manifest.json', JSON.stringify(manifest)]]) {
      await this.ask(this.stateMachineRole, asksOfResultWriter(await this.put(writer.Bucket, `${folder}/${name}`, text), this.where));
    }
    return { engine: 'map', manifestKey: `${folder}/manifest.json` };
  }

  /** The optimized integration of Step Functions, which reads and writes large records itself. */
  private async invokeModel(record: Line): Promise<void> {
    const isLarge = 'modelInputUri' in record;
    const state = this.states.find(one => integrationOf(one) === 'bedrock:invokeModel' && isLarge === 'Input' in one.Parameters!)!;
    const request = valueOf(state.Parameters, record) as { ModelId: string; Input?: { S3Uri: string }; Output?: { S3Uri: string } };
    const { modelsBehind, modelKeyArn } = this.surroundings;
    await this.ask(this.stateMachineRole, [
      ...asksOfModel(request.ModelId, modelsBehind),
      ...modelKeyArn === undefined ? [] : [{ action: 'kms:Decrypt', resource: modelKeyArn }],
    ]);
    if (!request.Input || !request.Output) return;
    await this.ask(this.stateMachineRole, asksOfGet(await this.object(...placeOf(request.Input.S3Uri)), this.where));
    const [bucket, key] = placeOf(request.Output.S3Uri);
    await this.ask(this.stateMachineRole, asksOfPut(await this.put(bucket, key, '{}'), this.where));
  }
}

function placeOf(uri: string): [bucket: string, key: string] {
  const [, , bucket, ...path] = uri.split('/');
  return [bucket, path.join('/')];
}

/** Step Functions writes the members of a request in Pascal case. */
function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name[0].toLowerCase() + name.slice(1), inCamelCase(member)]));
}
