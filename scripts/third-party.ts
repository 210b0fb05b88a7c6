import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/*
 * Lists the packages in bundles with their licences. Published next to the bundles, not in them, so that the
 * code of the function does not change with the licences.
 *
 *   npx tsx scripts/third-party.ts META... OUTPUT
 *
 * META is the metafile of esbuild for a bundle.
 */

/** Licences that only require to include their text. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

/** The licence whose text is in the file LICENSE of this package. */
const OWN_LICENCE = 'Apache-2.0';

interface ThirdParty {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** The text of its licence and notice files. */
  readonly text: string;
}

/** The folders of the packages in a bundle. */
export function bundledFolders({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap(output => Object.entries(output.inputs));
  const folders = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]);
  return [...new Set(folders.filter(folder => folder !== undefined))];
}

/** Reads name, version and licence of a package. Throws if the licence is not allowed in the bundle. */
export function thirdParty(folder: string): ThirdParty {
  const { name, version, license: licence } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!ALLOWED.includes(licence)) throw new Error(`${name} ${version} is in the bundle, but its licence ${licence} is none of ${ALLOWED.join(', ')}`);
  const files = readdirSync(folder).filter(file => /^(licen[cs]e|notice|copying|copyright)/i.test(file)).sort();
  if (files.length === 0 && licence !== OWN_LICENCE) throw new Error(`${name} ${version} is in the bundle, but has no text of its licence ${licence}`);
  const texts = files.map(file => readFileSync(join(folder, file), 'utf8').replace(/\r\n/g, '\n').replace(/^\n+|\s+$/g, ''));
  return { name, version, licence, text: texts.join('\n\n') || 'Without a text of its own: see the file LICENSE of this package.' };
}

/** Lists packages and their licences, each text once. */
export function render(packages: readonly ThirdParty[]): string {
  const byName = [...packages].sort((a, b) => `${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1);
  const texts = [...new Set(byName.map(({ text }) => text))];
  const sections = texts.map(text => [
    ...byName.filter(one => one.text === text).map(({ name, version, licence }) => `${name} ${version} (${licence})`), '', text,
  ].join('\n'));
  return `${['The bundles in this folder contain code from these packages.', ...sections].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function main(metafiles: readonly string[], output: string): void {
  const folders = metafiles.flatMap(file => {
    if (!existsSync(file)) throw new Error(`${file} is missing: make the bundle first`);
    return bundledFolders(JSON.parse(readFileSync(file, 'utf8')) as Metafile);
  });
  // A bundle always contains packages, so an empty list means that the metafile was not read correctly.
  if (folders.length === 0) throw new Error(`${metafiles.join(', ')}: no packages`);
  writeFileSync(output, render([...new Set(folders)].map(thirdParty)));
}

if (require.main === module) main(process.argv.slice(2, -1), process.argv[process.argv.length - 1]);
