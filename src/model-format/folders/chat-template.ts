/** What is used of the package. TypeScript does not find its declarations for CommonJS, which it has only for ES modules. */
interface Jinja {
  readonly Template: new (template: string) => object;
}

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { Template } = require('@huggingface/jinja') as Jinja;

/** Parses a chat template. Throws if it is no Jinja. */
export function parseTemplate(template: string): void {
  new Template(template);
}
