import type { Answer, FilesToCheck } from './decide/steps';
import type { Verification } from './request';
import type { ModelCheck } from '../../../model-format';

/**
 * What only a new model needs: its files are checked before the import, and its answer after it. The code is a file of its own, which is loaded when
 * it is needed, so that a poll of a running import starts as fast as without it.
 */
export interface NewModel {
  /** Reads the list, the small files and the headers of the weights in Amazon S3. Throws if they cannot be read. */
  checkFiles(files: FilesToCheck, abortSignal?: AbortSignal): Promise<ModelCheck>;

  /** Invokes a model and judges its answer. */
  verify(modelArn: string, verification: Verification, abortSignal?: AbortSignal): Promise<Answer>;
}

/** Loads the code. */
export type LoadNewModel = () => Promise<NewModel>;
