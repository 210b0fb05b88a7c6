import { RULE_IDS } from '../model-format';
import { complaint } from '../shared/validation/complaint';

/**
 * Options for the check of a model's files.
 */
export interface ModelFormatCheckOptions {
  /**
   * The ids of findings that do not stop the import, for example because AWS supports an architecture that this library does not know yet.
   *
   * @default - every error stops the import
   */
  readonly acknowledge?: string[];

  /**
   * A directory with a copy of the files, which is checked at synthesis as well. Findings are annotations of the model: errors stop the
   * deployment before it begins, and warnings are acknowledged with `Annotations.of(model).acknowledgeWarning()`.
   *
   * @default - the files are checked only when they are deployed
   */
  readonly localDirectory?: string;
}

/**
 * The check of a model's files before the import.
 *
 * An import takes minutes to hours until it fails, or it succeeds and serves something else. Many mistakes are visible in the small files of a model
 * and in the headers of its weights: the architecture, missing files, a truncated upload, or fields of a newer Transformers version. Only what AWS
 * documents is an error; everything else is a warning in the log of the provider.
 *
 * The same rules are a command: `npx cdk-bedrock-model-import check <directory | s3://bucket/prefix | hf://organization/model>`.
 *
 * @example
 * declare const source: ModelSource;
 *
 * new ImportedModel(this, 'Llama', {
 *   source,
 *   formatCheck: ModelFormatCheck.enabled({ acknowledge: ['unsupported-architecture'] }),
 * });
 */
export abstract class ModelFormatCheck {
  /**
   * Checks the files in each deployment that imports them. This is the default.
   *
   * The provider reads the list of the files, the small ones, and the headers of the weights. Where it may not read, it says so in its log, and the
   * import goes on.
   *
   * @param options Which findings are acknowledged
   */
  public static enabled(options: ModelFormatCheckOptions = {}): ModelFormatCheck {
    return new EnabledCheck(options);
  }

  /**
   * Checks nothing. The provider needs no permission to read the files.
   */
  public static disabled(): ModelFormatCheck {
    return new DisabledCheck();
  }

  /**
   * The options, if the files are checked.
   *
   * @internal
   */
  public abstract _options(): ModelFormatCheckOptions | undefined;
}

class EnabledCheck extends ModelFormatCheck {
  constructor(private readonly options: ModelFormatCheckOptions) {
    super();
  }

  public _options(): ModelFormatCheckOptions {
    return this.options;
  }
}

class DisabledCheck extends ModelFormatCheck {
  public _options(): undefined {
    return undefined;
  }
}

/** Checks the ids of rules. Returns a message for each that is unknown. */
export function checkAcknowledged(ids: readonly string[] = []): string[] {
  return ids.filter(id => !RULE_IDS.includes(id))
    .map(id => complaint('formatCheck.acknowledge', id, 'the id of a rule', `Use the id in square brackets of a finding, one of: ${RULE_IDS.join(', ')}`));
}
