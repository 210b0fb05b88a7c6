import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { bundledFolders } from './third-party';

/*
 * Audits the packages of the lock file with `npm audit`. A vulnerability of a bundled package is an error, because it ships; one of a
 * development dependency is a warning.
 *
 *   npx tsx scripts/audit.ts [OPTION OF NPM...]
 *
 * Exits with 0 if no bundled package has a known vulnerability, 1 if one has, and 2 if npm could not tell.
 */

/** What is read of the report of `npm audit --json`. Its other vulnerabilities follow from these. */
interface Report {
  readonly vulnerabilities?: { readonly [name: string]: Vulnerability };
  readonly message?: string;
  readonly error?: { readonly summary?: string };
}

interface Vulnerability {
  readonly name: string;
  readonly severity: string;
  /** Advisories of this package, or names of packages that it depends on. */
  readonly via: ReadonlyArray<string | { readonly title: string; readonly url: string }>;
  /** The folders in which it is installed. */
  readonly nodes: readonly string[];
}

const bundled = readdirSync('assets', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.meta.json'))
  .flatMap(file => bundledFolders(JSON.parse(readFileSync(join('assets', file), 'utf8')) as Metafile));
if (bundled.length === 0) throw new Error('No bundle: run `npx projen bundle` first');

const npm = spawnSync('npm', ['audit', '--json', '--fetch-retries=1', '--fetch-timeout=30000', ...process.argv.slice(2)], { encoding: 'utf8' });
const report: Report = npm.stdout.startsWith('{') ? JSON.parse(npm.stdout) : {};
if (report.vulnerabilities === undefined) {
  console.log(`not audited: ${report.message ?? report.error?.summary ?? npm.stderr.trim()}`);
  process.exit(2);
}

let errors = 0;
for (const { name, severity, via, nodes } of Object.values(report.vulnerabilities)) {
  const advisories = via.filter(one => typeof one !== 'string');
  if (advisories.length === 0) continue;
  const ships = nodes.some(node => bundled.includes(node));
  if (ships) errors += 1;
  for (const { title, url } of advisories) console.log(`${ships ? 'ERROR: bundled' : 'warning: for development'}: ${name} (${severity}): ${title}, ${url}`);
}
console.log(`${new Set(bundled).size} bundled packages, ${errors} with a known vulnerability`);
process.exit(errors === 0 ? 0 : 1);
