import {
  Annotations, CfnDeletionPolicy, type CfnResource, CustomResource, Duration, Fn, type ITaggableV2, Lazy, Names, PhysicalName, RemovalPolicy, Stack,
  TagManager, TagType,
  Token,
} from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct, type IConstruct } from 'constructs';
import { type IImportedModel, ImportedModelBase } from './imported-model-base';
import { ModelEncryption } from './model-encryption';
import type { ModelSource } from './model-source';
import {
  ATTRIBUTES_REVISION, type FollowerProperties, type ImportAttributes, type ImportLinkProperties, type Link, LOOK_UP_TYPE, type LookUpProperties,
  type ModelImportAttributes, type ModelImportProperties, type ModelLinkProperties, RESOURCE_TYPES, RETAIN_TAG, type Tag, type WaitLinkProperties,
} from './provider/contract';
import { ModelImportProvider } from './provider/model-import-provider';
import { ReplacementStrategy } from './replacement-strategy';
import { additionsTo, waysTo } from '../shared/constructs/dependencies';
import { checkSameAccount } from '../shared/constructs/environment';
import { keyStatements } from '../shared/constructs/key-statements';
import { roleWithDocument } from '../shared/constructs/role';
import { bedrockImportJobs, networkStatements } from '../shared/constructs/service-role';
import { assertValid, checkKnown } from '../shared/constructs/validation';
import { withoutWildcards } from '../shared/constructs/wildcards';
import {
  checkCount, checkImportTimeout, checkTags, complaint, IMPORT_TIMEOUT_MINUTES, IMPORTED_MODEL_NAME, JOB_NAME_PREFIX, MAX_SECURITY_GROUPS,
  MAX_SUBNETS, MODEL_NAME_BASE_LENGTH,
} from '../shared/validation/api-constraints';

/**
 * How a model is imported.
 */
export interface ImportedModelProps {
  /**
   * Where the weights are. Other weights are another model: they are imported, then the old model is deleted.
   */
  readonly source: ModelSource;

  /**
   * The exact name of the model in Bedrock: 1 to 63 letters and digits, with single `-` or `_` between them.
   *
   * A model with an exact name cannot be replaced as long as it exists: to import other weights, change the name as well, or
   * choose `ReplacementStrategy.DELETE_FIRST`.
   *
   * @default - a name is generated from the construct path and from what the model is made of
   */
  readonly importedModelName?: string;

  /**
   * How the names of the import jobs begin: 1 to 28 letters, digits, `+`, `-` or `.`.
   *
   * A job name can be used only once, for ever, so the rest is generated.
   *
   * @default - generated from the construct path
   */
  readonly jobNamePrefix?: string;

  /**
   * The service role that Bedrock assumes to read the weights and to encrypt the model.
   *
   * What it needs is added to it in a policy of its own; its trust policy is up to you.
   *
   * @default - a role that only import jobs of this account and Region can assume, and that can read the weights only
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-import-iam-role.html
   */
  readonly role?: iam.IRole;

  /**
   * How Bedrock encrypts the model. Another key is another import.
   *
   * @default ModelEncryption.awsOwnedKey()
   */
  readonly encryption?: ModelEncryption;

  /**
   * The VPC that the import job runs in. It needs a way to Amazon S3: a gateway endpoint is enough.
   *
   * @default - the job runs in the network of Bedrock
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-custom-model-import.html
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Which subnets of the VPC the job may use, at most 16; best one in each Availability Zone.
   *
   * @default - the private subnets with egress, or else the isolated ones, or else the public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the job, at most 5.
   *
   * @default - a new security group, with HTTPS to anywhere as its only way out, and no way in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Tags of the model, besides those of `Tags.of(model)`, over which they win. At most 50 in all.
   *
   * They are changed in place, without another import.
   *
   * @default - only those of `Tags.of()`
   */
  readonly importedModelTags?: { [key: string]: string };

  /**
   * Tags of the import job, besides those of `Tags.of(model)`, over which they win. At most 50 in all.
   *
   * @default - only those of `Tags.of()`
   */
  readonly jobTags?: { [key: string]: string };

