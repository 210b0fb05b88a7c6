import { Fn, Stack, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { ImportedModelBase } from './imported-model-base';
import { assertValid } from '../shared/constructs/validation';
import { withoutWildcards } from '../shared/constructs/wildcards';
import { complaint } from '../shared/validation/complaint';

/**
 * Attributes of an existing imported model.
 */
export interface ImportedModelAttributes {
  /** The ARN, like `arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl`. */
  readonly importedModelArn: string;

  /**
   * The customer managed key of the model. With it, `grantInvoke()` includes `kms:Decrypt`.
   *
   * @default - no permission on a key is granted
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * Options for a model whose ARN is in a parameter.
 */
export interface ImportedModelParameterOptions {
  /**
   * The customer managed key of the model. With it, `grantInvoke()` includes `kms:Decrypt`.
   *
   * @default - no permission on a key is granted
   */
  readonly encryptionKey?: kms.IKey;
}

/** A model that is not managed by this stack. */
export class ImportedModelReference extends ImportedModelBase {
  constructor(scope: Construct, id: string, public readonly modelArn: string, public readonly encryptionKey: kms.IKey | undefined) {
    assertValid(scope, checkModelArn(modelArn));
    super(scope, id, { environmentFromArn: modelArn });
  }
}

/**
 * The ARN of one model of this account and Region. Only the id is taken from the given ARN, without wildcards: the result is part of policies, and
 * a principal that can write a parameter, or answer CloudFormation, could have written `*`.
 */
export function arnOfOneModel(scope: Construct, arn: string): string {
  return Stack.of(scope).formatArn({ service: 'bedrock', resource: 'imported-model', resourceName: withoutWildcards(Fn.select(1, Fn.split('/', arn))) });
}

function checkModelArn(arn: string): string | undefined {
  if (Token.isUnresolved(arn)) return undefined;
  return /^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:imported-model\/[a-z0-9]{12}$/.test(arn) ? undefined : complaint(
    'importedModelArn', arn, 'the ARN of an imported model, like arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl',
    'Copy it from the output of the stack, or from the list of imported models in the Bedrock console');
}
