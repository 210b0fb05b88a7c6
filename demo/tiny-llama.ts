import { without, withFields } from '../testing/model-files/model-files';
import { validModel } from '../testing/model-files/models';
import { writeModel } from '../testing/model-files/write-model';

/**
 * Writes a Llama too small to be useful to `dir` and returns the names of its files, in the order in which Amazon S3 lists them. Generated, so that the
 * repository contains no binary files, and deterministic: the weights depend only on the seed.
 */
export async function writeTinyLlama(dir: string, seed: number): Promise<string[]> {
  const files = validModel('llama', seed);
  await writeModel(dir, files);
  return Object.keys(files).sort();
}

/** Writes the same model as Bedrock does not import it: saved by Transformers 5, and without its tokenizer. */
export async function writeBadLlama(dir: string): Promise<void> {
  const { rope_theta: ropeTheta } = JSON.parse(String(validModel('llama')['config.json'])) as { rope_theta: number };
  const newer = withFields(validModel('llama'), 'config.json', {
    rope_theta: undefined, rope_scaling: undefined, rope_parameters: { rope_theta: ropeTheta, rope_type: 'default' },
  });
  await writeModel(dir, without(newer, 'tokenizer.json'));
}