  /**
   * What becomes of the model when it is replaced or removed from the stack.
   *
   * The weights are still in Amazon S3, and a model costs storage as long as it exists and holds one of the three that
   * an account can have: therefore it is deleted.
   *
   * With `RETAIN`, this library deletes no model: neither the one that is replaced or removed, nor what a failed deployment has left. The
   * tag `cdk-bedrock-model-import:removal-policy` marks the model, so that it is kept even if the policy is changed later; delete it yourself
   * when you no longer need it. `RETAIN` and `ReplacementStrategy.DELETE_FIRST` exclude each other.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * How long the deployment waits for the import, its turn among the imports of the account included: 1 minute to 12 hours.
   * After that it fails. The import cannot be stopped; its model is deleted as soon as it is there.
   *
   * CloudFormation gives a custom resource one hour, so a longer wait is a chain of them: one for each 55 minutes. The time
   * costs nothing as long as it is not needed.
   *
   * @default Duration.hours(2)
   */
  readonly importTimeout?: Duration;

  /**
   * What comes first when the model is replaced: the new model or the end of the old one.
   *
   * @default ReplacementStrategy.CREATE_FIRST
   */
  readonly replacementStrategy?: ReplacementStrategy;

  /**
   * Who imports the model.
   *
   * @default - the provider that the models of the stack share
   */
  readonly provider?: ModelImportProvider;
}

/**
 * What is known of a model that was imported elsewhere.
 */
export interface ImportedModelAttributes {
  /** The ARN, like `arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl`. */
  readonly importedModelArn: string;

  /**
   * The customer managed key that encrypts the model: then `grantInvoke()` includes `kms:Decrypt` on it.
   *
   * @default - no permission on a key is given
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What is known of a model besides the parameter that has its ARN.
 */
export interface ImportedModelParameterOptions {
  /**
   * The customer managed key that encrypts the model: then `grantInvoke()` includes `kms:Decrypt` on it.
   *
   * @default - no permission on a key is given
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * How a model is found by its name.
 */
export interface ImportedModelLookUpOptions extends ImportedModelParameterOptions {
  /**
   * Who asks Bedrock for the model.
   *
   * @default - the provider that the models of the stack share
   */
  readonly provider?: ModelImportProvider;
}

/**
 * A model of your own, imported into Amazon Bedrock from its weights in Amazon S3.
 *
 * `cdk deploy` imports it and waits for it; its ARN is then an attribute like that of any resource. Other weights or another
 * key import a new model and delete the old one. Tags, role and network change in place. `cdk destroy` deletes the model.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-customization-import-model.html
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
  /** What a property injector names to reach every imported model. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-bedrock-model-import.ImportedModel';

  /**
   * A model that was imported elsewhere, by its ARN.
   *
   * For a model with a customer managed key, take `fromImportedModelAttributes()`: `grantInvoke()` does not know of a key here.
   *
   * @param scope The parent construct
   * @param id The id of the construct
   * @param importedModelArn The ARN, like `arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl`
   */
  public static fromImportedModelArn(scope: Construct, id: string, importedModelArn: string): IImportedModel {
    return ImportedModel.fromImportedModelAttributes(scope, id, { importedModelArn });
  }

  /**
   * A model that was imported elsewhere, by its ARN and its key.
   *
   * @param scope The parent construct
   * @param id The id of the construct
   * @param attributes What is known of the model
   */
  public static fromImportedModelAttributes(scope: Construct, id: string, attributes: ImportedModelAttributes): IImportedModel {
    const { importedModelArn, encryptionKey } = attributes;
    assertValid(scope, checkModelArn(importedModelArn));
    return new ImportedModelReference(scope, id, importedModelArn, encryptionKey);
  }

