import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { ModelEncryption } from './model-encryption';
import type { ModelFormatCheck } from './model-format-check';
import type { ModelSource } from './model-source';
import type { ModelVerification } from './model-verification';
import type { ModelImportProvider } from './provider/model-import-provider';
import type { ReplacementStrategy } from './replacement-strategy';

/**
 * Properties for defining an imported model.
 */
export interface ImportedModelProps {
  /**
   * The location of the weights.
   *
   * Changing it replaces the model: the new weights are imported, then the old model is deleted.
   */
  readonly source: ModelSource;

  /**
   * The name of the model in Bedrock: 1 to 63 letters and digits, with single `-` or `_` between them.
   *
   * Changing it replaces the model. A model with an explicit name cannot be replaced by one of the same name while it exists: change the name
   * together with the source, or use `ReplacementStrategy.DELETE_FIRST`.
   *
   * @default - generated from the construct path and a hash of source, version and key
   */
  readonly importedModelName?: string;

  /**
   * The prefix of import job names: 1 to 28 letters, digits, `+`, `-` or `.`.
   *
   * The rest of a job name is always generated, because Bedrock accepts each job name only once.
   *
   * @default - generated from the construct path
   */
  readonly jobNamePrefix?: string;

  /**
   * The service role that Bedrock assumes to read the weights and to encrypt the model.
   *
   * The permissions that the import needs are attached to it as a policy. Its trust policy is not changed.
   *
   * @default - a new role that only import jobs of this account and Region can assume, with read access to the weights
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-import-iam-role.html
   */
  readonly role?: iam.IRole;

  /**
   * The encryption of the model at rest. Changing the key replaces the model.
   *
   * @default ModelEncryption.awsOwnedKey()
   */
  readonly encryption?: ModelEncryption;

  /**
   * The VPC in which the import job runs. It needs a route to Amazon S3, for example a gateway endpoint.
   *
   * @default - the job runs in the network of Bedrock
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-custom-model-import.html
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of the import job: 1 to 16, preferably one in each Availability Zone.
   *
   * @default - the private subnets with egress if there are any, otherwise the isolated ones, otherwise the public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the import job: 1 to 5.
   *
   * @default - a new security group that allows outbound HTTPS only
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Tags of the model, in addition to those of `Tags.of(model)`, which they override. At most 50 in total.
   *
   * Tags are changed in place, without another import.
   *
   * @default - only the tags of `Tags.of()`
   */
  readonly importedModelTags?: { [key: string]: string };

  /**
   * Tags of the import job, in addition to those of `Tags.of(model)`, which they override. At most 50 in total.
   *
   * @default - only the tags of `Tags.of()`
   */
  readonly jobTags?: { [key: string]: string };

  /**
   * The policy for the model when it is replaced or removed from the stack.
   *
   * By default the model is deleted: its weights remain in Amazon S3, and a model incurs storage cost and counts towards the quota of three
   * models per account.
   *
   * With `RETAIN`, this library never deletes a model: neither one that is replaced or removed, nor what a failed deployment has left. The tag
   * `cdk-bedrock-model-import:removal-policy` marks the model, so that it is kept even if the policy is changed later. Delete it yourself when you
   * no longer need it. `RETAIN` cannot be combined with `ReplacementStrategy.DELETE_FIRST`.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * The maximum time of the import, including the wait for other imports of the account: 1 minute to 12 hours.
   *
   * When it has elapsed, the deployment fails. A running import cannot be stopped; its model is deleted when it appears. CloudFormation gives a
   * custom resource one hour, so a longer timeout adds one custom resource for each 55 minutes. Unused time costs nothing.
   *
   * @default Duration.hours(2)
   */
  readonly importTimeout?: Duration;

  /**
   * Whether the new model is imported before or after the old one is deleted.
   *
   * @default ReplacementStrategy.CREATE_FIRST
   */
  readonly replacementStrategy?: ReplacementStrategy;

  /**
   * Whether the former model is kept when it is replaced, until the next replacement is complete.
   *
   * Consumers that still have the old ARN go on, and going back to the former weights needs no import. It occupies a place in the account's model
   * quota and incurs storage cost: with the new model that is being imported, three models exist at times, which is the default quota.
   *
   * It cannot be combined with `ReplacementStrategy.DELETE_FIRST`. With `RemovalPolicy.RETAIN`, every model is kept anyway.
   *
   * @default false
   */
  readonly keepPrevious?: boolean;

  /**
   * The check of the files before the import.
   *
   * @default ModelFormatCheck.enabled()
   */
  readonly formatCheck?: ModelFormatCheck;

  /**
   * The verification of a new model after its import, before it replaces the old one. It starts billing for a model copy.
   *
   * @default - the model is not invoked
   */
  readonly verification?: ModelVerification;

  /**
   * The provider that performs the import.
   *
   * It cannot be changed for a deployed model.
   *
   * @default - the provider that the models of the stack share
   */
  readonly provider?: ModelImportProvider;

  /**
   * The minutes that one custom resource of the chain waits. Short windows are for tests of long chains.
   *
   * @internal
   */
  readonly _waitWindowMinutes?: number;
}
