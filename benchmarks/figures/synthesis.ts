import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { modelOf, MODELS } from './templates';
import type * as library from '../../src';
import { type Figure, median, rounded } from '../figure';
import { checkOut, inFolder, inTurns, measuredBy, ROOT } from '../processes';

const COUNTS = [1, 10, 100, 1000];
const TURNS = 5;
/** A provider has room for the permissions of that many models, whatever they use. */
const MODELS_PER_STACK = 20;

/** Synthesizes an app, and returns the milliseconds that processors have worked for it. */
function synthesize(define: (typeof MODELS)[string], count: number, outdir: string): number {
  const began = process.cpuUsage();
  const app = new App({ outdir, analyticsReporting: false });
  for (let first = 0; first < count; first += MODELS_PER_STACK) {
    const stack = new Stack(app, `Stack${first}`, { env: { account: '111122223333', region: 'us-east-1' } });
    for (let n = first; n < Math.min(count, first + MODELS_PER_STACK); n++) define(stack, `Llama${n}`, `llama-${n}/`);
  }
  app.synth();
  return process.cpuUsage(began).user / 1000;
}

/** In a process of its own: from the smallest app to the largest, after one that is not counted because it loads CDK. */
async function child(name: string, counts: readonly number[], source: string): Promise<void> {
  const define = MODELS[name] ?? modelOf(await import(source) as typeof library);
  await inFolder(async folder => {
    synthesize(define, 1, join(folder, 'first'));
    process.stdout.write(JSON.stringify(counts.map(count => synthesize(define, count, join(folder, String(count))))));
  });
}

/** The time to synthesize. */
export const synthesis: Figure = {
  chart: { title: 'Synthesis, milliseconds of the processor for a model', bars: { 'ms': 'this library', 'naive ms': 'naive', 'native ms': 'native' } },
  async measure({ tiny, against }) {
    const [counts, turns] = tiny ? [[1, 2, 4], 1] : [COUNTS, TURNS];
    return inFolder(async folder => {
      const sources: { [name: string]: string } = Object.fromEntries(Object.keys(MODELS).map(name => [name, join(ROOT, 'src')]));
      if (against !== undefined) sources.before = join(checkOut(against, folder), 'src');
      const runs = await inTurns(Object.keys(sources), turns,
        async name => measuredBy<number[]>(['--import', 'tsx', __filename, name, sources[name], ...counts.map(String)]));
      const of = (name: string, index: number) => median(runs[name].map(run => run[index]));
      /** What each model costs beyond the app before. */
      const each = (name: string, index: number) => index === 0
        ? of(name, 0)
        : (of(name, index) - of(name, index - 1)) / (counts[index] - counts[index - 1]);
      const row = (index: number) => {
        const [ours, naive, native] = Object.keys(MODELS).map(name => each(name, index));
        return {
          'ms / naive': rounded(ours / naive),
          ...against === undefined ? {} : { 'ms / before': rounded(ours / each('before', index)) },
          'ms': rounded(ours),
          'naive ms': rounded(naive),
          'native ms': rounded(native),
        };
      };
      const table = Object.fromEntries(counts.map((count, index) => [index === 0 ? 'the first model' : `each of ${count} models`, row(index)]));
      return {
        how: `Apps with ${counts.join(', ')} models, ${MODELS_PER_STACK} in each stack. Milliseconds of the processor for each model beyond the app before; `
          + `the median of ${turns} processes, in turns.`,
        table,
      };
    });
  },
};

if (require.main === module) {
  const [name, source, ...counts] = process.argv.slice(2);
  void child(name, counts.map(Number), source);
}