  /**
   * A model of this account and Region that exists already, by its name: Bedrock is asked for its ARN when the stack is deployed.
   *
   * The deployment fails when there is none. It asks again only when the name is changed: a model that is imported again under the
   * same name has another ARN, for which `publishArn()` and `fromParameter()` are made.
   *
   * @param scope The parent construct
   * @param id The id of the construct
   * @param importedModelName The name: 1 to 63 letters and digits, with single `-` or `_` between them
   * @param options The model's key, and who asks for it
   */
  public static fromImportedModelName(
    scope: Construct, id: string, importedModelName: string, options: ImportedModelLookUpOptions = {},
  ): IImportedModel {
    assertValid(scope, checkKnown('importedModelName', importedModelName, IMPORTED_MODEL_NAME));
    const found = new Construct(scope, id);
    const provider = options.provider ?? ModelImportProvider.getOrCreate(scope);
    const resource = new CustomResource(found, 'LookUp', {
      resourceType: LOOK_UP_TYPE,
      serviceToken: provider.serviceToken,
      properties: { Link: 'lookUp', ImportedModelName: importedModelName } satisfies LookUpProperties,
    });
    resource.node.addDependency(...provider._allowLookUp(found));
    const modelArn = arnOfOneModel(found, resource.getAttString('ModelArn' satisfies keyof ModelImportAttributes));
    return new ImportedModelReference(found, 'Model', modelArn, options.encryptionKey);
  }

  /**
   * A model whose ARN is in a parameter of SSM Parameter Store, as `publishArn()` keeps it there. CloudFormation reads it in each
   * deployment.
   *
   * In one app, the stack that publishes has to be deployed first: `consumer.node.addDependency(producer)`.
   *
   * @param scope The parent construct
   * @param id The id of the construct
   * @param parameterName The name of the parameter, like `/models/llama`
   * @param options The model's key
   */
  public static fromParameter(scope: Construct, id: string, parameterName: string, options: ImportedModelParameterOptions = {}): IImportedModel {
    const published = ssm.StringParameter.valueForStringParameter(scope, parameterName);
    return ImportedModel.fromImportedModelAttributes(scope, id, { importedModelArn: arnOfOneModel(scope, published), ...options });
  }

  /**
   * The ARN of the imported model, like `arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl`: the
   * `modelId` of InvokeModel. Each import makes a new one.
   *
   * @attribute
   */
  public readonly modelArn: string;

  /**
   * The name of the imported model.
   *
   * @attribute
   */
  public readonly importedModelName: string;

  /**
   * The ARN of the job that imported the model.
   *
   * @attribute
   */
  public readonly jobArn: string;

  /**
   * The name of the job that imported the model.
   *
   * @attribute
   */
  public readonly jobName: string;

  /**
   * The architecture of the model, as Bedrock has recognized it, like `llama`.
   *
   * @attribute
   */
  public readonly modelArchitecture: string;

  /**
   * Whether the model supports the Converse API: `true` or `false`.
   *
   * @attribute
   */
  public readonly instructSupported: string;

  /**
   * How many custom model units one running copy of the model takes, a number in digits. It is what the price depends on.
   *
   * @attribute
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-calculate-cost.html
   */
  public readonly customModelUnitsPerModelCopy: string;

  /**
   * The version of the custom model units.
   *
   * @attribute
   */
  public readonly customModelUnitsVersion: string;

  /** The service role that Bedrock assumes for the import. */
  public readonly role: iam.IRole;

  /** The provider that imports the model. */
  public readonly provider: ModelImportProvider;

  /** The tags of the model and of its job. */
  public readonly cdkTagManager: TagManager;

  /** The customer managed key that encrypts the model, if there is one. */
  public readonly encryptionKey?: kms.IKey;

  private readonly links: CustomResource[];
  private readonly _connections?: ec2.Connections;

  constructor(scope: Construct, id: string, props: ImportedModelProps) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.DESTROY;
    const importTimeout = props.importTimeout ?? Duration.minutes(IMPORT_TIMEOUT_MINUTES.default);
    assertValid(
      this,
      checkKnown('importedModelName', props.importedModelName, IMPORTED_MODEL_NAME),
      checkKnown('jobNamePrefix', props.jobNamePrefix, JOB_NAME_PREFIX),
      checkDuration(importTimeout),
      checkRemovalPolicy(removalPolicy),
      props.vpc ? undefined : checkNeedsVpc(props),
      props.role && checkSameAccount(this, 'role', props.role, 'Pass a role of that account: iam:PassRole does not reach another one'),
      checkNameIsFree(this, props.importedModelName),
    );

