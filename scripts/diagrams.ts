import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Draws the diagrams of the documentation: docs/diagrams/*.d2 to *.svg, for light and dark mode. It needs Go, which builds D2 on the first run.
 *
 *   npx projen diagrams
 */
const D2 = 'oss.terrastruct.com/d2@v0.7.2';
const DIAGRAMS = 'docs/diagrams';

/** The last line of a diagram: tells from which source it was drawn. */
export function stampOf(source: string): string {
  return `<!-- sha256 of the source: ${createHash('sha256').update(source).digest('hex')} -->`;
}

function main(): void {
  for (const file of readdirSync(DIAGRAMS).filter(name => name.endsWith('.d2'))) {
    const source = join(DIAGRAMS, file);
    const svg = source.replace(/\.d2$/, '.svg');
    execFileSync('go', ['run', D2, '--layout', 'elk', '--theme', '0', '--dark-theme', '200', '--pad', '20', source, svg], { stdio: 'inherit' });
    chmodSync(svg, 0o644);
    appendFileSync(svg, `${stampOf(readFileSync(source, 'utf8'))}\n`);
  }
}

if (require.main === module) main();
