import type { Finding, ModelCheck } from '../../../model-format';
import { abbreviate } from '../../../shared/validation/complaint';

/** The length of the message: it must fit in the response to CloudFormation, whose limit is 4096 bytes, see `deployment-error.ts`. */
const MAX_BYTES = 2300;

/** Why files are not imported: every error, as far as there is room with its message and remedy. */
export function refusalOfFiles(s3Uri: string, { findings }: ModelCheck): string {
  const errors = findings.filter(({ acknowledged, severity }) => severity === 'error' && !acknowledged);
  const opening = `source: Bedrock cannot import the model at ${abbreviate(s3Uri)}.`;
  const closing = 'Nothing was imported. To import it nevertheless, acknowledge the ids in formatCheck.';
  for (let shown = errors.length; ; shown--) {
    const message = [opening, ...errors.slice(0, shown).map(complete), ...others(errors.slice(shown)), closing].join(' ');
    if (shown === 0 || Buffer.byteLength(JSON.stringify(message)) <= MAX_BYTES) return message;
  }
}

function complete({ file, message, remedy, rule }: Finding): string {
  return `[${rule}] ${file === undefined ? '' : `${file}: `}${message} ${remedy}`;
}

function others(errors: Finding[]): string[] {
  if (errors.length === 0) return [];
  const ids = new Set(errors.map(({ rule }) => `[${rule}]`));
  return [`Also ${[...ids].join(', ')}: the log of the provider has every finding.`];
}