    warnOfRegion(this);

    const source = props.source._bind(this);
    const modelKey = (props.encryption ?? ModelEncryption.awsOwnedKey())._bind(this, removalPolicy);
    this.encryptionKey = modelKey?.key;

    const { role, document, permissions } = roleWithDocument(this, 'ServiceRole', props.role, {
      description: `Lets Amazon Bedrock import the model ${this.node.path}`.slice(0, 1000),
      assumedBy: bedrockImportJobs(this),
      // Named only where another account has to know it.
      roleName: PhysicalName.GENERATE_IF_NEEDED,
    });
    this.role = role;
    document.addStatements(...source.statements);
    if (modelKey?.serviceRoleUsesKey) document.addStatements(...keyStatements(modelKey.key, modelKey.unconditionalGrants));
    const network = props.vpc && this.selectNetwork(props.vpc, props);
    if (network) {
      this._connections = new ec2.Connections({ securityGroups: network.securityGroups });
      document.addStatements(...networkStatements(this, network.subnetIds, network.securityGroupIds));
    }

    this.cdkTagManager = new TagManager(TagType.KEY_VALUE, RESOURCE_TYPES.model);
    const modelTags = () => ({ ...this.cdkTagManager.tagValues(), ...props.importedModelTags });
    const jobTags = () => ({ ...this.cdkTagManager.tagValues(), ...props.jobTags });
    // Tags of outer scopes arrive while the app is synthesized, so they are checked after that.
    this.node.addValidation({
      validate: () => [...checkTags('importedModelTags', { ...knownPart(modelTags()), ...this.isRetained() ? { [RETAIN_TAG.key]: '' } : {} }), ...checkTags('jobTags', knownPart(jobTags()))],
    });

    this.provider = props.provider ?? ModelImportProvider.getOrCreate(this);
    const common = {
      S3Uri: source.s3Uri,
      SourceVersion: source.version,
      ImportedModelKmsKeyId: this.encryptionKey?.keyArn,
      ImportedModelName: props.importedModelName,
      JobNamePrefix: props.jobNamePrefix,
      RoleArn: role.roleArn,
      SubnetIds: network?.subnetIds,
      SecurityGroupIds: network?.securityGroupIds,
      ReplacementStrategy: props.replacementStrategy,
    };
    const tags = { ImportedModelTags: renderTags(modelTags), JobTags: renderTags(jobTags) };
    const propertiesOf = ({ link, windowMinutes }: LinkPlan, first: CustomResource | undefined): ModelImportProperties => {
      const WindowMinutes = String(windowMinutes);
      if (!first) {
        const NameBase = Names.uniqueResourceName(this, { maxLength: MODEL_NAME_BASE_LENGTH });
        return { Link: 'import', NameBase, WindowMinutes, ...common, ...tags } satisfies ImportLinkProperties;
      }
      const follower: FollowerProperties = {
        ImportLogicalId: (first.node.defaultChild as CfnResource).logicalId,
        NamePrefix: first.ref,
        JobName: first.getAttString('JobName' satisfies keyof ImportAttributes),
      };
      if (link === 'wait') return { Link: link, ...follower, WindowMinutes, ...common } satisfies WaitLinkProperties;
      return {
        Link: 'model',
        ...follower,
        WindowMinutes,
        ImportTimeoutMinutes: String(importTimeout.toMinutes()),
        ...common,
        ...tags,
        // Read when all is known: applyRemovalPolicy(), RemovalPolicies.of() and aspects come after the constructor.
        RemovalPolicy: Lazy.string({ produce: () => this.isRetained() ? 'RETAIN' : undefined }) as 'RETAIN',
        AttributesRevision: ATTRIBUTES_REVISION,
      } satisfies ModelLinkProperties;
    };
    this.links = linksOf(importTimeout.toMinutes(), this.provider.waitWindow.toMinutes()).reduce<CustomResource[]>((chain, plan) => {
      const resource = new CustomResource(this, plan.id, {
        resourceType: RESOURCE_TYPES[plan.link],
        serviceToken: this.provider.serviceToken,
        removalPolicy,
        properties: propertiesOf(plan, chain.at(0)),
      });
      if (chain.length > 1) resource.node.addDependency(chain[chain.length - 1]);
      return [...chain, resource];
    }, []);
    this.node.addValidation({ validate: () => this.isRetained() ? checkRetained(props) : [] });
    const [first, resource] = [this.links[0], this.links[this.links.length - 1]];

