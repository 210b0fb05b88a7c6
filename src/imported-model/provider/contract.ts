/**
 * The contract between the construct, which writes the properties of the custom resource, and the handler, which reads them and returns the
 * attributes.
 *
 * CloudFormation converts every scalar to a string. Properties of earlier versions of this library keep arriving for years, in
 * `OldResourceProperties` and in `Delete`: add optional members, never change or remove one.
 */

/**
 * The resource types in the template and in the console. A model is a chain of custom resources, because CloudFormation gives each of them one
 * hour, and an import can take longer:
 *
 * - `check` reads the files of the model before the import, and before it is the model's turn. It owns nothing.
 * - `import` starts the import and waits for one window. Its physical id never changes, so it is deleted only when the model is removed from the
 *   stack; then it deletes everything that the chain has imported.
 * - `wait` waits for one more window. It deletes nothing, and starts the import only if the account was busy with other imports until then.
 * - `model` waits for the last window and represents the model: it has the attributes, its physical id is the model's name, it is replaced when
 *   the model is replaced, and its deletion deletes that model.
 */
export const RESOURCE_TYPES = {
  check: 'Custom::BedrockModelFormatCheck',
  import: 'Custom::BedrockModelImport',
  wait: 'Custom::BedrockModelImportWait',
  model: 'Custom::BedrockImportedModel',
} as const;

/** The position of a custom resource in the chain. */
export type Link = keyof typeof RESOURCE_TYPES;

/** The type of a custom resource that looks up an existing model. */
export const LOOK_UP_TYPE = 'Custom::BedrockImportedModelLookUp';

/** The `ResourceProperties` of a lookup. Its `Data` is that of the `model` link. */
export interface LookUpProperties {
  readonly Link: 'lookUp';
  readonly ImportedModelName: string;
}

/** The order of import and deletion when a model is replaced. */
export type ReplacementOrder = 'CREATE_FIRST' | 'DELETE_FIRST';

/** A tag, as in the Bedrock API. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The content of a model: a change of it replaces the model. */
export interface ContentProperties {
  /** The location of the weights. */
  readonly S3Uri: string;
  /** The version of the weights. */
  readonly SourceVersion?: string;
  /** The key that encrypts the imported model. */
  readonly ImportedModelKmsKeyId?: string;
}

/** The properties of every link that can import: those of the import, and the time to wait for it. */
export interface ImportProperties extends ContentProperties {
  /** The wait window of this link. */
  readonly WindowMinutes: string;

  /** An explicit name instead of a generated one. */
  readonly ImportedModelName?: string;
  /** An explicit prefix of job names. */
  readonly JobNamePrefix?: string;

  /** The service role. */
  readonly RoleArn: string;
  readonly SubnetIds?: string[];
  readonly SecurityGroupIds?: string[];
  readonly ReplacementStrategy?: ReplacementOrder;
  /** Whether the new model is verified before it replaces the old one. Every link that starts an import must know it, see `VERIFICATION_TAG`. */
  readonly Verified?: 'true';
}

/** The properties of the links that set tags: the first, which starts the import, and the last, which represents the model. */
export interface TagProperties {
  readonly ImportedModelTags?: Tag[];
  readonly JobTags?: Tag[];
}

/** The properties of the links after the first. */
export interface FollowerProperties {
  /** The logical id of the `import` link, which owns everything that the chain imports. */
  readonly ImportLogicalId: string;
  /** `Ref` of the `import` link: generated names begin with its physical id. */
  readonly NamePrefix: string;
  /** The attribute `JobName` of the `import` link: the job that it has started or found. */
  readonly JobName: string;
}

export interface CheckLinkProperties extends ContentProperties {
  readonly Link: 'check';
  /** For a handler of an earlier version, to which an upgrade is rolled back: it does not know this link, and waits for one window. */
  readonly WindowMinutes: string;
  /** The logical id of the `import` link, which owns everything that the chain imports. */
  readonly ImportLogicalId: string;
  /** The ids of the rules whose findings do not stop the import. */
  readonly AcknowledgedRules?: string[];
}

export interface ImportLinkProperties extends ImportProperties, TagProperties {
  readonly Link: 'import';
  /** The readable part of generated names, from the construct path. It is used only when the link is created. */
  readonly NameBase: string;
}

export interface WaitLinkProperties extends ImportProperties, FollowerProperties {
  readonly Link: 'wait';
}

export interface ModelLinkProperties extends ImportProperties, TagProperties, FollowerProperties {
  readonly Link: 'model';
  /** The import timeout, for messages. */
  readonly ImportTimeoutMinutes: string;
  /** With `RETAIN`, this library never deletes a model of this resource. */
  readonly RemovalPolicy?: 'RETAIN';
  /** Whether the model that this one replaces is kept until this one is replaced. */
  readonly KeepPrevious?: 'true';
  /** How the model is verified: the body of InvokeModel, and a text that the answer must contain. */
  readonly VerificationBody?: string;
  readonly VerificationExpect?: string;
  /**
   * Increases with each attribute that is added to `ModelImportAttributes`. CloudFormation keeps the attributes of the last response, so without
   * an Update, a template that reads a new attribute would fail with "Vendor response doesn't contain ... key" (aws-cdk #8276). The Update
   * imports nothing.
   */
  readonly AttributesRevision: string;
}

/** The `ResourceProperties` of the template. */
export type ModelImportProperties = CheckLinkProperties | ImportLinkProperties | WaitLinkProperties | ModelLinkProperties;

/** See `ModelLinkProperties.AttributesRevision`. */
export const ATTRIBUTES_REVISION = '1';

/** The tag of a model with the removal policy `RETAIN`. It remains when the model is replaced or removed from the stack. */
export const RETAIN_TAG: Tag = { key: 'cdk-bedrock-model-import:removal-policy', value: 'RETAIN' };

/**
 * The tag of a model that is to be verified. Only a model whose verification is pending is deleted when it fails, so that no request can delete a
 * model that serves.
 */
export const VERIFICATION_TAG = { key: 'cdk-bedrock-model-import:verification', pending: 'PENDING', passed: 'PASSED' };

/**
 * The tag of a model with `KeepPrevious`: what it is replaced by. `decide/previous.ts` describes the states. All but the first have the name of another
 * model after a colon.
 */
export const REPLACED_BY_TAG = {
  key: 'cdk-bedrock-model-import:replaced-by', none: 'NONE', returned: 'RETURNED', replacing: 'REPLACING', kept: 'KEPT',
};

/** `Data` of the `check` link. */
export interface CheckAttributes {
  /** A digest of names, sizes and entity tags of the files, or `NOT_CHECKED`. */
  readonly FilesDigest: string;
}

/** The `FilesDigest` of files that could not be read. */
export const NOT_CHECKED = 'NOT_CHECKED';

/** `Data` of the `import` link. */
export interface ImportAttributes {
  /** The job that the next links follow, whether or not it has started. */
  readonly JobName: string;
}

/** `Data` of the `model` link: the attributes that `Fn::GetAtt` reads. Each of them always has a value. */
export interface ModelImportAttributes {
  readonly ModelArn: string;
  readonly ImportedModelName: string;
  readonly JobArn: string;
  readonly JobName: string;
  readonly ModelArchitecture: string;
  /** `true` or `false`. */
  readonly InstructSupported: string;
  readonly CustomModelUnitsPerModelCopy: string;
  readonly CustomModelUnitsVersion: string;
}
