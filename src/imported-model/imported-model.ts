import {
  Annotations, Duration, type ITaggableV2, Lazy, PhysicalName, RemovalPolicy, Stack, TagManager, TagType, Token,
} from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import type { Construct, IConstruct } from 'constructs';
import { ImportChain } from './import-chain';
import { type IImportedModel, ImportedModelBase } from './imported-model-base';
import type { ImportedModelProps } from './imported-model-props';
import {
  arnOfOneModel, type ImportedModelAttributes, type ImportedModelParameterOptions, ImportedModelReference,
} from './imported-model-reference';
import { checkProps, checkRemovalPolicy, checkRetained, warnOfRegion } from './imported-model-validation';
import { annotateFindings } from './local-files';
import { ModelEncryption } from './model-encryption';
import { ModelFormatCheck } from './model-format-check';
import { RESOURCE_TYPES } from './provider/contract';
import { ModelImportProvider } from './provider/model-import-provider';
import { IMPORT_TIMEOUT, MINUTE, WAIT_WINDOW } from './provider/patience';
import { selectNetwork } from '../shared/constructs/job-network';
import { keyStatements } from '../shared/constructs/key-statements';
import { roleWithDocument } from '../shared/constructs/role-permissions';
import { bedrockJobs, networkStatements } from '../shared/constructs/service-role';
import { assertValid } from '../shared/constructs/validation';
import { complaint } from '../shared/validation/complaint';

/**
 * A custom model, imported into Amazon Bedrock from weights in Amazon S3.
 *
 * `cdk deploy` imports the model and waits until it is available; its ARN is an attribute of the resource. Changing the weights or the key
 * replaces the model: the new one is imported, then the old one is deleted. Tags, role and network are updated in place. `cdk destroy` deletes
 * the model.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-import-model.html
 *
 * @resource AWS::CloudFormation::CustomResource
 *
 * @example
 * declare const weights: s3.Bucket;
 * declare const chat: lambda.Function;
 *
 * const model = new ImportedModel(this, 'Llama', {
 *   source: ModelSource.fromBucket(weights, 'llama-3.1-8b-instruct/'),
 *   encryption: ModelEncryption.customerManaged(),
 * });
 * model.grantInvoke(chat);
 * new CfnOutput(this, 'ModelArn', { value: model.modelArn });
 */
@propertyInjectable
export class ImportedModel extends ImportedModelBase implements ITaggableV2, ec2.IConnectable {
  /** The id by which property injectors refer to imported models. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-bedrock-model-import.ImportedModel';

  /**
   * References an existing model by its ARN.
   *
   * For a model with a customer managed key, use `fromImportedModelAttributes()`, so that `grantInvoke()` includes the key.
   *
   * @param scope The parent construct
   * @param id The id of the construct
   * @param importedModelArn The ARN, like `arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl`
   */
  public static fromImportedModelArn(scope: Construct, id: string, importedModelArn: string): IImportedModel {
    return ImportedModel.fromImportedModelAttributes(scope, id, { importedModelArn });
  }

  /**
   * References an existing model by its ARN and its key.
   *
   * @param scope The parent construct
   * @param id The id of the construct
   * @param attrs The attributes of the model
   */
  public static fromImportedModelAttributes(scope: Construct, id: string, attrs: ImportedModelAttributes): IImportedModel {
    return new ImportedModelReference(scope, id, attrs.importedModelArn, attrs.encryptionKey);
  }

  /**
   * References a model whose ARN is in a parameter of SSM Parameter Store, as `publishArn()` writes it. CloudFormation reads the parameter in each
   * deployment.
   *
   * Within one app, the stack that publishes must be deployed first: `consumer.node.addDependency(producer)`.
   *
   * @param scope The parent construct
   * @param id The id of the construct
   * @param parameterName The name of the parameter, like `/models/llama`
   * @param options The key of the model
   */
  public static fromParameter(scope: Construct, id: string, parameterName: string, options: ImportedModelParameterOptions = {}): IImportedModel {
    const published = ssm.StringParameter.valueForStringParameter(scope, parameterName);
    return new ImportedModelReference(scope, id, arnOfOneModel(scope, published), options.encryptionKey);
  }

  /** The service role that Bedrock assumes for the import. */
  public readonly role: iam.IRole;

  /** The provider that performs the import. */
  public readonly provider: ModelImportProvider;