    // Permissions and network come before the import, and stay until the model is gone.
    first.node.addDependency(
      ...permissions,
      ...props.source._admit(role, source.encryptionKey),
      ...this.provider._allowImport(this, role, modelKey, source.callerKey),
      ...network?.dependencies ?? [],
    );
    this.provider._takeTurn(first, resource);

    // What users of L2s expect it to be, for escape hatches and for applyRemovalPolicy().
    this.node.defaultChild = resource.node.defaultChild;

    const attribute = (name: keyof ModelImportAttributes) => resource.getAttString(name);
    this.modelArn = this.warnOfExport(arnOfOneModel(this, attribute('ModelArn')));
    this.importedModelName = attribute('ImportedModelName');
    this.jobArn = attribute('JobArn');
    this.jobName = attribute('JobName');
    this.modelArchitecture = attribute('ModelArchitecture');
    this.instructSupported = attribute('InstructSupported');
    this.customModelUnitsPerModelCopy = attribute('CustomModelUnitsPerModelCopy');
    this.customModelUnitsVersion = attribute('CustomModelUnitsVersion');
  }

  /**
   * The network connections of the import job.
   *
   * It is an error to ask for them if the model has no `vpc`.
   */
  public get connections(): ec2.Connections {
    if (!this._connections) {
      throw new Error(`connections: only an import job in a VPC has network connections. Set the property vpc. [${this.node.path}]`);
    }
    return this._connections;
  }

  /**
   * Keeps the ARN of the model in a parameter of SSM Parameter Store, for stacks that `ImportedModel.fromParameter()` reads it in.
   *
   * Each import makes a new ARN, and CloudFormation refuses to change an export that another stack imports; a parameter can
   * change. Whoever uses it sees the new ARN with the next deployment; until then it uses the old model, which is deleted at the
   * end of this deployment. Read the parameter at run time where that matters.
   *
   * @param parameterName The name of the parameter, like `/models/llama`
   */
  public publishArn(parameterName: string): ssm.IStringParameter {
    assertValid(this, Token.isUnresolved(parameterName)
      ? complaint('parameterName', parameterName, 'known at synthesis', 'Pass a text; the account and Region need not be in it')
      : undefined);
    // A colon is in no name of a parameter, and a slash in no id.
    return new ssm.StringParameter(this, `Arn${parameterName.replaceAll('/', ':')}`, {
      parameterName,
      stringValue: this.modelArn,
      allowedPattern: '^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:imported-model/[a-z0-9]{12}$',
      description: `The ARN of the imported model ${this.node.path}`.slice(0, 1024),
    });
  }

  /**
   * What becomes of the model, and of the key that was made for it, when it is replaced or removed from the stack.
   *
   * @param policy DESTROY or RETAIN
   */
  public applyRemovalPolicy(policy: RemovalPolicy): void {
    assertValid(this, checkRemovalPolicy(policy));
    for (const link of this.links) link.applyRemovalPolicy(policy);
    if (this.encryptionKey?.node.scope === this) this.encryptionKey.applyRemovalPolicy(policy);
  }

