import type { Finding, ModelCheck } from '../../../model-format';

/** The length of the message: it must fit in the response to CloudFormation, whose limit is 4096 bytes, see `deployment-error.ts`. */
const MAX_LENGTH = 2300;

/** Why files are not imported: every error, as far as there is room with its remedy. */
export function refusalOfFiles(s3Uri: string, { findings }: ModelCheck): string {
  const errors = findings.filter(({ acknowledged, severity }) => severity === 'error' && !acknowledged);
  const opening = `source: Bedrock cannot import the model at ${s3Uri}. `;
  const closing = ' Nothing was imported. To import it nevertheless, acknowledge the ids in formatCheck.';
  const texts = errors.map(finding => `${briefly(finding)} ${finding.remedy}`);
  // From the last one: the log has all of them.
  for (let index = errors.length - 1; index >= 0; index--) {
    for (const shorter of [briefly(errors[index]), `[${errors[index].rule}]`]) {
      if (lengthOf(opening, texts, closing) > MAX_LENGTH) texts[index] = shorter;
    }
  }
  return opening + texts.join(' ') + closing;
}

function briefly({ file, message, rule }: Finding): string {
  return `[${rule}] ${file === undefined ? '' : `${file}: `}${message}`;
}

function lengthOf(opening: string, messages: string[], closing: string): number {
  return Buffer.byteLength(JSON.stringify(opening + messages.join(' ') + closing));
}
