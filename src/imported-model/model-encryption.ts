import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { usableKey } from '../shared/constructs/encryption-key';
import { assertValid, checkSameAccount, checkSameRegion } from '../shared/constructs/validation';

/**
 * Options for a customer managed key.
 *
 * The defaults grant the least that the AWS documentation asks for. They have not been verified in an AWS account: if Bedrock refuses an import
 * because of the key, these options grant more.
 */
export interface CustomerManagedKeyOptions {
  /**
   * Whether the service role may use the key, in addition to the provider's role.
   *
   * AWS documents only the permissions of the caller of CreateModelImportJob.
   *
   * @default false
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/encryption-import-model.html
   */
  readonly serviceRoleUsesKey?: boolean;

  /**
   * Whether `kms:CreateGrant` is allowed without conditions.
   *
   * By default it is allowed only to AWS services on behalf of the role (`kms:GrantIsForAWSResource`), and only for the operations that AWS
   * documents in the CloudTrail event of the grant (`kms:GrantOperations`).
   *
   * @default false
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-monitor-encryption-keys.html
   */
  readonly unconditionalGrants?: boolean;
}

/**
 * The encryption of an imported model at rest.
 *
 * Changing the key replaces the model.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/encryption-import-model.html
 *
 * @example
 * declare const key: kms.Key;
 *
 * const newKey = ModelEncryption.customerManaged();
 * const existingKey = ModelEncryption.customerManaged(key);
 */
export abstract class ModelEncryption {
  /**
   * Encryption with a key that AWS owns, at no cost. This is the default.
   */
  public static awsOwnedKey(): ModelEncryption {
    return new AwsOwnedKey();
  }

  /**
   * Encryption with a customer managed KMS key.
   *
   * The provider's role may use the key, and so may the grantees of `grantInvoke()`. Nobody can invoke the model without access to the key.
   *
   * @param key A symmetric encryption key of the same account and Region. By default a new key is created, with yearly rotation, the removal
   * policy of the model, and the default key policy of CDK, which delegates access to IAM.
   * @param options Permissions on the key
   */
  public static customerManaged(key?: kms.IKey, options: CustomerManagedKeyOptions = {}): ModelEncryption {
    return new CustomerManagedKey(options, key);
  }

  /**
   * Binds the encryption to a model.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, removalPolicy: RemovalPolicy): ModelKey | undefined;
}

/**
 * The key of a model and the permissions on it.
 *
 * @internal
 */
export interface ModelKey extends CustomerManagedKeyOptions {
  readonly key: kms.IKey;
}

class AwsOwnedKey extends ModelEncryption {
  public _bind(): undefined {
    return undefined;
  }
}

class CustomerManagedKey extends ModelEncryption {
  constructor(private readonly options: CustomerManagedKeyOptions, private readonly key?: kms.IKey) {
    super();
  }

  public _bind(scope: Construct, removalPolicy: RemovalPolicy): ModelKey {
    if (!this.key) {
      const made = new kms.Key(scope, 'Key', {
        description: `Encrypts the imported model ${scope.node.path}`,
        enableKeyRotation: true,
        removalPolicy,
      });
      return { key: made, ...this.options };
    }
    const key = usableKey(scope, 'encryption', this.key);
    assertValid(
      scope,
      checkSameAccount(scope, 'encryption', key, 'Pass a key of that account: Bedrock creates its grants on the key on behalf of the provider'),
      checkSameRegion(scope, 'encryption', key, 'Pass a key of that Region, or a replica of a multi-Region key'),
    );
    return { key, ...this.options };
  }
}
