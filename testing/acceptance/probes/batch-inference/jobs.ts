import type { GetModelInvocationJobCommandOutput } from '@aws-sdk/client-bedrock';
import {
  batchRequest, type BatchRequest, bucketNameOf, createBucket, createWithNewRole, createWorkplace, hasEnded, lines, outputOf, readJob, REFUSED_TEXT,
  saysNothing, smallInput, upload, whyNoBatch,
} from './batch-jobs';
import { JOB_STATUSES } from '../../../../src/batch-inference/job-statuses';
import type { Report } from '../../findings';
import type { World } from '../../world';
import { outcomeOf } from '../bedrock/imports';
import type { Probe } from '../probe';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const LOOK_MS = 15 * SECOND;
const PATIENCE_MS = 12 * HOUR;

/** The quota: a job of fewer records fails. */
const MINIMUM = 100;

/** The bucket that vanishes before a job writes to it. */
const GONE = 'batch-gone';

/** Batch inference jobs that run at the same time, from their start to their output. */
export const batchJobs: Probe = {
  name: 'batch-jobs',
  title: 'Run three small batch inference jobs at the same time, and seven that fail before they run',
  ids: ['SRB-5', 'SRB-6', 'SRB-7', 'SRB-8', 'SRB-9', 'SRB-11', 'SRB-13', 'SRB-14', 'SRB-15', 'SRB-17', 'SRB-20',
    'BAT-7', 'BAT-13', 'BAT-14', 'BAT-15', 'BAT-18', 'BAT-19', 'BAT-20'],
  makes: 'a role, two buckets and ten batch inference jobs of together at most 3,400 records of a few tokens',
  minutes: 720,
  cents: 5,
  async run(world, report) {
    const reason = await whyNoBatch(world);
    if (reason !== undefined) {
      for (const id of this.ids) report.notObserved(id, reason);
      return;
    }
    // With all permissions on the bucket that vanishes, so that nothing but its absence prevents the job from writing.
    const gone = `arn:${world.partition}:s3:::${bucketNameOf(world, GONE)}`;
    const mayWrite = { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'], Resource: [gone, `${gone}/*`] } as const;
    const { bucket, roleArn } = await createWorkplace(world, 'batch-jobs', [mayWrite]);
    const jobs = new Jobs(world, bucket, roleArn, report);
    await jobs.start();
    await jobs.untilAllHaveEnded();
    judgeRequests(report, jobs);
    judgeStatuses(report, jobs);
    // Otherwise jobs may fail because of the account, the Region or the model, and their failures say nothing about their input or output.
    const folders = jobs.get('folders');
    if (!folders?.hasRun) throw new Error(`no job has run: ${folders?.text ?? jobs.refused.get('folders')?.text}`);
    judgeInputs(report, jobs);
    judgeFiles(report, folders);
    judgeRecords(report, jobs.get('plain')!, folders);
    judgeUncompleted(report, jobs);
  },
};

/** What each job is for. */
const PURPOSES = ['plain', 'folders', 'stopped', 'unwritable', 'few', 'blank-line', 'no-json', 'number-as-id', 'no-input', 'no-jsonl'] as const;
type Purpose = typeof PURPOSES[number];

/** The inputs that should be refused. */
const INVALID: readonly Purpose[] = ['blank-line', 'no-json', 'number-as-id', 'no-input', 'no-jsonl'];

/** A job, as it was seen. */
class Seen {
  /** Each look, the newest last. */
  public readonly looks: GetModelInvocationJobCommandOutput[] = [];
  /** The objects below the URI of its output, when its end was first seen. */
  public output = new Map<string, string>();
  /** Whether and how it was asked to stop. */
  public stop?: Awaited<ReturnType<typeof outcomeOf>>;

  constructor(public readonly jobArn: string, public readonly request: BatchRequest) {}

  public get outputUri(): string {
    return this.request.outputDataConfig!.s3OutputDataConfig!.s3Uri!;
  }

  public get last(): GetModelInvocationJobCommandOutput {
    return this.looks[this.looks.length - 1];
  }

  public get statuses(): string[] {
    return [...new Set(this.looks.map(({ status = '' }) => status))];
  }

  public get text(): string {
    return `${this.statuses.join(', ')}${this.last.message ? `: ${this.last.message}` : ''}`;
  }

  /** The lines of the output, without the manifest, and without one that was cut off. */
  public get lines(): OutputLine[] {
    return [...this.output].filter(([name]) => name.endsWith('.jsonl.out')).flatMap(([file, text]) =>
      text.split('\n').filter(isJson).map(line => ({ ...JSON.parse(line) as OutputLine, file })));
  }

  public get hasRun(): boolean {
    return this.statuses.includes('InProgress') || this.statuses.includes('Completed');
  }
}

function isJson(line: string): boolean {
  try {
    return JSON.parse(line) !== null;
  } catch {
    return false;
  }
}

interface OutputLine {
  readonly file: string;
  readonly recordId?: unknown;
  readonly modelOutput?: unknown;
  readonly error?: { readonly errorCode?: unknown; readonly errorMessage?: unknown };
}

class Jobs {
  /** What Bedrock refused when it was requested. */
  public readonly refused = new Map<Purpose, Awaited<ReturnType<typeof outcomeOf>>>();
  private readonly seen = new Map<Purpose, Seen>();

  constructor(private readonly world: World, private readonly bucket: string, private readonly roleArn: string, private readonly report: Report) {}

  public get(purpose: Purpose): Seen | undefined {
    return this.seen.get(purpose);
  }

  public all(): Seen[] {
    return [...this.seen.values()];
  }

  /** Creates all jobs. Judges what Bedrock says to their requests. */
  public async start(): Promise<void> {
    const { world, bucket, roleArn, report } = this;
    const records = (count: number) => lines(world, count, () => ({}));
    const withLine = (line: string) => ({ 'records.jsonl': `${records(MINIMUM)}${line}\n${records(MINIMUM)}` });

    // Only required members. The first job waits for the role.
    const one = lines(world, MINIMUM - 1, () => ({})) + `${JSON.stringify({ recordId: 'refused', modelInput: { messages: REFUSED_TEXT } })}\n`;
    const file = await upload(world, bucket, 'plain', { 'records.jsonl': one, 'records.jsonl.more.jsonl': records(MINIMUM) });
    const plain = batchRequest(world, roleArn, { ...file, input: `${file.input}records.jsonl` });
    try {
      const { jobArn } = await createWithNewRole(world, plain);
      this.seen.set('plain', new Seen(jobArn, plain));
    } catch (error) {
      const text = `a request with the required members only: ${(error as Error).message}`;
      if (/vpc|subnet|kms|encryption/i.test(text) && !saysNothing(error as Error)) report.judge('BAT-18', false, text);
      throw error;
    }

    const owner = { s3BucketOwner: world.account };
    const folders = await upload(world, bucket, 'folders', {
      'a.jsonl': lines(world, 40, (index) => ({ recordId: `a-${index}` })), 'b.jsonl': records(30), 'more/c.jsonl': records(30),
    });
    const create = await this.create('folders', batchRequest(world, roleArn, folders, {
      inputDataConfig: { s3InputDataConfig: { s3Uri: folders.input, s3InputFormat: 'JSONL', ...owner } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: folders.output, ...owner } },
    }));
    if (create.error && /owner/i.test(create.error.message)) report.judge('BAT-19', false, create.text);

    await this.create('stopped', batchRequest(world, roleArn, await upload(world, bucket, 'stopped', { 'records.jsonl': records(20 * MINIMUM) })));

    const input: { readonly [purpose in Purpose]?: { readonly [name: string]: string } } = {
      'few': { 'records.jsonl': records(MINIMUM - 1) },
      'blank-line': withLine(''),
      'no-json': withLine('no JSON'),
      'number-as-id': withLine(JSON.stringify({ recordId: 7, modelInput: smallInput(world) })),
      'no-input': withLine(JSON.stringify({ recordId: 'no-input' })),
      'no-jsonl': { 'records.txt': records(MINIMUM) },
    };
    for (const [purpose, files] of Object.entries(input) as [Purpose, { readonly [name: string]: string }][]) {
      await this.create(purpose, batchRequest(world, roleArn, await upload(world, bucket, purpose, files)));
    }

    // The bucket of its output exists when the job is created, and not when it writes.
    const gone = await createBucket(world, GONE);
    const unwritable = await upload(world, bucket, 'unwritable', { 'records.jsonl': records(MINIMUM) });
    await this.create('unwritable', batchRequest(world, roleArn, { ...unwritable, output: `s3://${gone}/out/` }));
    const deletion = await outcomeOf(world.aws.s3.deleteBucket({ Bucket: gone }));
    if (!deletion.error) return;
    // The job is not followed: it can write. Bedrock may have written there when it was created.
    this.seen.delete('unwritable');
    this.refused.set('unwritable', { ...deletion, text: `the bucket could not be deleted: ${deletion.text}` });
  }

  /** Follows the jobs. Stops one when it has processed some of its records. */
  public async untilAllHaveEnded(): Promise<void> {
    const { aws: { bedrock }, time } = this.world;
    const deadline = time.now() + PATIENCE_MS;
    let running = this.all();
    while (running.length > 0 && time.now() < deadline) {
      for (const job of running) {
        const { jobArn } = job;
        const look = await readJob(this.world, jobArn);
        job.looks.push(look);
        if (hasEnded(look.status) && job !== this.get('unwritable')) job.output = await outputOf(this.world, job.outputUri);
        if (job === this.get('stopped') && look.status === 'InProgress' && (look.processedRecordCount ?? 0) > 0 && !job.stop) {
          job.stop = await outcomeOf(bedrock.stopModelInvocationJob({ jobIdentifier: jobArn }));
        }
      }
      running = running.filter(({ last }) => !hasEnded(last.status) && last.endTime === undefined);
      if (running.length > 0) await time.sleep(LOOK_MS);
    }
  }

  private async create(purpose: Purpose, request: BatchRequest) {
    const outcome = await outcomeOf(this.world.aws.bedrock.createModelInvocationJob(request));
    if (outcome.result) this.seen.set(purpose, new Seen(outcome.result.jobArn!, request));
    else this.refused.set(purpose, outcome);
    return outcome;
  }
}

