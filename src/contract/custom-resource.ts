/**
 * The contract between the construct, which writes the properties of the custom resource, and the handler, which reads
 * them and answers with the attributes. Both compile against this file; neither knows more of the other.
 *
 * CloudFormation turns every scalar into a string on the way. Properties written by an old version of this library keep
 * arriving for years, in `OldResourceProperties` and in `Delete`: add optional members, never change or remove one.
 */

/** The type that users see in the template and in the console. */
export const RESOURCE_TYPE = 'Custom::BedrockImportedModel';

/** A tag, in the form of the Bedrock API. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** `ResourceProperties`, as they are in the template. */
export interface ModelImportProperties {
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
  readonly ImportTimeoutMinutes: string;
}

/** `Data`, the attributes that `Fn::GetAtt` reads. Every one always has a value. */
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
