import { CustomResource } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { ImportedModelBase } from './imported-model-base';
import { arnOfOneModel } from './imported-model-reference';
import { LOOK_UP_TYPE, type LookUpProperties, type ModelImportAttributes } from './provider/contract';
import { ModelImportProvider } from './provider/model-import-provider';
import { assertValid, checkKnown } from '../shared/constructs/validation';
import { IMPORTED_MODEL_NAME } from '../shared/validation/api-constraints';

/**
 * Properties for looking up an imported model.
 */
export interface ImportedModelLookupProps {
  /** The name of the model: 1 to 63 letters and digits, with single `-` or `_` between them. */
  readonly importedModelName: string;

  /**
   * The customer managed key of the model. With it, `grantInvoke()` includes `kms:Decrypt`.
   *
   * @default - no permission on a key is granted
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The provider that performs the lookup.
   *
   * @default - the provider that the models of the stack share
   */
  readonly provider?: ModelImportProvider;
}

/**
 * Looks up an existing model of this account and Region by its name, during deployment.
 *
 * The deployment fails if there is no such model. The lookup is a custom resource that runs again only when the name changes: a model that is
 * imported again under the same name has another ARN. Use `publishArn()` and `ImportedModel.fromParameter()` for models that are replaced.
 *
 * @resource AWS::CloudFormation::CustomResource
 *
 * @example
 * declare const chat: lambda.Function;
 *
 * const model = new ImportedModelLookup(this, 'Llama', { importedModelName: 'llama-8b' });
 * model.grantInvoke(chat);
 */
export class ImportedModelLookup extends ImportedModelBase {
  /** The ARN of the model. */
  public readonly modelArn: string;

  /** The customer managed key of the model, if it was given. */
  public readonly encryptionKey?: kms.IKey;

  constructor(scope: Construct, id: string, props: ImportedModelLookupProps) {
    super(scope, id);
    assertValid(this, checkKnown('importedModelName', props.importedModelName, IMPORTED_MODEL_NAME));
    const provider = props.provider ?? ModelImportProvider.getOrCreate(this);
    const resource = new CustomResource(this, 'LookUp', {
      resourceType: LOOK_UP_TYPE,
      serviceToken: provider.serviceToken,
      properties: { Link: 'lookUp', ImportedModelName: props.importedModelName } satisfies LookUpProperties,
    });
    resource.node.addDependency(...provider._serve(this).dependencies);
    this.node.defaultChild = resource.node.defaultChild;
    this.modelArn = arnOfOneModel(this, resource.getAttString('ModelArn' satisfies keyof ModelImportAttributes));
    this.encryptionKey = props.encryptionKey;
  }
}