/** What the requests say, and the job with the required members only. */
function judgeRequests(report: Report, jobs: Jobs): void {
  const plain = jobs.get('plain')!;
  const { vpcConfig, outputDataConfig, timeoutDurationInHours, modelInvocationType, status, message = '' } = plain.last;
  const keyId = outputDataConfig?.s3OutputDataConfig?.s3EncryptionKeyId;
  report.judge('BAT-18', !vpcConfig && !keyId, `accepted without them: ${plain.text}`);
  report.judge('SRB-17', timeoutDurationInHours === 24, `timeoutDurationInHours is ${timeoutDurationInHours}`);
  report.judge('SRB-20', modelInvocationType === 'InvokeModel', `modelInvocationType is ${modelInvocationType}`);
  if (status === 'Completed') report.judge('BAT-20', true, 'a job has completed with permissions on input and output only');
  else if (/not authorized|access|permission/i.test(message)) report.judge('BAT-20', false, plain.text);

  const folders = jobs.get('folders');
  const owner = folders?.request.inputDataConfig?.s3InputDataConfig?.s3BucketOwner;
  if (folders?.last.status === 'Completed') report.judge('BAT-19', true, `with s3BucketOwner ${owner}: ${folders.text}`);
}

function judgeStatuses(report: Report, jobs: Jobs): void {
  const looks = jobs.all().flatMap((job) => job.looks);
  const statuses = [...new Set(looks.map(({ status = '' }) => status))];
  const unknown = statuses.filter((status) => !(status in JOB_STATUSES));
  const notEnded = looks.find(({ status, endTime }) => endTime !== undefined && !hasEnded(status));
  const seen = `seen: ${statuses.join(', ')}`;
  report.judge('BAT-7', unknown.length === 0 && !notEnded, notEnded ? `${seen}; a job that is ${notEnded.status} has an endTime` : seen);

  const early = looks.filter(({ status }) => status === 'Submitted' || status === 'Validating');
  const late = looks.filter(({ status }) => status === 'Scheduled');
  const wrong = early.find(({ totalRecordCount = 0 }) => totalRecordCount > 0) ?? late.find(({ totalRecordCount = 0 }) => totalRecordCount === 0);
  if (wrong) report.judge('SRB-11', false, `a job that is ${wrong.status} has ${wrong.totalRecordCount} records`);
  else if (early.length === 0 || late.length === 0) report.notObserved('SRB-11', `not seen before Scheduled and in it: ${statuses.join(', ')}`);
  else report.judge('SRB-11', true, `0 before Scheduled, ${late[0].totalRecordCount} in it`);
}

