import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { version as cdk } from 'aws-cdk-lib/package.json';
import { draw } from './chart';
import type { Figure, Measured, Table } from './figure';
import { ROOT } from './processes';

/** A figure as it was measured last. */
export interface Result extends Measured {
  readonly date: string;
  readonly machine: string;
}

export type Results = { readonly [figure: string]: Result };

export const RESULTS = join(ROOT, 'benchmarks/results.json');
export const PAGE = join(ROOT, 'docs/operations/performance.md');
export const chartOf = (figure: string): string => join(ROOT, 'docs/figures', `${figure}.svg`);

export function readResults(): Results {
  return JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
}

/** A result of now, on this machine. */
export function resultOf(measured: Measured): Result {
  const machine = `${cpus().length} cores (${cpus()[0].model}), load ${loadavg()[1].toFixed(1)}, Node.js ${process.version.slice(1)}, aws-cdk-lib ${cdk}`;
  return { date: new Date().toISOString().slice(0, 10), machine, ...measured };
}

/** Writes the results, their charts, and the tables of the page. */
export function write(results: Results, figures: { readonly [name: string]: Figure }): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
  for (const [name, { chart }] of Object.entries(figures)) {
    if (chart && results[name]) writeFileSync(chartOf(name), draw(chart, results[name].table));
  }
  writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), results));
}

/** The page with the tables of the results. Each has its place between two comments. */
export function withTables(page: string, results: Results): string {
  return page.replace(/(<!-- figure: ([a-z-]+) -->\n)[^]*?(<!-- end -->)/g, (_, begin: string, name: string, end: string) => {
    if (!results[name]) throw new Error(`${name} has not been measured: npm run benchmark -- ${name}`);
    return `${begin}\n${markdown(results[name].table)}\n\n${wrapped(`${results[name].how} Measured on ${results[name].date}: ${results[name].machine}.`)}\n\n${end}`;
  });
}

function markdown(table: Table): string {
  const columns = Object.keys(Object.values(table)[0]);
  const line = (cells: readonly (number | string)[]) => `| ${cells.map(cell => typeof cell === 'number' ? cell.toLocaleString('en-US') : cell).join(' | ')} |`;
  return [line(['', ...columns]), `|${'---|'.repeat(columns.length + 1)}`, ...Object.entries(table).map(([row, values]) => line([row, ...columns.map(column => values[column])]))].join('\n');
}

function wrapped(sentences: string): string {
  return sentences.replace(/(.{1,149})(?: |$)/g, '$1\n').trimEnd();
}