  /** The tags of the model and of its import job. */
  public readonly cdkTagManager: TagManager;

  /** The customer managed key of the model, if there is one. */
  public readonly encryptionKey?: kms.IKey;

  private readonly chain: ImportChain;
  private readonly _connections?: ec2.Connections;
  private _modelArn?: string;

  constructor(scope: Construct, id: string, props: ImportedModelProps) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.DESTROY;
    const importTimeout = props.importTimeout ?? Duration.millis(IMPORT_TIMEOUT.default);
    assertValid(this, ...checkProps(this, props));
    this.node.addValidation({ validate: () => this.chain.isRetained ? checkRetained(props) : [] });
    warnOfRegion(this);

    const modelKey = (props.encryption ?? ModelEncryption.awsOwnedKey())._bind(this, removalPolicy);
    const { role, document, permissions } = roleWithDocument(this, 'ServiceRole', props.role, {
      description: `Lets Amazon Bedrock import the model ${this.node.path}`.slice(0, 1000),
      assumedBy: bedrockJobs(this, 'model-import-job'),
      // Named only where another account has to know it.
      roleName: PhysicalName.GENERATE_IF_NEEDED,
    });
    const source = props.source._bind(this, role);
    const formatCheck = (props.formatCheck ?? ModelFormatCheck.enabled())._options();
    if (formatCheck) annotateFindings(this, formatCheck);
    const verification = props.verification?._bind(this);
    const network = selectNetwork(this, props, 'Import job of the model');
    document.addStatements(
      ...source.statements,
      ...modelKey?.serviceRoleUsesKey ? keyStatements(modelKey.key, modelKey.unconditionalGrants) : [],
      ...network ? networkStatements(this, 'model-import-job', network) : [],
    );
    this.role = role;
    this.encryptionKey = modelKey?.key;
    this._connections = network?.connections;