  /**
   * The ARN for all stacks. In another stack, CDK makes an export of it, and CloudFormation refuses to change an export that is in use: the
   * first deployment works, and every later import fails at its end.
   */
  private warnOfExport(modelArn: string): string {
    const home = deploymentOf(this);
    return Lazy.uncachedString({
      produce: ({ scope }) => {
        if (deploymentOf(scope) !== home) {
          Annotations.of(this).addWarningV2(
            'cdk-bedrock-model-import:crossStackReference',
            `${scope.node.path} uses the ARN of this model in another stack. Each import makes a new ARN, and CloudFormation refuses to change what another stack `
            + 'imports, so the next import of other weights will fail. Call publishArn() here, and use ImportedModel.fromParameter() there.',
          );
        }
        return modelArn;
      },
    });
  }

  /** Whether any of the custom resources has the removal policy RETAIN, by whatever way it came there. */
  private isRetained(): boolean {
    return this.links.some(link => {
      const { deletionPolicy, updateReplacePolicy } = (link.node.defaultChild as CfnResource).cfnOptions;
      return [deletionPolicy, updateReplacePolicy].some(policy => policy !== undefined && policy !== CfnDeletionPolicy.DELETE);
    });
  }

  private selectNetwork(vpc: ec2.IVpc, props: ImportedModelProps) {
    const subnets = vpc.selectSubnets(props.vpcSubnets);
    const { subnetIds } = subnets;
    const securityGroups = props.securityGroups ?? [this.egressOnly(vpc)];
    assertValid(
      this,
      Token.isUnresolved(subnetIds)
        ? complaint('vpcSubnets', 'one token', 'a list with a known number of subnets', 'Give their number with Fn.split() or Fn.importListValue(), for each of them is in a policy')
        : checkCount('vpcSubnets', subnetIds.length, 1, MAX_SUBNETS, 'Select other subnets with vpcSubnets; one in each Availability Zone is enough'),
      checkCount('securityGroups', securityGroups.length, 1, MAX_SECURITY_GROUPS, 'Combine the rules in fewer groups, or omit the property'),
    );
    return {
      subnetIds,
      securityGroups,
      securityGroupIds: securityGroups.map(group => group.securityGroupId),
      dependencies: [...waysTo(['s3'], vpc, subnets), ...securityGroups.map(additionsTo)],
    };
  }

  private egressOnly(vpc: ec2.IVpc): ec2.ISecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      // EC2 takes ASCII only.
      description: `Import job of the model ${this.node.path}`.replace(/[^ -~]/g, '-').slice(0, 255),
      allowAllOutbound: false,
    });
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Amazon S3 and other AWS APIs');
    return group;
  }
}

/** A model that another stack, or nobody, takes care of. */
class ImportedModelReference extends ImportedModelBase {
  constructor(scope: Construct, id: string, public readonly modelArn: string, public readonly encryptionKey: kms.IKey | undefined) {
    super(scope, id, { environmentFromArn: modelArn });
  }
}

/** A stack with its nested stacks: they are deployed together, and need no exports. */
function deploymentOf(scope: IConstruct): Stack {
  const stack = Stack.of(scope);
  return stack.nestedStackParent ? deploymentOf(stack.nestedStackParent) : stack;
}

/**
 * The ARN of one model of this account and Region, from another ARN of which only the id is taken, without wildcards: it goes into policies,
 * and whoever can write a parameter, or answer CloudFormation, could have written a star.
 */
function arnOfOneModel(scope: Construct, arn: string): string {
  return Stack.of(scope).formatArn({ service: 'bedrock', resource: 'imported-model', resourceName: withoutWildcards(Fn.select(1, Fn.split('/', arn))) });
}

interface LinkPlan {
  readonly id: string;
  readonly link: Link;
  readonly windowMinutes: number;
}

/** The chain of custom resources that has the time to wait: each at most one window, at least the first and the last. */
function linksOf(importTimeout: number, waitWindow: number): LinkPlan[] {
  const length = Math.max(2, Math.ceil(importTimeout / waitWindow));
  return Array.from({ length }, (_, index): LinkPlan => {
    const windowMinutes = Math.min(waitWindow, Math.max(1, importTimeout - index * waitWindow));
    if (index === 0) return { id: 'Import', link: 'import', windowMinutes };
    return index === length - 1 ? { id: 'Resource', link: 'model', windowMinutes } : { id: `Wait${index}`, link: 'wait', windowMinutes };
  });
}

