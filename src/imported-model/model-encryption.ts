import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { usableKey } from '../shared/constructs/encryption-key';
import { assertValid, checkSameAccount, checkSameRegion } from '../shared/constructs/validation';

/**
 * How a customer managed key may be used.
 *
 * The defaults are the least that the documents of AWS ask for. They have not been tried in a real account: if Bedrock refuses an import
 * because of the key, these switches allow more.
 */
export interface CustomerManagedKeyOptions {
  /**
   * Whether the service role may use the key, besides the provider's role.
   *
   * AWS documents the permissions of the caller of CreateModelImportJob only.
   *
   * @default false
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/encryption-import-model.html
   */
  readonly serviceRoleUsesKey?: boolean;

  /**
   * Whether `kms:CreateGrant` is allowed without conditions.
   *
   * By default it is allowed for AWS services that act in the name of the role only (`kms:GrantIsForAWSResource`), and for the operations that
   * AWS shows in the CloudTrail event of the grant (`kms:GrantOperations`).
   *
   * @default false
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-monitor-encryption-keys.html
   */
  readonly unconditionalGrants?: boolean;
}

/**
 * How Bedrock encrypts the imported model at rest.
 *
 * Another key means another import: the model is replaced.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/encryption-import-model.html
 *
 * @example
 * declare const key: kms.Key;
 *
 * const aKeyOfItsOwn = ModelEncryption.customerManaged();
 * const anExistingKey = ModelEncryption.customerManaged(key);
 */
export abstract class ModelEncryption {
  /**
   * A key that AWS owns and that costs nothing. The default.
   */
  public static awsOwnedKey(): ModelEncryption {
    return new AwsOwnedKey();
  }

  /**
   * A customer managed key, on top of the AWS owned key.
   *
   * The provider's role is allowed to use the key, and so is every principal that `grantInvoke()` is given. Without access to the key, the
   * model can no longer be invoked.
   *
   * @param key A symmetric encryption key of the same account and Region. By default a key is made for the model, with yearly
   * rotation and the removal policy of the model; the account's administrators can use it, as any key with the default policy of CDK.
   * @param options What is allowed on the key
   */
  public static customerManaged(key?: kms.IKey, options: CustomerManagedKeyOptions = {}): ModelEncryption {
    return new CustomerManagedKey(options, key);
  }

  /**
   * Called by the model that is encrypted.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, removalPolicy: RemovalPolicy): ModelKey | undefined;
}

/**
 * The key of a model, and what is allowed on it.
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
      checkSameAccount(scope, 'encryption', key, 'Pass a key of that account: Bedrock makes its grants on the key in the name of the provider'),
      checkSameRegion(scope, 'encryption', key, 'Pass a key of that Region, or a replica of a multi-Region key'),
    );
    return { key, ...this.options };
  }
}