function judgeInputs(report: Report, jobs: Jobs): void {
  const few = jobs.get('few');
  const refusal = jobs.refused.get('few');
  if (few?.last.status === 'Failed' || few?.hasRun) report.judge('SRB-5', !few.hasRun, `${MINIMUM - 1} records: ${few.text}`);
  else if (refusal && !saysNothing(refusal.error)) report.judge('SRB-5', false, `refused when it is created: ${refusal.text}`);

  const inputs = INVALID.map((purpose) => ({ purpose, job: jobs.get(purpose), refused: jobs.refused.get(purpose) }));
  const evidence = inputs.map(({ purpose, job, refused }) => `${purpose}: ${job?.text ?? refused?.text}`).join('; ');
  const isInvalid = inputs.every(({ job, refused }) => job ? job.last.status === 'Failed' : !saysNothing(refused?.error));
  const hasRun = inputs.some(({ job }) => job?.hasRun);
  if (isInvalid || hasRun) report.judge('SRB-6', !hasRun, evidence);

  const { last: { status, totalRecordCount }, request } = jobs.get('plain')!;
  const uri = request.inputDataConfig?.s3InputDataConfig?.s3Uri;
  if (status === 'Completed') report.judge('SRB-7', totalRecordCount === MINIMUM, `${uri} has ${totalRecordCount} records`);
}

