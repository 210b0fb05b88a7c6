import * as path from 'node:path';
import { Aws, Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct, type IDependable } from 'constructs';
import { waysTo } from '../../shared/constructs/dependencies';
import { checkSameAccount, checkSameRegion } from '../../shared/constructs/environment';
import { keyStatements } from '../../shared/constructs/key-statements';
import { attachPolicy, checkPolicySize, InlineRole, roleWithDocument } from '../../shared/constructs/role';
import { assertValid } from '../../shared/constructs/validation';
import { checkWaitWindow, complaint, WAIT_WINDOW_MINUTES } from '../../shared/validation/api-constraints';
import type { ModelKey } from '../model-encryption';

/**
 * Settings that all models of a provider share.
 */
export interface ModelImportProviderProps {
  /**
   * The role of the handler function, which calls Bedrock.
   *
   * The permissions that the models need are added to it in a policy of their own. Imported roles that are immutable
   * must have them already. With `vpc`, it also needs the managed policy `service-role/AWSLambdaVPCAccessExecutionRole`.
   *
   * @default - a role is made
   */
  readonly role?: iam.IRole;

  /**
   * Where the handler and the provider framework write their logs.
   *
   * @default - a log group is made that keeps them for one month and goes with the stack
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The VPC that the functions run in. This is about the functions only: the network of the import job is a property of
   * the model.
   *
   * They need to reach, by NAT or by VPC endpoints: Bedrock, Lambda, Step Functions, CloudWatch Logs and Amazon S3.
   *
   * @default - the functions run in no VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Which subnets of the VPC the functions run in.
   *
   * @default - the private subnets, as for any Lambda function
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the functions.
   *
   * @default - a security group for each function, if there is a VPC
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * How long to wait between two looks at a running import, 5 seconds to 2 minutes.
   *
   * A look costs one call of Bedrock, two Lambda invocations and one state transition; a deployment ends at most this
   * much later than its import.
   *
   * @default Duration.seconds(30)
   */
  readonly queryInterval?: Duration;

  /**
   * How long one custom resource waits before the next one of the chain goes on: 1 to 55 minutes.
   *
   * CloudFormation gives each an hour. A shorter time makes longer chains, and is of use in tests.
   *
   * @default Duration.minutes(55)
   */
  readonly waitWindow?: Duration;

  /**
   * Whether the models of a stack are imported one after the other, in the order in which they are constructed.
   *
   * An account has one running import, so they would wait for each other anyway, but each on its own time. Switch it off
   * if the order does not suit the dependencies of your stack: then a model that is waiting for its turn uses up its
   * `importTimeout`.
   *
   * @default true
   */
  readonly oneImportAtATime?: boolean;
}

/**
 * Imports models: the functions behind the custom resource `Custom::BedrockImportedModel`.
 *
 * There is one in every stack that has a model, made with the first one. Make it yourself to set its network, role or log
 * group, and pass it to the models.
 *
 * Its construct path is public API: the service token of a deployed custom resource can never change.
 *
 * @example
 * declare const vpc: ec2.Vpc;
 * declare const source: ModelSource;
 *
 * const provider = new ModelImportProvider(this, 'Provider', { vpc });
 * new ImportedModel(this, 'Llama', { source, provider });
 */
@propertyInjectable
export class ModelImportProvider extends Construct {
  /** What a property injector names to reach every provider. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-bedrock-model-import.ModelImportProvider';

  /**
   * The provider that the models of a stack share, made when it is first asked for.
   *
   * @param scope Any construct of the stack
   */
  public static getOrCreate(scope: Construct): ModelImportProvider {
    const stack = Stack.of(scope);
    const id = 'BedrockModelImportProvider';
    return stack.node.tryFindChild(id) as ModelImportProvider | undefined ?? new ModelImportProvider(stack, id);
  }

  /** What a custom resource names to be served by this provider. */
  public readonly serviceToken: string;

  /** How long one custom resource waits before the next one of the chain goes on. */
  public readonly waitWindow: Duration;

  /** The function that calls Bedrock. */
  public readonly handler: lambda.IFunction;

  /** The role of the handler. */
  public readonly role: iam.IRole;

  /** Where the handler and the provider framework write their logs. */
  public readonly logGroup: logs.ILogGroup;

  private readonly oneImportAtATime: boolean;
  private readonly document: iam.PolicyDocument;
  /** What must be there while a model is imported or deleted, and what nothing refers to. */
  private readonly dependencies: IDependable[];
  /** The stacks whose models use this provider. */
  private readonly served = new Set<Stack>();
  /** What it takes to import the models of the provider's own stack: one statement of each kind, with the resources of all models. */
  private readonly importStatements = new Map<string, iam.PolicyStatement>();

