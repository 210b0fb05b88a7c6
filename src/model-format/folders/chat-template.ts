import { Template } from '@huggingface/jinja';

/** Parses a chat template. Throws if it is no Jinja. */
export function parseTemplate(template: string): void {
  new Template(template);
}