    this.cdkTagManager = new TagManager(TagType.KEY_VALUE, RESOURCE_TYPES.model);
    this.provider = props.provider ?? ModelImportProvider.getOrCreate(this);
    this.chain = new ImportChain(this, {
      serviceToken: this.provider.serviceToken,
      importTimeoutMinutes: importTimeout.toMinutes(),
      waitWindowMinutes: props._waitWindowMinutes ?? WAIT_WINDOW.max / MINUTE,
      removalPolicy,
      importedModelTags: () => ({ ...this.cdkTagManager.tagValues(), ...props.importedModelTags }),
      jobTags: () => ({ ...this.cdkTagManager.tagValues(), ...props.jobTags }),
      keepPrevious: props.keepPrevious ?? false,
      check: formatCheck && { AcknowledgedRules: formatCheck.acknowledge },
      verification,
      content: {
        S3Uri: source.s3Uri,
        SourceVersion: source.version,
        ImportedModelKmsKeyId: this.encryptionKey?.keyArn,
      },
      common: {
        ImportedModelName: props.importedModelName,
        JobNamePrefix: props.jobNamePrefix,
        RoleArn: role.roleArn,
        SubnetIds: network?.subnetIds,
        SecurityGroupIds: network?.securityGroupIds,
        ReplacementStrategy: props.replacementStrategy,
      },
    });
    const { dependencies, oneImportAtATime } = this.provider._serve(this, {
      serviceRole: role,
      modelKey,
      weightsKey: source.callerKey,
      filesStatements: formatCheck && source.checkStatements,
      invokes: verification !== undefined,
    });
    this.chain.addDependency(...permissions, ...source.dependencies, ...dependencies, ...network?.dependencies ?? []);
    if (oneImportAtATime) this.chain.takeTurn();
    // For escape hatches and applyRemovalPolicy(), as in every L2.
    this.node.defaultChild = this.chain.resource;
  }

  /**
   * The ARN of the model, like `arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl`: the `modelId` of InvokeModel. Each import
   * creates a new ARN.
   *
   * @attribute
   */
  public get modelArn(): string {
    this._modelArn ??= this.warnOfExport(arnOfOneModel(this, this.chain.attribute('ModelArn')));
    return this._modelArn;
  }

  /**
   * The name of the model.
   *
   * @attribute
   */
  public get importedModelName(): string {
    return this.chain.attribute('ImportedModelName');
  }

  /**
   * The ARN of the import job.
   *
   * @attribute
   */
  public get jobArn(): string {
    return this.chain.attribute('JobArn');
  }

  /**
   * The name of the import job.
   *
   * @attribute
   */
  public get jobName(): string {
    return this.chain.attribute('JobName');
  }

  /**
   * The architecture of the model, as recognized by Bedrock, like `llama`.
   *
   * @attribute
   */
  public get modelArchitecture(): string {
    return this.chain.attribute('ModelArchitecture');
  }

  /**
   * Whether the model supports the Converse API: `true` or `false`.
   *
   * @attribute
   */
  public get instructSupported(): string {
    return this.chain.attribute('InstructSupported');
  }

  /**
   * The number of custom model units of one model copy, in digits. The price of inference depends on it.
   *
   * @attribute
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-calculate-cost.html
   */
  public get customModelUnitsPerModelCopy(): string {
    return this.chain.attribute('CustomModelUnitsPerModelCopy');
  }

  /**
   * The version of the custom model units.
   *
   * @attribute
   */
  public get customModelUnitsVersion(): string {
    return this.chain.attribute('CustomModelUnitsVersion');
  }

  /**
   * A digest of the names, sizes and entity tags of the files at the last check, or `NOT_CHECKED` if they could not be read. They are checked when
   * source, version, key or acknowledged rules change. The command `check` prints the same digest for `s3://` locations: if it is another one, the
   * files have changed since. Undefined without a check.
   *
   * @attribute
   */
  public get filesDigest(): string | undefined {
    return this.chain.filesDigest;
  }

  /**
   * The network connections of the import job.
   *
   * Throws if the model has no `vpc`.
   */
  public get connections(): ec2.Connections {
    if (!this._connections) {
      throw new Error(`connections: only an import job in a VPC has network connections. Set the property vpc. [${this.node.path}]`);
    }
    return this._connections;
  }

  /**
   * Writes the ARN of the model to a parameter of SSM Parameter Store, for stacks that read it with `ImportedModel.fromParameter()`.
   *
   * Each import creates a new ARN, and CloudFormation refuses to change an export that another stack imports; a parameter can change. A stack
   * that reads it receives the new ARN with its next deployment. Until then it uses the old model, which is deleted at the end of this
   * deployment: read the parameter at run time where that matters.
   *
   * @param parameterName The name of the parameter, like `/models/llama`
   */
  public publishArn(parameterName: string): ssm.IStringParameter {
    assertValid(this, Token.isUnresolved(parameterName)
      ? complaint('parameterName', parameterName, 'known at synthesis', 'Pass a string without tokens; account and Region are not part of it')
      : undefined);
    // Parameter names have no colon, and ids have no slash.
    return new ssm.StringParameter(this, `Arn${parameterName.replaceAll('/', ':')}`, {
      parameterName,
      stringValue: this.modelArn,
      allowedPattern: '^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:imported-model/[a-z0-9]{12}$',
      description: `The ARN of the imported model ${this.node.path}`.slice(0, 1024),
    });
  }

  /**
   * Sets the policy for the model, and for the key that was created with it, when the model is replaced or removed from the stack.
   *
   * @param policy DESTROY or RETAIN
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    assertValid(this, checkRemovalPolicy(policy));
    this.chain.applyRemovalPolicy(policy);
    if (this.encryptionKey?.node.scope === this) this.encryptionKey.applyRemovalPolicy(policy);
  }

  /**
   * Warns if the ARN is used in another stack. CDK makes an export of it, and CloudFormation refuses to change an export that is in use: the first
   * deployment works, and every later import fails at its end.
   */
  private warnOfExport(modelArn: string): string {
    const home = rootStackOf(this);
    return Lazy.uncachedString({
      produce: ({ scope }) => {
        if (rootStackOf(scope) !== home) {
          Annotations.of(this).addWarningV2(
            'cdk-bedrock-model-import:crossStackReference',
            `${scope.node.path} uses the ARN of this model in another stack. Each import creates a new ARN, and CloudFormation refuses to change what another stack `
            + 'imports, so the next import of other weights will fail. Call publishArn() here, and use ImportedModel.fromParameter() there.',
          );
        }
        return modelArn;
      },
    });
  }
}

/** The stack that is deployed: nested stacks need no exports. */
function rootStackOf(scope: IConstruct): Stack {
  const stack = Stack.of(scope);
  return stack.nestedStackParent ? rootStackOf(stack.nestedStackParent) : stack;
}
