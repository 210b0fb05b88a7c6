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
