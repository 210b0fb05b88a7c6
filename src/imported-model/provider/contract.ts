/**
 * The contract between the construct, which writes the properties of the custom resource, and the handler, which reads
 * them and answers with the attributes. Both compile against this file; neither knows more of the other.
 *
 * CloudFormation turns every scalar into a string on the way. Properties written by an old version of this library keep
 * arriving for years, in `OldResourceProperties` and in `Delete`: add optional members, never change or remove one.
 */

/**
 * The types that users see in the template and in the console. A model is a chain of custom resources, because
 * CloudFormation gives each one hour, and an import can take longer:
 *
 * - `import` starts it, and waits for one window. Its physical id never changes, so that it is deleted only when the
 *   model is taken out of the stack; then it removes everything that it ever made.
 * - `wait` waits for one window more. It removes nothing, and it starts the import only when the turn of this model among the imports
 *   of the account has not come before.
 * - `model` waits for the last one, and is the model: it has the attributes, its physical id is the model's name, it is
 *   replaced when the model is replaced, and its deletion deletes that model.
 */
export const RESOURCE_TYPES = {
  import: 'Custom::BedrockModelImport',
  wait: 'Custom::BedrockModelImportWait',
  model: 'Custom::BedrockImportedModel',
} as const;

/** Which link of the chain a custom resource is. */
export type Link = keyof typeof RESOURCE_TYPES;

/** The type of a custom resource that finds a model which exists already. It makes nothing and removes nothing. */
export const LOOK_UP_TYPE = 'Custom::BedrockImportedModelLookUp';

/** Its `ResourceProperties`; its `Data` is that of the `model` link. */
export interface LookUpProperties {
  readonly Link: 'lookUp';
  readonly ImportedModelName: string;
}

/** What comes first when a model is replaced. */
export type ReplacementOrder = 'CREATE_FIRST' | 'DELETE_FIRST';

/** A tag, in the form of the Bedrock API. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** What all links of a chain have: what it takes to start an import, and how long to wait for it. */
export interface ImportProperties {
  /** How long this link waits. */
  readonly WindowMinutes: string;

  /** Content: where the weights are. */
  readonly S3Uri: string;
  /** Content: which weights these are, when they change in place. */
  readonly SourceVersion?: string;
  /** Content: the key that encrypts the imported model. */
  readonly ImportedModelKmsKeyId?: string;

  /** An exact name, instead of a generated one. */
  readonly ImportedModelName?: string;
  /** The readable part of job names, instead of that of the model. */
  readonly JobNamePrefix?: string;

  /** The service role. */
  readonly RoleArn: string;
  readonly SubnetIds?: string[];
  readonly SecurityGroupIds?: string[];
  readonly ReplacementStrategy?: ReplacementOrder;
}

/** What the links have that set tags: the first, with which an import begins, and the last, which is the model. */
export interface TagProperties {
  readonly ImportedModelTags?: Tag[];
  readonly JobTags?: Tag[];
}

/** What the links after the first have. */
export interface FollowerProperties {
  /** The logical id of the `import` link, which owns everything that the chain makes. */
  readonly ImportLogicalId: string;
  /** `Ref` of the `import` link: generated names begin with its physical id. */
  readonly NamePrefix: string;
  /** The job that the `import` link has started or found, its attribute. */
  readonly JobName: string;
}

export interface ImportLinkProperties extends ImportProperties, TagProperties {
  readonly Link: 'import';
  /** The readable part of generated names, from the construct path. It counts when the link is created, and never again. */
  readonly NameBase: string;
}

export interface WaitLinkProperties extends ImportProperties, FollowerProperties {
  readonly Link: 'wait';
}

export interface ModelLinkProperties extends ImportProperties, TagProperties, FollowerProperties {
  readonly Link: 'model';
  /** How long all links wait, for messages. */
  readonly ImportTimeoutMinutes: string;
  /** `RETAIN`: no model of this resource is ever deleted by anybody but its user. */
  readonly RemovalPolicy?: 'RETAIN';
  /**
   * Grows with each attribute that is added to `ModelImportAttributes`. CloudFormation keeps the attributes of the last answer, so
   * without an Update, a template that reads a new one would fail with "Vendor response doesn't contain ... key" (aws-cdk #8276). The Update
   * imports nothing.
   */
  readonly AttributesRevision: string;
}

/** `ResourceProperties`, as they are in the template. */
export type ModelImportProperties = ImportLinkProperties | WaitLinkProperties | ModelLinkProperties;

/** See `ModelLinkProperties.AttributesRevision`. */
export const ATTRIBUTES_REVISION = '1';

/** The tag of a model whose removal policy is `RETAIN`; it stays when the model is replaced or taken out of the stack. */
export const RETAIN_TAG: Tag = { key: 'cdk-bedrock-model-import:removal-policy', value: 'RETAIN' };

/** `Data` of the `import` link. */
export interface ImportAttributes {
  /** The job that the next links follow, whether it has been started yet or not. */
  readonly JobName: string;
}

/** `Data` of the `model` link, the attributes that `Fn::GetAtt` reads. Every one always has a value. */
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
