import { CONFIG, isAtRoot, type Model } from '../model';

/** Folders with the same weights in another format, beside those of Transformers. */
export const OTHER_WEIGHTS_FOLDER = /^(original|metal)\//;

/** The folder with the model, if the checked folder has none: the source is one level too high. Ends with a slash. */
export function modelFolderInside({ files, paths, weights }: Model): string | undefined {
  if (paths.has(CONFIG) || weights.length > 0) return undefined;
  const inside = files.map(({ path }) => path).filter(path => path.endsWith(`/${CONFIG}`) && !OTHER_WEIGHTS_FOLDER.test(path))
    .sort((one, other) => one.length - other.length);
  return inside[0]?.slice(0, -CONFIG.length);
}

/** Whether the folder has an adapter without the model that it adapts. */
export function isAdapter({ paths, weights }: Model): boolean {
  return weights.length === 0 && paths.has('adapter_config.json');
}

/** The state of a training, which is in the format of weights. */
const TRAINING_STATE = /(^|\/)(rng_state.*|optimizer|scheduler|scaler)\.(pth|pt|bin)$/;

/** The paths of weights that are not safetensors files of Transformers. */
export function otherWeights({ files }: Model): string[] {
  return files.map(({ path }) => path).filter(path => OTHER_WEIGHTS_FOLDER.test(path)
    || (/\.(gguf|pth|ckpt|h5|msgpack|onnx)$/.test(path) && !TRAINING_STATE.test(path))
    || (isAtRoot(path) && /^(pytorch_model.*\.bin|consolidated.*|adapter_model\..*)$/.test(path)));
}
