import * as path from 'node:path';
import { Aws, Duration, Lazy, PhysicalName, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { Construct, type IDependable } from 'constructs';
import { callerStatements, type ImportPermissions, importStatements, StatementsByKind } from './caller-permissions';
import { FUNCTION_TIMEOUT, QUERY_INTERVAL, SECOND } from './patience';
import { providerFramework } from './provider-framework';
import { nameForServing } from './served-stack-names';
import { routesTo } from '../../shared/constructs/dependencies';
import { attachPolicy, checkPolicySize, roleWithDocument } from '../../shared/constructs/role-permissions';
import { assertValid, checkSameAccount, checkSameRegion } from '../../shared/constructs/validation';
import { complaint } from '../../shared/validation/complaint';

/**
 * Properties for defining a provider.
 */
export interface ModelImportProviderProps {
  /**
   * The role of the handler function, which calls Bedrock.
   *
   * The permissions that the models need are attached to it as a policy. An imported role that is immutable must have them already. With `vpc`, it
   * also needs the managed policy `service-role/AWSLambdaVPCAccessExecutionRole`.
   *
   * @default - a new role
   */
  readonly role?: iam.IRole;

  /**
   * The log group of the handler and of the provider framework.
   *
   * @default - a new log group with a retention of one month, which is deleted with the stack
   */
  readonly logGroup?: logs.ILogGroup;

  /**
   * The VPC of the functions. The network of the import job is a property of the model.
   *
   * The functions need access to Bedrock, Lambda, Step Functions, CloudWatch Logs and Amazon S3, through NAT or VPC endpoints; also to the runtime of
   * Bedrock, if a model has a `verification`.
   *
   * @default - the functions are not in a VPC
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of the functions.
   *
   * @default - the private subnets, as for any Lambda function
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The security groups of the functions.
   *
   * @default - one new security group for each function, if there is a VPC
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The time between two polls of a running import: 5 seconds to 2 minutes.
   *
   * A poll costs one call of Bedrock, two Lambda invocations and one state transition. A deployment ends at most this much later than its import.
   *
   * @default Duration.seconds(30)
   */
  readonly queryInterval?: Duration;

  /**
   * Whether the models of a stack are imported one after the other, in the order of their definition.
   *
   * An account has one running import, so models wait for each other in any case. With this order, a model does not use up its `importTimeout`
   * while others are imported. Set it to `false` if the order conflicts with other dependencies of the stack.
   *
   * @default true
   */
  readonly oneImportAtATime?: boolean;
}

/**
 * The provider that performs imports: the Lambda functions behind the custom resource `Custom::BedrockImportedModel`.
 *
 * The models of a stack share one provider, which is created with the first of them. Define a provider to configure its network, role or log
 * group, and pass it to the models.
 *
 * The construct path of a provider must not change, because CloudFormation cannot change the service token of a deployed custom resource.
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
  /** The id by which property injectors refer to providers. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-bedrock-model-import.ModelImportProvider';

  /**
   * Returns the provider that the models of a stack share. Creates it if it does not exist.
   *
   * @param scope Any construct of the stack
   */
  public static getOrCreate(scope: Construct): ModelImportProvider {
    const stack = Stack.of(scope);
    const id = 'BedrockModelImportProvider';
    return stack.node.tryFindChild(id) as ModelImportProvider | undefined ?? new ModelImportProvider(stack, id);
  }

  /** The service token of custom resources that this provider serves. */
  public readonly serviceToken: string;

  /** The function that calls Bedrock. */
  public readonly handler: lambda.IFunction;

  /** The role of the handler. */
  public readonly role: iam.IRole;

  /** The log group of the handler and of the provider framework. */
  public readonly logGroup: logs.ILogGroup;

  private readonly oneImportAtATime: boolean;
  private readonly statements: StatementsByKind;
  /** What must exist while a model is imported or deleted, and what no property refers to. */
  private readonly dependencies: IDependable[];
  private readonly servedStacks = new Set<Stack>();

  constructor(scope: Construct, id: string, props: ModelImportProviderProps = {}) {
    super(scope, id);
    const { vpc, vpcSubnets, securityGroups } = props;
    const queryInterval = props.queryInterval ?? Duration.millis(QUERY_INTERVAL.default);
    this.oneImportAtATime = props.oneImportAtATime ?? true;
    assertValid(this, checkQueryInterval(queryInterval));

    this.logGroup = props.logGroup ?? new logs.LogGroup(this, 'LogGroup', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const functionRole: iam.RoleProps = {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: vpc && [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole')],
    };
    const { role, document, permissions } = roleWithDocument(this, 'Role', props.role, {
      ...functionRole,
      // With a name, the policy of a bucket in another account of the app can name the role.
      roleName: PhysicalName.GENERATE_IF_NEEDED,
    });
    this.role = role;
    this.statements = new StatementsByKind(document);
    this.dependencies = [...permissions, ...vpc ? routesTo(CALLED_SERVICES, vpc, vpc.selectSubnets(vpcSubnets)) : []];
    document.addStatements(...callerStatements(this, this.logGroup));
    const remedy = 'Give some of the models a ModelImportProvider of their own, or omit the check of their files with ModelFormatCheck.disabled()';
    this.node.addValidation({ validate: () => [checkPolicySize(this, 'provider', document, remedy)].filter(problem => problem !== undefined) });

    this.handler = new lambda.Function(this, 'Handler', {
      description: `Imports models into Amazon Bedrock (${this.node.path})`.slice(0, 256),
      code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', '..', 'assets', 'imported-model', 'provider', 'model-import.lambda')),
      handler: 'index.handler',
      runtime: lambda.determineLatestNodeRuntime(this),
      memorySize: 1024, // for the check of large models; a poll is the faster for it
      timeout: Duration.millis(FUNCTION_TIMEOUT),
      environment: {
        // CloudFormation invokes the function for every stack that names its service token.
        SERVED_STACKS: Lazy.string({ produce: () => [Aws.STACK_ID, ...this.namesOfOtherStacks()].join(',') }),
      },
      role,
      logGroup: this.logGroup,
      vpc,
      vpcSubnets,
      securityGroups,
    });
    this.serviceToken = providerFramework(this, {
      handler: this.handler, functionRole, queryInterval, logGroup: this.logGroup, vpc, vpcSubnets, securityGroups,
    });
  }

  /**
   * Serves a custom resource: accepts events of its stack, and may import with a service role and keys.
   *
   * @param scope The model
   * @param permissions What the import needs; a lookup needs nothing
   * @returns what the custom resource must depend on besides the provider, and whether the models of the stack take turns
   *
   * @internal
   */
  public _serve(scope: Construct, permissions?: ImportPermissions): ProviderBinding {
    const env = { env: { account: Stack.of(this).account, region: Stack.of(this).region } };
    const remedy = 'A custom resource is served by a function of its own account and Region: give the model a provider there';
    assertValid(scope, checkSameAccount(scope, 'provider', env, remedy), checkSameRegion(scope, 'provider', env, remedy));
    this.servedStacks.add(Stack.of(scope));
    return { oneImportAtATime: this.oneImportAtATime, dependencies: [...this.dependencies, ...permissions ? this.allow(scope, permissions) : []] };
  }

  private allow(scope: Construct, permissions: ImportPermissions): IDependable[] {
    const statements = importStatements(this, permissions);
    if (Stack.of(scope) === Stack.of(this)) {
      this.statements.add(...statements);
      return [];
    }
    // The model's stack depends on the provider's stack, so the policy that names resources of the model must be in the model's stack.
    return [attachPolicy(scope, 'ProviderPolicy', this.role, new iam.PolicyDocument({ statements }))];
  }

  private namesOfOtherStacks(): string[] {
    return [...this.servedStacks].filter(stack => stack !== Stack.of(this)).map(nameForServing).sort();
  }
}

/**
 * The result of binding a custom resource to a provider.
 *
 * @internal
 */
export interface ProviderBinding {
  readonly dependencies: IDependable[];
  readonly oneImportAtATime: boolean;
}

/** The services that the functions call. Amazon S3 has the files of the models, and receives the response to CloudFormation. */
const CALLED_SERVICES = ['bedrock', 'bedrock-runtime', 'lambda', 'states', 'logs', 's3'];

function checkQueryInterval(interval: Duration): string | undefined {
  const seconds = interval.isUnresolved() ? NaN : interval.toSeconds({ integral: false });
  return Number.isInteger(seconds) && seconds * SECOND >= QUERY_INTERVAL.min && seconds * SECOND <= QUERY_INTERVAL.max
    ? undefined
    : complaint('queryInterval', interval.toString(), 'whole seconds, 5 seconds to 2 minutes', 'Choose a time in between; 30 seconds suit most imports');
}
