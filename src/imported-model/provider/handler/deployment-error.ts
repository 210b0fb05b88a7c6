/** CloudFormation accepts responses of at most 4096 bytes, to which the framework adds ids and the name of the log group. */
const MAX_BYTES = 2500;

/**
 * The reason that CloudFormation shows when a deployment fails. It has no stack trace, which would take up its space.
 */
export class DeploymentError extends Error {
  constructor(why: string) {
    super(truncate(why.replace(/\s+/g, ' '), MAX_BYTES));
    this.name = 'DeploymentError';
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** Truncates a text to a number of bytes in JSON. */
function truncate(text: string, bytes: number): string {
  const fits = (candidate: string) => Buffer.byteLength(JSON.stringify(candidate)) <= bytes;
  if (fits(text)) return text;
  const characters = [...text];
  while (!fits(`${characters.join('')}...`)) characters.splice(-Math.ceil(characters.length / 20));
  return `${characters.join('')}...`;
}