  constructor(scope: Construct, id: string, props: ModelImportProviderProps = {}) {
    super(scope, id);
    const { vpc, vpcSubnets, securityGroups } = props;
    const queryInterval = props.queryInterval ?? Duration.seconds(30);
    this.waitWindow = props.waitWindow ?? Duration.minutes(WAIT_WINDOW_MINUTES.max);
    this.oneImportAtATime = props.oneImportAtATime ?? true;
    assertValid(this, checkQueryInterval(queryInterval), checkDuration(this.waitWindow));

    this.logGroup = props.logGroup ?? new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const functionRole: iam.RoleProps = {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: vpc && [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole')],
    };
    const { role, document, permissions } = roleWithDocument(this, 'Role', props.role, functionRole);
    this.role = role;
    this.document = document;
    this.dependencies = [...permissions, ...vpc ? waysTo(CALLED_SERVICES, vpc, vpc.selectSubnets(vpcSubnets)) : []];
    document.addStatements(...this.ownStatements());
    const fewer = 'Give some of the models a ModelImportProvider of their own';
    this.node.addValidation({ validate: () => [checkPolicySize(this, 'provider', document, fewer)].filter(problem => problem !== undefined) });

    this.handler = new lambda.Function(this, 'Handler', {
      description: `Imports models into Amazon Bedrock (${this.node.path})`.slice(0, 256),
      code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', '..', 'assets', 'imported-model', 'provider', 'model-import.lambda')),
      handler: 'index.handler',
      runtime: lambda.determineLatestNodeRuntime(this),
      memorySize: 256,
      timeout: Duration.minutes(2),
      environment: {
        // Whom it serves: CloudFormation invokes it for every stack that names it.
        SERVED_STACKS: Lazy.string({ produce: () => [Aws.STACK_ID, ...this.namesOfOtherStacks()].join(',') }),
      },
      role,
      logGroup: this.logGroup,
      vpc,
      vpcSubnets,
      securityGroups,
    });

    // Two roles instead of one for each of the three functions. The first starts the waiter, whose functions have the
    // second: they cannot be one, or each would have to exist before the other.
    const frameworkOnEventRole = new InlineRole(this, 'OnEventRole', functionRole);
    const frameworkCompleteAndTimeoutRole = new InlineRole(this, 'CompleteRole', functionRole);
    this.logGroup.grantWrite(frameworkOnEventRole);
    this.logGroup.grantWrite(frameworkCompleteAndTimeoutRole);

    const provider = new cr.Provider(this, 'Provider', {
      // One function for both: it tells them apart, and shares names and permissions.
      onEventHandler: this.handler,
      isCompleteHandler: this.handler,
      queryInterval,
      totalTimeout: backstop(queryInterval),
      frameworkOnEventRole,
      frameworkCompleteAndTimeoutRole,
      logGroup: this.logGroup,
      // The waiter's input holds the pre-signed response URL.
      disableWaiterStateMachineLogging: true,
      vpc,
      vpcSubnets,
      securityGroups,
    });
    this.serviceToken = provider.serviceToken;
    for (const name of ['framework-isComplete', 'framework-onTimeout']) keepQuiet(provider.node.findChild(name) as lambda.Function);
  }

  /**
   * Allows to import a model with a service role and keys.
   *
   * @returns what the custom resource must depend on besides the provider, at create and at delete
   *
   * @internal
   */
  public _allowImport(model: Construct, serviceRole: iam.IRole, modelKey?: ModelKey, weightsKey?: kms.IKey): IDependable[] {
    this.serve(model);
    const statements = [
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [serviceRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
      }),
      ...modelKey ? keyStatements(modelKey.key, modelKey.unconditionalGrants) : [],
      ...weightsKey ? [new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [weightsKey.keyArn] })] : [],
    ];

    if (Stack.of(model) === Stack.of(this)) {
      // One statement of each kind for all models: one for each model would fill the role at about seventeen models with keys.
      for (const statement of statements) {
        const kind = JSON.stringify([statement.actions, statement.conditions]);
        const former = this.importStatements.get(kind);
        // A statement is frozen as soon as somebody has resolved the policy; the next one begins then.
        if (former && !former.frozen) {
          former.addResources(...statement.resources);
          continue;
        }
        this.importStatements.set(kind, statement);
        this.document.addStatements(statement);
      }
      return this.dependencies;
    }
    // The model's stack depends on the provider's: what names resources of the model must not be in the provider's stack.
    return [...this.dependencies, attachPolicy(model, 'ProviderPolicy', this.role, new iam.PolicyDocument({ statements }))];
  }

  /**
   * Allows to find a model by its name.
   *
   * @returns what the custom resource must depend on besides the provider
   *
   * @internal
   */
  public _allowLookUp(scope: Construct): IDependable[] {
    this.serve(scope);
    return this.dependencies;
  }

  /**
   * Lets the models of a stack be imported one after the other.
   *
   * @param head The first custom resource of a model
   * @param tail The last one
   *
   * @internal
   */
  public _takeTurn(head: Construct, tail: Construct): void {
    if (!this.oneImportAtATime) return;
    const stack = Stack.of(head);
    const former = lastInTurn.get(stack);
    if (former) head.node.addDependency(former);
    lastInTurn.set(stack, tail);
  }

  private serve(scope: Construct): void {
    this.served.add(Stack.of(scope));
    const env = { env: { account: Stack.of(this).account, region: Stack.of(this).region } };
    const remedy = 'A custom resource is served by a function of its own account and Region: give the model a provider there';
    assertValid(scope, checkSameAccount(scope, 'provider', env, remedy), checkSameRegion(scope, 'provider', env, remedy));
  }

  private namesOfOtherStacks(): string[] {
    return [...this.served].filter(stack => stack !== Stack.of(this)).map(nameOf).sort();
  }

  /** What every import needs, whichever model it is. */
  private ownStatements(): iam.PolicyStatement[] {
    const stack = Stack.of(this);
    // The ids of jobs and models are random: before they exist, nobody knows them.
    const everyJob = stack.formatArn({ service: 'bedrock', resource: 'model-import-job', resourceName: '*' });
    const everyModel = stack.formatArn({ service: 'bedrock', resource: 'imported-model', resourceName: '*' });
    return [
      new iam.PolicyStatement({
        // None of these actions has a resource type that a policy could name.
        actions: ['bedrock:CreateModelImportJob', 'bedrock:ListModelImportJobs', 'bedrock:ListImportedModels'],
        resources: ['*'],
      }),
      new iam.PolicyStatement({ actions: ['bedrock:GetModelImportJob'], resources: [everyJob] }),
      new iam.PolicyStatement({ actions: ['bedrock:GetImportedModel', 'bedrock:DeleteImportedModel'], resources: [everyModel] }),
      new iam.PolicyStatement({
        actions: ['bedrock:ListTagsForResource', 'bedrock:TagResource', 'bedrock:UntagResource'],
        resources: [everyJob, everyModel],
      }),
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [this.logGroup.logGroupArn] }),
    ];
  }
}

