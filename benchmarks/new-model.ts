import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { QUICK_PHASE } from '../src/imported-model/provider/patience';
import { type BedrockServer, startBedrockServer } from '../testing/bedrock-server/server';
import { INDEX, shardName, type SparseFile, sparseSafetensors, validModel, withFields, without } from '../testing/model-files';
import { bytesOf, json, type ModelFiles, sizeOf } from '../testing/model-files/model-files';
import { startS3Server } from '../testing/s3-server/server';
import { NAME_PREFIX, request, STACK_ID } from '../testing/support/deployment';

/**
 * What the check of a model costs: the cold start of a poll of an import, which does not need it, compared with that of an earlier commit, and the
 * calls, bytes and time of a check. Bedrock and Amazon S3 are servers on this machine.
 *
 *   npx projen bundle && npx tsx benchmarks/new-model.ts [commit]
 */
const ROOT = join(__dirname, '..');
const LAMBDA = 'imported-model/provider/model-import.lambda';
const NOW = join(ROOT, 'assets', LAMBDA, 'index.js');

const STARTS = 25;
const SHARDS = [1, 40, 400];
const TENSORS_PER_SHARD = 300;
/** Of bfloat16: 470 MB a shard, so that 400 of them are less than 200 GB. */
const SHAPE = [1024, 768];
/** The time until S3 begins to send an object. */
const S3_LATENCY_MS = 30;

/** Handles one event in a process of its own, and writes what it took. Like Lambda, it waits until the file is loaded. */
const RUN = `
  const [entry, event] = process.argv.slice(1);
  console.log = () => {};
  const began = performance.now();
  const { handler } = require(entry);
  const loaded = performance.now();
  handler(JSON.parse(event)).then(response => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(JSON.stringify({
      response, loadMs: loaded - began, handleMs: performance.now() - loaded, startMs: performance.now() - began, cpuMs: (user + system) / 1000, megabytes: process.resourceUsage().maxRSS / 1024,
    }));
    process.exit();
  });
`;

interface Run {
  readonly response: { readonly IsComplete: boolean; readonly Data?: { readonly FilesDigest: string } };
  readonly loadMs: number;
  readonly handleMs: number;
  /** Both together: what a cold start takes. */
  readonly startMs: number;
  readonly cpuMs: number;
  readonly megabytes: number;
}

async function run(entry: string, event: object, endpoints: { readonly [name: string]: string }): Promise<Run> {
  const env = { ...endpoints, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', SERVED_STACKS: STACK_ID };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', RUN, entry, JSON.stringify(event)], { env });
  return JSON.parse(stdout) as Run;
}

/** A poll of a request that is old, so that the function polls once. */
function pollOf(link: 'check' | 'import'): object {
  return { ...request('Create', { link }), PhysicalResourceId: NAME_PREFIX, StartedAt: Date.now() - QUICK_PHASE };
}

/** Bundles the function of a commit, with the packages of today. */
function bundleOf(commit: string, folder: string): string {
  const source = join(folder, 'source');
  const outfile = join(folder, 'index.js');
  mkdirSync(source);
  execFileSync('tar', ['-x', '-C', source], { input: execFileSync('git', ['archive', commit, 'src'], { cwd: ROOT, maxBuffer: 2 ** 28 }) });
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  execFileSync(join(ROOT, 'node_modules/.bin/esbuild'), [
    join(source, 'src', `${LAMBDA}.ts`), `--outfile=${outfile}`, '--bundle', '--minify', '--platform=node', '--target=node22', '--log-level=error',
  ]);
  return outfile;
}

