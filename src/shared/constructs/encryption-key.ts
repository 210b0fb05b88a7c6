import { CfnResource, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct, IConstruct } from 'constructs';
import { assertValid } from './validation';
import { complaint } from '../validation/complaint';

/**
 * Returns the key, or throws if Bedrock cannot use it.
 *
 * An alias is an `IKey`, but IAM statements on the ARN of an alias have no effect: it is resolved to its key, and refused if the key is unknown.
 */
export function usableKey(scope: Construct, property: string, given: kms.IKey): kms.IKey {
  const key = 'aliasName' in given ? targetOf(scope, property, given as kms.IAlias) : given;
  // The resource of a Key, or the one around what Key.fromCfnKey() returns.
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
    const problem = complaint(
      property, alias.aliasName, 'a key: CDK does not know the key of an imported alias, and IAM permissions on an alias have no effect',
      'Import the key itself with Key.fromKeyArn() or Key.fromLookup()');
    throw new Error(`${problem} [${scope.node.path}]`);
  }
}

function isKeyResource(construct: IConstruct | undefined): construct is kms.CfnKey {
  return construct !== undefined && CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::KMS::Key';
}

function checkKeyAttribute(property: string, value: string | undefined, wanted: string): string | undefined {
  if (value === undefined || Token.isUnresolved(value) || value === wanted) return undefined;
  return complaint(property, value, wanted, 'Bedrock encrypts with symmetric encryption keys only; pass such a key');
}
