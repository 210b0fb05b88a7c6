import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Figure, median, rounded } from '../figure';
import { inFolder, inTurns, ROOT } from '../processes';

const TURNS = 5;

/** A package with the same peers, and nothing else. */
const BARE = 'bare';
const OURS = 'this library';

async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)('npm', [...args, '--silent', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd });
}

function sizeOf(path: string): number {
  return statSync(path).isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : statSync(path).size;
}

/** The package as a user installs it. */
export const npmPackage: Figure = {
  async measure() {
    if (!existsSync(join(ROOT, '.jsii'))) execFileSync('npx', ['projen', 'compile'], { cwd: ROOT, stdio: 'ignore' });
    const { name, peerDependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    return inFolder(async folder => {
      const sources = { [OURS]: ROOT, [BARE]: join(folder, BARE) };
      mkdirSync(sources[BARE]);
      writeFileSync(join(sources[BARE], 'package.json'), JSON.stringify({ name: BARE, version: '0.0.0', peerDependencies }));
      const tarballs = Object.fromEntries(Object.entries(sources).map(([of, cwd]) => {
        const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd, encoding: 'utf8' });
        const [{ filename, unpackedSize, entryCount }] = JSON.parse(packed);
        return [of, { file: join(folder, filename), unpackedSize, entryCount }];
      }));
      const app = join(folder, 'app');
      mkdirSync(app);
      writeFileSync(join(app, 'package.json'), '{"private":true}');
      const peers = Object.keys(peerDependencies as object).map(peer => `${peer}@${devDependencies[peer]}`);
      await npm(app, 'install', ...peers);
      const seconds = await inTurns(Object.keys(tarballs), TURNS, async of => {
        const began = performance.now();
        await npm(app, 'install', tarballs[of].file);
        const took = (performance.now() - began) / 1000;
        await npm(app, 'uninstall', of === OURS ? name : BARE);
        return took;
      });
      const table = Object.fromEntries(Object.entries(tarballs).map(([of, { file, unpackedSize, entryCount }]) => [of, {
        'install / bare': rounded(median(seconds[of]) / median(seconds[BARE])),
        'seconds to install': rounded(median(seconds[of])),
        'kB packed': Math.round(sizeOf(file) / 1000),
        'kB unpacked': Math.round(unpackedSize / 1000),
        'files': entryCount,
      }]));
      return { how: `\`npm install\` of the package into an app that has its peer dependencies, from the cache of npm; the median of ${TURNS}, in turns.`, table };
    });
  },
};