/** Each number is the median of some starts, in turn, because the machine does other things as well. */
async function measureStarts(bundles: { readonly [name: string]: string }, { url }: BedrockServer): Promise<void> {
  const runs = Object.fromEntries(Object.keys(bundles).map(name => [name, [] as Run[]]));
  for (let start = 0; start <= STARTS; start++) {
    for (const [name, entry] of Object.entries(bundles)) {
      const one = await run(entry, pollOf('import'), { AWS_ENDPOINT_URL_BEDROCK: url });
      if (one.response.IsComplete) throw new Error('The import is not running');
      if (start > 0) runs[name].push(one); // the first starts the import
    }
  }
  const rows = Object.fromEntries(Object.entries(bundles).map(([name, entry]) => [name, {
    bytes: statSync(entry).size,
    ...Object.fromEntries((['loadMs', 'startMs', 'cpuMs', 'megabytes'] as const).map(figure => [figure, rounded(median(runs[name].map(one => one[figure])))])),
  }]));
  const [before, after] = Object.values(rows) as { readonly [figure: string]: number }[];
  const ratio = after && Object.fromEntries(Object.keys(after).map(figure => [figure, Math.round(after[figure] / before[figure] * 1000) / 1000]));
  console.log(`A poll of an import in a new process: the median of ${STARTS}`);
  console.table({ ...rows, ...ratio && { ratio } });
}

async function measureChecks(): Promise<void> {
  const rows: { [model: string]: object } = {};
  for (const shards of SHARDS) {
    const files = largeModel(shards);
    let latency = 0;
    const objects = Object.entries(files).map(([path, content]) => [`llama/${path}`, {
      size: sizeOf(content),
      etag: `"${path}"`,
      read: async (start: number, end: number) => {
        if (latency > 0) await setTimeout(latency);
        return bytesOf(content).subarray(start, end);
      },
    }] as const);
    const s3 = await startS3Server({ 'amzn-s3-demo-bucket': { region: 'us-east-1', objects: new Map(objects) } });
    const once = async (ms: number) => {
      latency = ms;
      const one = await run(NOW, pollOf('check'), { AWS_ENDPOINT_URL_S3: s3.url });
      if (!/^[0-9a-f]{32}$/.test(one.response.Data?.FilesDigest ?? '')) throw new Error(`The files were not checked: ${JSON.stringify(one.response)}`);
      return one;
    };
    const fast = await once(0);
    const [calls, bytes] = [s3.requests.length, s3.sent()];
    const slow = await once(S3_LATENCY_MS);
    await s3.close();
    rows[shards === 1 ? '1 shard' : `${shards} shards`] = {
      'weights (GB)': rounded(Object.values(files).reduce((sum, content) => sum + sizeOf(content), 0) / 1e9),
      calls,
      bytes,
      'ms': rounded(fast.handleMs),
      [`ms, ${S3_LATENCY_MS} ms a read`]: rounded(slow.handleMs),
      'cpuMs': rounded(fast.cpuMs),
      'megabytes': rounded(fast.megabytes),
    };
  }
  console.log(`A check in a new process: shards with ${TENSORS_PER_SHARD} tensors, the process loads the code of the check as well`);
  console.table(rows);
}

/** A model with many experts, whose shards have only their headers. */
function largeModel(shards: number): ModelFiles {
  const weightMap: Record<string, string> = {};
  const files: Record<string, SparseFile> = {};
  for (let shard = 0; shard < shards; shard++) {
    const file = shardName(shard + 1, shards);
    const names = Array.from({ length: TENSORS_PER_SHARD }, (_, tensor) => `model.layers.${shard}.mlp.experts.${tensor}.down_proj.weight`);
    files[file] = sparseSafetensors(Object.fromEntries(names.map(name => [name, SHAPE])));
    for (const name of names) weightMap[name] = file;
  }
  const small = withFields(without(validModel('qwen3_moe'), 'model.safetensors'), 'config.json', { num_hidden_layers: shards });
  return { ...small, ...files, [INDEX]: json({ metadata: { total_size: 0 }, weight_map: weightMap }) };
}

function median(numbers: number[]): number {
  return numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
}

function rounded(number: number): number {
  return Math.round(number * 10) / 10;
}

async function main(commit?: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'new-model-'));
  const bedrock = await startBedrockServer({ planImport: () => ({ durationMs: Infinity }) });
  try {
    const before = commit === undefined ? {} : { [commit]: bundleOf(commit, folder) };
    await measureStarts({ ...before, now: NOW }, bedrock);
    await measureChecks();
  } finally {
    await bedrock.close();
    rmSync(folder, { recursive: true });
  }
}

void main(process.argv[2]);
