import { CfnResource, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct, IConstruct } from 'constructs';
import { assertValid } from './validation';
import { complaint } from '../validation/complaint';

/**
 * Returns the key itself, or says why it cannot be used.
 *
 * An alias passes for an `IKey`, but IAM statements on an alias ARN allow nothing: resolve it where the key is known,
 * refuse it where it is not.
 */
export function usableKey(scope: Construct, property: string, given: kms.IKey): kms.IKey {
  const key = 'aliasName' in given ? targetOf(scope, property, given as kms.IAlias) : given;
  // Below a Key, or around what Key.fromCfnKey() returns.
  const resource = [key.node.defaultChild, key.node.scope].find(isKeyResource);
  if (resource) {
    const { keySpec, keyUsage } = resource;
    assertValid(
      scope,
      checkKeyAttribute(`${property}.keySpec`, keySpec, 'SYMMETRIC_DEFAULT'),
      checkKeyAttribute(`${property}.keyUsage`, keyUsage, 'ENCRYPT_DECRYPT'),
    );
  }
  return key;
}

function targetOf(scope: Construct, property: string, alias: kms.IAlias): kms.IKey {
  try {
    return alias.aliasTargetKey;
  } catch {
    assertValid(scope, complaint(
      property, alias.aliasName, 'a key: of an imported alias, CDK does not know which key it names, and IAM permissions on an alias have no effect',
      'Import the key itself with Key.fromKeyArn() or Key.fromLookup()'));
    throw new Error('unreachable');
  }
}

function isKeyResource(construct: IConstruct | undefined): construct is kms.CfnKey {
  return construct !== undefined && CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::KMS::Key';
}

function checkKeyAttribute(property: string, value: string | undefined, wanted: string): string | undefined {
  if (value === undefined || Token.isUnresolved(value) || value === wanted) return undefined;
  return complaint(property, value, wanted, 'Bedrock encrypts with symmetric encryption keys only; pass such a key');
}
