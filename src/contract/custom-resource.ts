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
 * - `wait` waits for one window more. It makes nothing and removes nothing.
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

/** `ResourceProperties`, as they are in the template: the same for all links of a chain but for the first three. */
export interface ModelImportProperties {
  readonly Link: Link;
  /** The logical id of the `import` link, which owns everything that the chain makes; absent in that link itself. */
  readonly ImportLogicalId?: string;
  /** The job that the `import` link has started or found, its attribute; absent in that link itself. */
  readonly JobName?: string;
  /** How long this link waits. */
  readonly WindowMinutes: string;
  /** How long all links wait, for messages. */
  readonly ImportTimeoutMinutes: string;

  /** Content: where the weights are. */
  readonly S3Uri: string;
  /** Content: which weights these are, when they change in place. */
  readonly SourceVersion?: string;
  /** Content: the key that encrypts the imported model. */
  readonly ImportedModelKmsKeyId?: string;

  /** An exact name, instead of a generated one. */
  readonly ImportedModelName?: string;
  /** The readable part of generated names, from the construct path. */
  readonly NameBase: string;
  /** The readable part of job names, instead of `NameBase`. */
  readonly JobNamePrefix?: string;

  /** The service role. */
  readonly RoleArn: string;
  readonly SubnetIds?: string[];
  readonly SecurityGroupIds?: string[];
  readonly ImportedModelTags?: Tag[];
  readonly JobTags?: Tag[];
  readonly ReplacementStrategy?: ReplacementOrder;
}

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
