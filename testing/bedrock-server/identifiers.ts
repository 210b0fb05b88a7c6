/** The location of the control plane. */
export interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

const ID_SPACE = 36 ** 6;

/**
 * Resource IDs in the format of the service: 12 characters of [a-z0-9]. Deterministic.
 *
 * The first half iterates over its range in steps that are coprime to its size, so IDs do not repeat. The second half makes
 * consecutive IDs differ. An ID must not be derivable from another one.
 */
export function resourceId(sequence: number): string {
  const first = (sequence * 1_234_567_891 + 987_654_321) % ID_SPACE;
  const second = (first * 2_654_435 + 40_503) % ID_SPACE;
  return first.toString(36).padStart(6, '0') + second.toString(36).padStart(6, '0');
}

/** A 32-bit hash of a text as 8 hexadecimal digits. */
export function hash(text: string): string {
  let sum = 7;
  for (let index = 0; index < text.length; index += 1) {
    sum = (sum * 1_000_003 + text.charCodeAt(index)) % 4_294_967_291;
  }
  return sum.toString(16).padStart(8, '0');
}

/** The ARN of a key from its ARN, ID, alias ARN or alias. The service always returns the ARN. */
export function kmsKeyArn(keyId: string, { partition, region, account }: Place): string {
  const scope = `arn:${partition}:kms:${region}:${account}:`;
  const arn = keyId.startsWith('arn:') ? keyId : scope + (keyId.startsWith('alias/') ? keyId : `key/${keyId}`);
  // Without KMS to resolve an alias, derive the key from the name of the alias.
  return arn.replace(/alias\/.*/, `key/${uuid(arn)}`);
}

function uuid(seed: string): string {
  const digits = [0, 1, 2, 3].map((part) => hash(`${part}${seed}`)).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether an ID or ARN is that of a model of the catalogue or of an inference profile. Whether it exists is not known here. */
export function isCatalogueModel(modelId: string): boolean {
  return /^(arn:[^:]+:bedrock:[^:]+:[^:]*:(foundation-model|inference-profile|application-inference-profile)\/.+|[a-z0-9-]+\.[a-z0-9.:-]+)$/.test(modelId);
}
