import { parseArgs } from 'node:util';
import type { Figure } from './figure';
import { batch } from './figures/batch';
import { check } from './figures/check';
import { coldStart } from './figures/cold-start';
import { npmPackage } from './figures/package';
import { synthesis } from './figures/synthesis';
import { templates } from './figures/templates';
import { waiting } from './figures/waiting';
import { readResults, type Result, resultOf, write } from './report';

/*
 * Measures this library beside a naive custom resource and beside the limit, in one run, and writes what docs/operations/performance.md shows.
 *
 *   npm run benchmark                                   all figures, except for `batch`
 *   npm run benchmark -- NAME...                        these
 *   npm run benchmark -- --against COMMIT NAME...       also those of a commit; nothing is written
 */
export const FIGURES: { readonly [name: string]: Figure } = {
  templates, synthesis, 'cold-start': coldStart, waiting, check, 'package': npmPackage, batch,
};

async function main(): Promise<void> {
  const { values: { against }, positionals } = parseArgs({ options: { against: { type: 'string' } }, allowPositionals: true });
  const unknown = positionals.filter(name => !(name in FIGURES));
  if (unknown.length > 0) throw new Error(`No such figure: ${unknown.join(', ')}. There are: ${Object.keys(FIGURES).join(', ')}`);
  const names = positionals.length > 0 ? positionals : Object.keys(FIGURES).filter(name => !FIGURES[name].byNameOnly);
  const results: { [name: string]: Result } = {};
  for (const name of names) {
    const began = performance.now();
    results[name] = resultOf(await FIGURES[name].measure({ against }));
    console.log(`\n${name}: ${results[name].how} (${((performance.now() - began) / 1000).toFixed(0)} s)`);
    console.table(results[name].table);
  }
  if (against === undefined) write({ ...readResults(), ...results }, FIGURES);
}

if (require.main === module) {
  main().then(() => process.exit(0), (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
