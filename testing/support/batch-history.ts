import type { MemoryStore } from './memory-store';
import type { CollectResponse, Ending, ExecutionOptions, FinishResponse, InvalidInputResponse, Part, PrepareResponse, RecordsRequest, Run, Settings } from '../../src/batch-inference/contract';
import { JOB_STATUSES } from '../../src/batch-inference/job-statuses';

/** What an engine does with a record in a round. `twice`: it writes two lines. */
export type Fate = 'success' | 'error' | 'missing' | 'twice' | 'tooLarge';

/** What happens while an execution runs. */
export interface History {
  /** The fate of a record in a round. */
  readonly fate: (recordId: string, round: number) => Fate;
  /** How a job ends. */
  readonly jobStatus: (part: number, round: number) => string;
  /** Whether the deadline stops the job. */
  readonly stopped: (part: number, round: number) => boolean;
  /** When a round has ended. */
  readonly time: (round: number) => string;
  /** Whether the response of the function is lost, so that the state machine calls it again. */
  readonly isLost: () => boolean;
}

export const BUCKET = 'amzn-s3-demo-bucket';

export const SETTINGS: Settings = {
  modelId: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  engine: 'job',
  onDemand: true,
  jobNamePrefix: 'nightly',
  input: { bucket: BUCKET, key: 'in/' },
  output: { bucket: BUCKET, key: 'out/' },
  maxConcurrency: 2,
  maxConcurrentJobs: 10,
  retryRounds: 1,
  timeoutDurationInHours: 72,
};

export const EXECUTION = {
  executionArn: 'arn:aws:states:us-east-1:111122223333:execution:Nightly:monday',
  executionName: 'monday',
  startTime: '2026-11-23T00:00:00.000Z',
};

/** One round of a part, as an engine saw it. */
export interface Played {
  readonly part: Part;
  readonly recordIds: string[];
}

export interface Execution {
  readonly run: Run;
  readonly rounds: Played[];
  readonly parts: Part[];
  readonly result: FinishResponse;
}

type Handler = (request: RecordsRequest) => Promise<PrepareResponse | InvalidInputResponse | CollectResponse | FinishResponse>;

/** Plays the part of the state machine and of the engines: what the definition does with the responses of the function. */
export async function play(
  handler: Handler, store: MemoryStore, history: History, settings = SETTINGS, options: ExecutionOptions = {},
): Promise<Execution> {
  const call = async <T>(request: RecordsRequest): Promise<T> => {
    if (history.isLost()) await handler(structuredClone(request));
    const response = await handler(structuredClone(request));
    if ('cause' in response && !('result' in response)) throw new Error(`${response.error}: ${response.cause}`);
    return response as T;
  };
  const { run, parts } = await call<PrepareResponse>({ action: 'prepare', ...EXECUTION, options, settings });
  const rounds: Played[] = [];
  const finished: Part[] = [];
  for (const first of parts) {
    let part = first;
    while (part.engine !== 'none') {
      const records = recordsOf(store, part);
      rounds.push({ part, recordIds: records.map(({ recordId }) => recordId as string) });
      const ending = part.engine === 'job' ? runJob(store, part, records, history) : runMap(store, part, records, history);
      ({ part } = await call<CollectResponse>({ action: 'collect', run, part, ending, time: history.time(part.round) }));
    }
    finished.push(part);
  }
  return { run, rounds, parts: finished, result: await call<FinishResponse>({ action: 'finish', run, parts: finished }) };
}

type Line = { readonly recordId?: string; readonly [member: string]: unknown };

export function linesOf(text: string): Line[] {
  return text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Line);
}

function recordsOf(store: MemoryStore, { inputKey }: Part): Line[] {
  return linesOf(store.objects.get(`${BUCKET}/${inputKey}`)!);
}

const outputOf = (recordId: unknown) => ({ text: `answer to ${String(recordId)}` });

/**
 * Bedrock writes a line for each record, one for a record of somebody else, as an adversary would, and of a record that it has not processed a line
 * that is cut off, or without an output.
 */
function runJob(store: MemoryStore, part: Part, records: Line[], history: History): Ending {
  const jobId = `job${part.number}x${part.round}`;
  const status = history.jobStatus(part.number, part.round);
  const lines = records.flatMap((record): Line[] => {
    const success = { ...record, modelOutput: outputOf(record.recordId) };
    switch (history.fate(record.recordId!, part.round)) {
      case 'missing': return [record, { ...record, error: null }];
      case 'twice': return [success, success];
      case 'success': return [success];
      default: return [{ ...record, error: { errorCode: 400, errorMessage: 'poison' } }];
    }
  });
  const foreign = { recordId: 'of-somebody-else', modelInput: {}, modelOutput: {} };
  const file = part.inputKey.replace(/^.*\//, '');
  store.objects.set(`${BUCKET}/${part.outputPrefix}/${jobId}/${file}.out`, `${[...lines.reverse(), foreign].map(line => JSON.stringify(line)).join('\n')}\n{"recordId":"cut o`);
  store.objects.set(`${BUCKET}/${part.outputPrefix}/${jobId}/manifest.json.out`, JSON.stringify({ inputTokenCount: records.length, outputTokenCount: 2 * records.length }));
  const stopped = JOB_STATUSES[status] === 'fail' && history.stopped(part.number, part.round);
  return { engine: 'job', jobArn: `arn:aws:bedrock:us-east-1:111122223333:model-invocation-job/${jobId}`, state: { Status: status, Message: 'the message' }, stopped };
}

/** A map run writes one line for each child: its input, and the result or the error of its last state. */
function runMap(store: MemoryStore, part: Part, records: Line[], history: History): Ending {
  const folder = `${part.outputPrefix}/uuid`;
  const lines = records.flatMap((record): Line[] => {
    const fate = history.fate(record.recordId!, part.round);
    const isByReference = 'modelInputUri' in record;
    if (fate === 'missing') return [isByReference ? {} : record];
    if (fate === 'error') return [{ ...record, error: { Error: 'Bedrock.ValidationException', Cause: 'poison' } }];
    if (fate === 'tooLarge' && !isByReference) return [{ ...record, error: { Error: 'States.DataLimitExceeded', Cause: 'too large' } }];
    if (!isByReference) return [{ ...record, result: { modelOutput: outputOf(record.recordId) } }];
    store.objects.set(String(record.modelOutputUri).replace('s3://', ''), JSON.stringify(outputOf(record.recordId)));
    return [record];
  });
  store.objects.set(`${BUCKET}/${folder}/SUCCEEDED_0.jsonl`, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
  store.objects.set(`${BUCKET}/${folder}/manifest.json`, JSON.stringify({ ResultFiles: { FAILED: [], PENDING: [], SUCCEEDED: [{ Key: `${folder}/SUCCEEDED_0.jsonl` }] } }));
  return { engine: 'map', manifestKey: `${folder}/manifest.json` };
}
