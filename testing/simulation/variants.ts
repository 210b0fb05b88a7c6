import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { HandlerCode } from './lambda';

/** A replacement for an export of a module of the handler. */
export interface Variant {
  /** The path of the module, relative to the provider directory. */
  readonly module: string;
  readonly name: string;
  readonly change: (original: never) => unknown;
}

/**
 * Variants of the exports of a module. The compiler checks name and type, so a refactoring that affects a variant is a compile error in its
 * definition.
 */
export function variantsOf<Exports>(module: string) {
  if (!fs.existsSync(fileOf(module))) throw new Error(`There is no module ${module}`);
  return <Name extends keyof Exports & string>(name: Name, change: (original: Exports[Name]) => Exports[Name]): Variant => ({ module, name, change });
}

const ROOT = path.join(__dirname, '..', '..');
const PROVIDER = path.join(ROOT, 'src', 'imported-model', 'provider');

function fileOf(module: string): string {
  return path.join(PROVIDER, `${module}.ts`);
}

/** Bundles the handler with variants in place of the originals, in other modules and in their own. */
export async function handlerWith(variants: readonly Variant[]): Promise<HandlerCode> {
  const { outputFiles } = await build({
    stdin: { contents: 'export * from "./handler/entry-point"; export * from "./handler/served-stacks"; export * from "./handler/answer";', resolveDir: PROVIDER },
    bundle: true,
    write: false,
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
    plugins: [replace(variants)],
  });
  const module = { exports: {} };
  const change = (index: number, original: never) => variants[index].change(original);
  new Function('module', 'exports', 'require', 'change', outputFiles[0].text)(module, module.exports, createRequire(__filename), change);
  return module.exports as HandlerCode;
}

/** Reassigns the original at the end of its module. Functions and classes can be reassigned, constants after a change to `let`. */
function replace(variants: readonly Variant[]): Plugin {
  const files = new Set(variants.map(({ module }) => fileOf(module)));
  return {
    name: 'variants',
    setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      if (!files.delete(file)) return undefined;
      const source = fs.readFileSync(file, 'utf8').replace(/^export const /gm, 'export let ');
      const assignments = variants.map(({ module, name }, index) => (
        fileOf(module) === file ? `// @ts-ignore\n${name} = change(${index}, ${name} as never);` : ''));
      return { contents: `${source}\n${assignments.join('\n')}`, loader: 'ts' as const };
    }),
  };
}
