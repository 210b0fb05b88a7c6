/** Loads a parser of chat templates, which throws if a template is no Jinja. */
export async function templateParser(): Promise<(template: string) => void> {
  // The package is an ES module.
  const { Template } = await import('@huggingface/jinja');
  return template => void new Template(template);
}
