import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import * as ts from 'typescript';

/** The transitive imports of a file. */
export interface ImportGraph {
  /** The imported files of this repository. */
  readonly files: string[];
  /** The imported packages with the files that import them, like `@aws-sdk/client-bedrock (src/imported-model/provider/handler/bedrock-api.ts)`. */
  readonly packages: string[];
}

const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)).config, ts.sys, '.');

/**
 * Follows the imports of a file through this repository up to packages: `import`, `import type`, `export ... from`,
 * `import()` and `require()`. Includes types, because they are in the published `.d.ts` files.
 */
export function importsOf(entry: string): ImportGraph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    for (const specifier of specifiersIn(file)) if (!specifier.startsWith('.')) packages.add(`${specifier} (${file})`);
    directImportsOf(file).forEach(visit);
  };
  visit(relative('.', entry));
  return { files: [...files], packages: [...packages] };
}

/** The files of this repository that a file imports directly. */
export function directImportsOf(file: string): string[] {
  return specifiersIn(file).filter(specifier => specifier.startsWith('.')).map(specifier => {
    const found = ts.resolveModuleName(specifier, resolve(file), options, ts.sys).resolvedModule?.resolvedFileName;
    if (!found) throw new Error(`${file} imports ${specifier} (from ${dirname(file)}), which does not exist`);
    return relative('.', found);
  });
}

function specifiersIn(file: string): string[] {
  return ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The line numbers of the keyword `any` in a TypeScript text. */
export function linesWithAny(text: string): number[] {
  const source = ts.createSourceFile('text.ts', text, ts.ScriptTarget.Latest);
  const lines: number[] = [];
  const visit = (node: ts.Node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) lines.push(source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1);
    node.forEachChild(visit);
  };
  visit(source);
  return lines;
}
