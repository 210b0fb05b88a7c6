import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { assertSameRegion, usableKey } from './private/encryption-key';

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
   * The provider's role and the service role are allowed to use the key, and so is every principal that
   * `grantInvoke()` is given. Take the key away, and the model can no longer be used.
   *
   * @param key A symmetric encryption key of the same account and Region. By default a key is made for the model, with yearly
   * rotation and the removal policy of the model.
   */
  public static customerManaged(key?: kms.IKey): ModelEncryption {
    return new CustomerManagedKey(key);
  }

  /**
   * Called by the model that is encrypted.
   *
   * @internal
   */
  public abstract _bind(scope: Construct, removalPolicy: RemovalPolicy): kms.IKey | undefined;
}

class AwsOwnedKey extends ModelEncryption {
  public _bind(): undefined {
    return undefined;
  }
}

class CustomerManagedKey extends ModelEncryption {
  constructor(private readonly key?: kms.IKey) {
    super();
  }

  public _bind(scope: Construct, removalPolicy: RemovalPolicy): kms.IKey {
    if (!this.key) {
      return new kms.Key(scope, 'Key', {
        description: `Encrypts the imported model ${scope.node.path}`,
        enableKeyRotation: true,
        removalPolicy,
      });
    }
    const key = usableKey(scope, 'encryption', this.key);
    assertSameRegion(scope, 'encryption', key);
    return key;
  }
}