function renderTags(tags: () => { [key: string]: string }): Tag[] {
  // A token in place of the list: it is made when all tags are known. Sorted, for the order in which a map is given is another
  // one in each language, and in Java in each run.
  return Lazy.any(
    { produce: () => Object.entries(tags()).map(([key, value]): Tag => ({ key, value })).sort((a, b) => a.key < b.key ? -1 : 1) },
    { omitEmptyArray: true },
  ) as unknown as Tag[];
}

/** Tags without what only the deployment knows; as many as there are. */
function knownPart(tags: { [key: string]: string }): { [key: string]: string } {
  return Object.fromEntries(Object.entries(tags).map(([key, value], index) => [
    Token.isUnresolved(key) ? `token-${index}` : key,
    Token.isUnresolved(value) ? '' : value,
  ]));
}

function checkDuration(importTimeout: Duration): string | undefined {
  return importTimeout.isUnresolved()
    ? complaint('importTimeout', importTimeout.toString(), 'known at synthesis: it decides how many resources there are', 'Pass a number')
    : checkImportTimeout('importTimeout', importTimeout.toMinutes({ integral: false }));
}

/** Where Custom Model Import can be had, as of the end of 2026. AWS adds Regions, hence no error. */
const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-central-1'];

function warnOfRegion(model: ImportedModel): void {
  const { region } = Stack.of(model);
  if (Token.isUnresolved(region) || REGIONS.includes(region)) return;
  Annotations.of(model).addWarningV2(
    'cdk-bedrock-model-import:regionWithoutCustomModelImport',
    `Amazon Bedrock Custom Model Import is known in ${REGIONS.join(', ')}, and not in ${region}. Deploy the model in one of these Regions, or acknowledge `
    + 'this warning if AWS has added yours.',
  );
}

function checkRemovalPolicy(removalPolicy: RemovalPolicy): string | undefined {
  return removalPolicy === RemovalPolicy.SNAPSHOT
    ? complaint('removalPolicy', removalPolicy, 'DESTROY or RETAIN', 'Bedrock has no snapshots of models; the weights in Amazon S3 are the copy')
    : undefined;
}

function checkRetained({ replacementStrategy }: ImportedModelProps): string[] {
  return replacementStrategy === ReplacementStrategy.DELETE_FIRST ? [complaint(
    'replacementStrategy', replacementStrategy, 'CREATE_FIRST when the removal policy is RETAIN: DELETE_FIRST deletes the model that RETAIN keeps',
    'Choose one of the two')] : [];
}

const exactNames = new WeakMap<Stack, Set<string>>();

/** Two models cannot have one name. Known within a stack only: others may be of other accounts. */
function checkNameIsFree(model: ImportedModel, name: string | undefined): string | undefined {
  if (name === undefined || Token.isUnresolved(name)) return undefined;
  const stack = Stack.of(model);
  const taken = exactNames.get(stack) ?? new Set();
  exactNames.set(stack, taken);
  if (taken.has(name)) return complaint('importedModelName', name, 'used once: another model of this stack has it', 'Choose another name, or omit it to have one generated');
  taken.add(name);
  return undefined;
}

function checkNeedsVpc({ vpcSubnets, securityGroups }: ImportedModelProps): string | undefined {
  const rule = ['used together with vpc', 'Set vpc as well, or remove the property'] as const;
  if (vpcSubnets) return complaint('vpcSubnets', vpcSubnets.subnetType ?? vpcSubnets.subnetGroupName ?? 'a selection', ...rule);
  if (securityGroups) return complaint('securityGroups', `${securityGroups.length} groups`, ...rule);
  return undefined;
}

function checkModelArn(arn: string): string | undefined {
  if (Token.isUnresolved(arn)) return undefined;
  return /^arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:imported-model\/[a-z0-9]{12}$/.test(arn) ? undefined : complaint(
    'importedModelArn', arn, 'the ARN of an imported model, like arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl',
    'Copy it from the output of the stack, or from the list of imported models in the Bedrock console');
}
