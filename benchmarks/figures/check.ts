import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { QUICK_PHASE } from '../../src/imported-model/provider/patience';
import { INDEX, shardName, type SparseFile, sparseSafetensors, validModel, withFields, without } from '../../testing/model-files';
import { bytesOf, json, type ModelFiles, sizeOf } from '../../testing/model-files/model-files';
import { startS3Server } from '../../testing/s3-server/server';
import { NAME_PREFIX, request, STACK_ID } from '../../testing/support/deployment';
import { type Figure, rounded } from '../figure';
import { measuredBy, ROOT } from '../processes';

const SHARDS = [1, 40, 400];
const TENSORS_PER_SHARD = 300;
/** Of bfloat16: 470 MB a shard, so that 400 of them are less than 200 GB. */
const SHAPE = [1024, 768];
/** The time until S3 begins to send an object. */
const LATENCY_MS = 30;

const CHECK = `
  const [file, event] = process.argv.slice(1);
  console.log = () => {};
  const { handler } = require(file);
  const began = performance.now();
  handler(JSON.parse(event)).then(({ Data }) => {
    process.stdout.write(JSON.stringify({ digest: Data?.FilesDigest, ms: performance.now() - began, megabytes: process.resourceUsage().maxRSS / 1024 }));
    process.exit();
  });
`;

interface Check {
  readonly digest?: string;
  readonly ms: number;
  readonly megabytes: number;
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

async function checkModel(files: ModelFiles): Promise<{ readonly [column: string]: number }> {
  const objects = Object.entries(files).map(([path, content]) => [`llama/${path}`, {
    size: sizeOf(content),
    etag: `"${path}"`,
    read: async (start: number, end: number) => {
      await setTimeout(LATENCY_MS);
      return bytesOf(content).subarray(start, end);
    },
  }] as const);
  const s3 = await startS3Server({ 'amzn-s3-demo-bucket': { region: 'us-east-1', objects: new Map(objects) } });
  try {
    const event = { ...request('Create', { link: 'check' }), PhysicalResourceId: NAME_PREFIX, StartedAt: Date.now() - QUICK_PHASE };
    const env = { AWS_ENDPOINT_URL_S3: s3.url, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', SERVED_STACKS: STACK_ID };
    const file = join(ROOT, 'assets/imported-model/provider/model-import.lambda/index.js');
    const { digest = '', ms, megabytes } = await measuredBy<Check>(['-e', CHECK, file, JSON.stringify(event)], env);
    if (!/^[0-9a-f]{32}$/.test(digest)) throw new Error(`The files were not checked: ${digest}`);
    return {
      'GB of weights': rounded(Object.values(files).reduce((sum, content) => sum + sizeOf(content), 0) / 1e9),
      'calls of S3': s3.requests.length,
      'MB read': rounded(s3.sent() / 1e6),
      'ms': Math.round(ms),
      'MB of memory': Math.round(megabytes),
    };
  } finally {
    await s3.close();
  }
}

/** The check of the files of a new model. */
export const check: Figure = {
  async measure({ tiny }) {
    const table: { [row: string]: { readonly [column: string]: number } } = {};
    for (const shards of tiny ? [1] : SHARDS) table[shards === 1 ? '1 shard' : `${shards} shards`] = await checkModel(largeModel(shards));
    return {
      how: `A check in a new process that also loads its code. ${TENSORS_PER_SHARD} tensors in a shard; a server of Amazon S3 on this machine begins to answer after ${LATENCY_MS} ms.`,
      table,
    };
  },
};
