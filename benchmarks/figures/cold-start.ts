import { statSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { QUICK_PHASE } from '../../src/imported-model/provider/patience';
import { startBedrockServer } from '../../testing/bedrock-server/server';
import { NAME_PREFIX, request, SERVICE_ROLE, STACK_ID } from '../../testing/support/deployment';
import { type Figure, median, rounded } from '../figure';
import { checkOut, inFolder, inTurns, measuredBy, ROOT } from '../processes';

const TURNS = 25;
const FUNCTION = 'assets/imported-model/provider/model-import.lambda/index.js';

/** Handles one event in a process of its own, as Lambda does in a new execution environment. */
const START = `
  const [file, name, event] = process.argv.slice(1);
  console.log = () => {};
  const began = performance.now();
  require(file)[name](JSON.parse(event)).then(response => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(JSON.stringify({ response, ms: performance.now() - began, cpuMs: (user + system) / 1000, megabytes: process.resourceUsage().maxRSS / 1024 }));
    process.exit();
  });
`;

interface Start {
  readonly response: { readonly IsComplete: boolean };
  /** From the first line of the code to the response. */
  readonly ms: number;
  /** What the processors have worked, including the start of Node.js. */
  readonly cpuMs: number;
  readonly megabytes: number;
}

interface Subject {
  readonly file: string;
  /** The exported function. */
  readonly name: string;
}

/** Bundles a peer: with the options of our functions, or with those of esbuild, as most people do. */
function bundle(peer: string, folder: string, options: { readonly mainFields?: string[] }): string {
  const outfile = join(folder, `${peer}.js`);
  buildSync({ entryPoints: [join(ROOT, `benchmarks/peers/${peer}.lambda.ts`)], outfile, bundle: true, minify: true, platform: 'node', target: 'node22', ...options });
  return outfile;
}

/** Starts a function once, for a poll of an import that is running. */
async function start({ file, name }: Subject, url: string, jobArn: string): Promise<Start> {
  // An old request, so that the function polls once.
  const event = { ...request('Create', { link: 'import' }), PhysicalResourceId: NAME_PREFIX, StartedAt: Date.now() - QUICK_PHASE, Data: { JobArn: jobArn } };
  const env = { AWS_ENDPOINT_URL_BEDROCK: url, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', SERVED_STACKS: STACK_ID };
  const started = await measuredBy<Start>(['-e', START, file, name, JSON.stringify(event)], env);
  if (started.response.IsComplete) throw new Error(`The import is running, but ${file} says that it is complete`);
  return started;
}

/** The start of the function that polls. */
export const coldStart: Figure = {
  chart: { title: 'Cold start of a poll, milliseconds of the processor', bars: { 'CPU ms': '' } },
  async measure({ tiny, against }) {
    const turns = tiny ? 1 : TURNS;
    const bedrock = await startBedrockServer({ planImport: () => ({ durationMs: Infinity }), maxRunningJobs: 2 });
    try {
      return await inFolder(async folder => {
        const subjects: { readonly [name: string]: Subject } = {
          'this library': { file: join(ROOT, FUNCTION), name: 'handler' },
          ...against === undefined ? {} : { before: { file: join(checkOut(against, folder), FUNCTION), name: 'handler' } },
          'naive': { file: bundle('naive', folder, {}), name: 'isComplete' },
          'only the client': { file: bundle('client', folder, { mainFields: ['module', 'main'] }), name: 'isComplete' },
          'empty': { file: bundle('empty', folder, {}), name: 'isComplete' },
        };
        const { jobArn = '' } = bedrock.bedrock.createModelImportJob({
          jobName: 'running', importedModelName: 'running', roleArn: SERVICE_ROLE, modelDataSource: { s3DataSource: { s3Uri: 's3://amzn-s3-demo-bucket/llama/' } },
        });
        await start(subjects['this library'], bedrock.url, jobArn); // starts its import
        const starts = await inTurns(Object.keys(subjects), turns, async name => start(subjects[name], bedrock.url, jobArn));
        const of = (name: string, figure: 'ms' | 'cpuMs' | 'megabytes') => median(starts[name].map(one => one[figure]));
        const row = (name: string) => ({
          'CPU / naive': rounded(of(name, 'cpuMs') / of('naive', 'cpuMs')),
          'CPU / client': rounded(of(name, 'cpuMs') / of('only the client', 'cpuMs')),
          'CPU / empty': rounded(of(name, 'cpuMs') / of('empty', 'cpuMs')),
          'CPU ms': rounded(of(name, 'cpuMs')),
          'load and poll, ms': rounded(of(name, 'ms')),
          'MB of memory': rounded(of(name, 'megabytes')),
          'bytes of code': statSync(subjects[name].file).size,
        });
        return {
          how: `A poll of a running import in a new process, with the SDK and a Bedrock server on this machine; the median of ${turns}, in turns. The time of the processor includes `
            + 'the start of Node.js.',
          table: Object.fromEntries(Object.keys(subjects).map(name => [name, row(name)])),
        };
      });
    } finally {
      await bedrock.close();
    }
  },
};
