import { createHash } from 'node:crypto';
import type { CheckOptions } from './check-options';
import type { Finding, Severity } from './finding';
import type { ModelFile, ModelFolder } from './model-folder';
import { readModel } from './read-model';
import { RULES } from './rules';

/** The result of a check. */
export interface ModelCheck {
  /** The most severe first. */
  readonly findings: readonly Finding[];
  /** Whether no error remains that is not acknowledged. */
  readonly passed: boolean;
  /** A digest of names, sizes and entity tags: other weights have another digest. */
  readonly digest: string;
  /** The number of files, and of the bytes of the weights among them. */
  readonly files: number;
  readonly weightBytes: number;
}

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

/** The characters of the digest: 128 bits, as many as an entity tag has. */
const DIGEST_LENGTH = 32;

/** Checks whether Bedrock can import a model. Reads the list, the small files and the headers of the weights. */
export async function checkModel(folder: ModelFolder, options: CheckOptions = {}): Promise<ModelCheck> {
  const listed = sorted(await folder.list());
  const model = await readModel(folder, listed, options.progress ?? (() => {}));
  const findings = RULES.flatMap(({ id, severity, source, find }) => find(model, options).map((problem): Finding => (
    { severity, ...problem, rule: id, source, acknowledged: options.acknowledged?.includes(id) ?? false }
  )));
  return {
    findings: findings.sort((one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity)
      || compare(one.file ?? '', other.file ?? '')),
    passed: findings.every(({ severity, acknowledged }) => severity !== 'error' || acknowledged),
    digest: digestOf(listed),
    files: model.files.length,
    weightBytes: model.weightBytes,
  };
}

/** A digest of the files of a folder. It does not depend on the order of the list. */
export function digestOf(files: readonly ModelFile[]): string {
  const identities = sorted(files).map(({ path, size, etag }) => [path, size, etag ?? null]);
  return createHash('sha256').update(JSON.stringify(identities)).digest('hex').slice(0, DIGEST_LENGTH);
}

function sorted(files: readonly ModelFile[]): ModelFile[] {
  return [...files].sort((one, other) => compare(one.path, other.path));
}

/** By code units: an order that no locale changes. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
