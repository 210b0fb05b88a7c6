/** Where this control plane is. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

const ID_SPACE = 36 ** 6;

/**
 * Resource ids like the service's, 12 characters of [a-z0-9], the same in every run.
 *
 * The first half walks through its whole space in steps that are coprime to it, so ids do not repeat; the second half only
 * makes neighbours look unlike each other. Nobody should be able to guess an id from another one.
 */
export function resourceId(sequence: number): string {
  const first = (sequence * 1_234_567_891 + 987_654_321) % ID_SPACE;
  const second = (first * 2_654_435 + 40_503) % ID_SPACE;
  return first.toString(36).padStart(6, '0') + second.toString(36).padStart(6, '0');
}

/** 32 bits of a text, as 8 hexadecimal digits. */
export function hash(text: string): string {
  let sum = 7;
  for (let index = 0; index < text.length; index += 1) {
    sum = (sum * 1_000_003 + text.charCodeAt(index)) % 4_294_967_291;
  }
  return sum.toString(16).padStart(8, '0');
}

/** The service takes a key by ARN, id, alias ARN or alias, and always answers with the key's ARN. */
export function kmsKeyArn(keyId: string, { partition, region, account }: Place): string {
  const scope = `arn:${partition}:kms:${region}:${account}:`;
  const arn = keyId.startsWith('arn:') ? keyId : scope + (keyId.startsWith('alias/') ? keyId : `key/${keyId}`);
  // There is no KMS here to ask which key an alias stands for: it stands for a key that its name determines.
  return arn.replace(/alias\/.*/, `key/${uuid(arn)}`);
}

function uuid(seed: string): string {
  const digits = [0, 1, 2, 3].map((part) => hash(`${part}${seed}`)).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