/** The output of a job whose input has subfolders. */
function judgeFiles(report: Report, { jobArn, last: { status }, output, lines: read }: Seen): void {
  if (status !== 'Completed') return;
  const id = jobArn.replace(/^.*\//, '');
  const names = [...output.keys()];
  const { inputTokenCount, outputTokenCount } = JSON.parse(output.get(`${id}/manifest.json.out`) ?? '{}') as { [member: string]: unknown };
  const isComplete = read.length === MINIMUM && typeof inputTokenCount === 'number' && typeof outputTokenCount === 'number';
  const evidence = `the job ${id} has ${names.join(', ')}, with ${read.length} lines and ${inputTokenCount} input tokens`;
  report.judge('BAT-13', isComplete && names.includes(`${id}/a.jsonl.out`), evidence);

  const inSubfolder = names.filter((name) => name.includes('c.jsonl'));
  const isKept = inSubfolder.length > 0 && inSubfolder.every((name) => name.endsWith('/more/c.jsonl.out'));
  report.judge('SRB-8', isKept, `of more/c.jsonl: ${inSubfolder.join(', ')}`);

  const ids = read.filter(({ file }) => /[bc]\.jsonl/.test(file)).map(({ recordId }) => String(recordId));
  const different = new Set(ids).size;
  const areNumbered = ids.every((one) => /^CALL\d{7}$/.test(one));
  report.judge('SRB-9', different === 60 && areNumbered, `${different} different IDs of 60 records without one, for example ${ids[0]}`);
}

/** A record that the model refuses, among others. */
function judgeRecords(report: Report, plain: Seen, folders: Seen): void {
  const refused = plain.lines.find(({ recordId }) => recordId === 'refused');
  if (plain.last.status !== 'Completed') return;
  if (!refused) {
    report.judge('SRB-14', false, `${plain.lines.length} of ${MINIMUM} records have a line, and the one that the model refuses has none`);
    return;
  }
  if (refused.modelOutput !== undefined) {
    report.notObserved('SRB-14', 'the model answers what it should refuse');
    return;
  }
  const { error } = refused;
  report.judge('SRB-14', error !== undefined, JSON.stringify(refused));
  const kept = folders.lines.filter(({ recordId, modelOutput }) => /^a-\d+$/.test(String(recordId)) && modelOutput !== undefined).length;
  const hasError = error?.errorCode !== undefined && typeof error.errorMessage === 'string';
  if (folders.last.status !== 'Completed') return;
  report.judge('BAT-14', hasError && kept === 40, `${kept} of 40 records have their ID and a modelOutput; the error: ${JSON.stringify(error)}`);
}

/** What jobs have written that did not complete. */
function judgeUncompleted(report: Report, jobs: Jobs): void {
  const stopped = jobs.get('stopped');
  const { status, processedRecordCount: processed = 0 } = stopped?.last ?? {};
  const wasStopped = stopped?.stop !== undefined && status === 'Stopped' && processed > 0;
  // The last line may be cut off.
  if (wasStopped) report.judge('BAT-15', stopped.lines.length >= processed - 1, `stopped after ${processed} records: ${stopped.lines.length} lines`);
  else report.notObserved('BAT-15', `the job could not be stopped while it ran: ${stopped?.text}`);

  const failed = jobs.all().filter((job) => !job.hasRun && job.last.status === 'Failed' && job !== jobs.get('unwritable'));
  const wrong = failed.find(({ output }) => output.size > 0);
  if (wrong) report.judge('SRB-13', false, `a job that failed before it ran has ${[...wrong.output.keys()].join(', ')}`);
  else if (!wasStopped || failed.length === 0) report.notObserved('SRB-13', 'no job failed before it ran, or none was stopped while it ran');
  else report.judge('SRB-13', stopped.output.size > 0, `${failed.length} failed jobs have none, the stopped one ${stopped.output.size} objects`);

  const unwritable = jobs.get('unwritable');
  const hasFailed = unwritable?.last.status === 'Failed';
  if (hasFailed || unwritable?.hasRun && hasEnded(unwritable.last.status)) report.judge('SRB-15', hasFailed, unwritable.text);
  else report.notObserved('SRB-15', unwritable?.text ?? `${jobs.refused.get('unwritable')?.text}`);
}