/** The end of the model that was constructed last, in each stack: the account has one running import, whichever provider starts it. */
const lastInTurn = new WeakMap<Stack, Construct>();

/**
 * The name of a stack, for the list of those that a provider serves. CloudFormation names a nested stack after its parent and its logical
 * id; a reference to its own name would make the provider depend on it.
 */
function nameOf(stack: Stack): string {
  const { nestedStackParent: parent, nestedStackResource: resource } = stack;
  if (!parent || !resource) return stack.stackName;
  const name = nameOf(parent).replace(/\*$/, '');
  return `${name}${name.endsWith('-') ? '' : '-'}${String(parent.resolve(resource.logicalId))}-*`;
}

/** What the handler and the framework call: Amazon S3 takes the answer to CloudFormation. */
const CALLED_SERVICES = ['bedrock', 'lambda', 'states', 'logs', 's3'];

/**
 * Each "not yet" of the framework is an error whose message is its event, which Lambda logs, the pre-signed response URL included:
 * whoever reads it can answer CloudFormation in our name. What is to be known, the handler logs.
 *
 * @see https://github.com/aws/aws-cdk/issues/21224
 */
function keepQuiet(framework: lambda.Function): void {
  const resource = framework.node.defaultChild as lambda.CfnFunction;
  resource.addPropertyOverride('LoggingConfig.LogFormat', 'JSON');
  resource.addPropertyOverride('LoggingConfig.ApplicationLogLevel', 'FATAL');
}

function checkDuration(waitWindow: Duration): string | undefined {
  return waitWindow.isUnresolved()
    ? complaint('waitWindow', waitWindow.toString(), 'known at synthesis: it decides how many resources there are', 'Pass a number')
    : checkWaitWindow('waitWindow', waitWindow.toMinutes({ integral: false }));
}

function checkQueryInterval(interval: Duration): string | undefined {
  const seconds = interval.isUnresolved() ? NaN : interval.toSeconds({ integral: false });
  return Number.isInteger(seconds) && seconds >= 5 && seconds <= 120
    ? undefined
    : complaint('queryInterval', interval.toString(), 'whole seconds, 5 seconds to 2 minutes', 'Choose a time in between; 30 seconds suit most imports');
}

/**
 * When the framework gives up, for the case that the handler no longer does: not before the handler's own deadline, and
 * divisible by the interval.
 */
function backstop(queryInterval: Duration): Duration {
  const interval = queryInterval.toSeconds();
  return Duration.seconds(Math.ceil(WAIT_WINDOW_MINUTES.max * 60 / interval) * interval);
}
