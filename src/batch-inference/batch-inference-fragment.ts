import { ArnFormat, Duration, type ITaggableV2, Names, RemovalPolicy, Stack, TagManager, TagType, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { propertyInjectable } from 'aws-cdk-lib/core/lib/prop-injectable';
import { STEPFUNCTIONS_USE_DISTRIBUTED_MAP_RESULT_WRITER_V2 } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import { BatchEngine, ModelInvocationType } from './batch-engine';
import type { BatchInferenceFragmentProps } from './batch-inference-props';
import { checkApart, checkProps } from './batch-inference-validation';
import { type BoundLocation, ON_OBJECTS, WITH_KEY } from './batch-location';
import type { Settings } from './contract';
import { jobServiceRole } from './job-service-role';
import { BATCH_JOB_NAME_PREFIX, canBeInvoked, STATE_PREFIX } from './library-limits';
import { isImportedModel } from './model-access';
import { recordsFunction } from './records/records-function';
import { batchStates, type BatchStatesProps } from './workflow/batch-states';
import { WORK } from './workflow/map-states';
import { type JobNetwork, selectNetwork } from '../shared/constructs/job-network';
import { knownPart } from '../shared/constructs/tags';
import { assertValid, checkKnown } from '../shared/constructs/validation';
import { checkTags } from '../shared/validation/api-constraints';

/** The resource type by which tags include and exclude jobs. CloudFormation has no such type. */
const JOB_TYPE = 'AWS::Bedrock::ModelInvocationJob';

/**
 * Batch inference as a part of another state machine, which must use JSONPath. Use it once in an execution: the results are below the name of the
 * execution.
 *
 * The output of the last state is the result of the execution, see `BatchInference`; a failure is a state of the type Fail. The names of its states
 * start with its id. To change that, set `statePrefix` and do not call `prefixStates()`, which does not reach the states inside a map.
 *
 * @example
 * declare const model: ImportedModel;
 * declare const data: s3.Bucket;
 * declare const notify: tasks.SnsPublish;
 *
 * const batch = new BatchInferenceFragment(this, 'Answers', {
 *   model,
 *   input: BatchLocation.fromBucket(data, 'in/'),
 *   output: BatchLocation.fromBucket(data, 'out/'),
 * });
 * const nightly = new sfn.StateMachine(this, 'Nightly', { definitionBody: sfn.DefinitionBody.fromChainable(batch.next(notify)) });
 * batch.allowMapRuns(nightly);
 */
@propertyInjectable
export class BatchInferenceFragment extends sfn.StateMachineFragment implements ITaggableV2, ec2.IConnectable {
  /** The id by which property injectors refer to fragments. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-bedrock-model-import.BatchInferenceFragment';

  /** The first state. */
  public readonly startState: sfn.State;

  /** The state with the result. */
  public readonly endStates: sfn.INextable[];

  /** The engine that runs the model. */
  public readonly engine: BatchEngine;

  /** The function that checks, splits and collects the records. */
  public readonly handler: lambda.IFunction;

  /** The log group of the function. */
  public readonly logGroup: logs.ILogGroup;

  /** The service role of batch inference jobs. Undefined for the engine DISTRIBUTED_MAP. */
  public readonly role?: iam.IRole;

  /** The prefix of the names of batch inference jobs. */
  public readonly jobNamePrefix: string;

  /** The tags of batch inference jobs. */
  public readonly cdkTagManager = new TagManager(TagType.KEY_VALUE, JOB_TYPE);

  private isAllowed = false;
  private readonly _connections?: ec2.Connections;
  private readonly output: BoundLocation;

  constructor(scope: Construct, id: string, props: BatchInferenceFragmentProps) {
    super(scope, id);
    // Without this feature flag, CDK ignores the format of the results. Set here, it does not depend on the app.
    this.node.setContext(STEPFUNCTIONS_USE_DISTRIBUTED_MAP_RESULT_WRITER_V2, true);
    this.engine = props.engine ?? (isImportedModel(props.model) ? BatchEngine.DISTRIBUTED_MAP : BatchEngine.MODEL_INVOCATION_JOB);
    const { statePrefix = `${id}: ` } = props;
    const input = props.input._bind(this, 'input');
    const output = props.output._bind(this, 'output');
    this.output = output;
    assertValid(this, checkKnown('statePrefix', statePrefix, STATE_PREFIX), ...checkProps(this, props, this.engine),
      checkApart(input.place, output.place));

    this.jobNamePrefix = props.jobNamePrefix ?? Names.uniqueResourceName(this, { maxLength: BATCH_JOB_NAME_PREFIX.maxLength });
    this.logGroup = props.logGroup ?? new logs.LogGroup(this, 'LogGroup', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    const network = selectNetwork(this, props, 'Batch inference of');
    const invokes = this.engine === BatchEngine.DISTRIBUTED_MAP || goesOnDemand(props);
    this.handler = recordsFunction(this, {
      logGroup: this.logGroup,
      statements: [
        input.objects(ON_OBJECTS.read), input.list(), ...input.key(...WITH_KEY.read),
        output.objects(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload']), ...output.key(...WITH_KEY.write),
        // Only the output of a job has names that are not known.
        ...this.engine === BatchEngine.MODEL_INVOCATION_JOB ? [output.list()] : [],
        ...invokes ? output.otherBucketKey(...WITH_KEY.read) : [],
      ],
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: network?.connections.securityGroups,
    });
    this.handler.node.addDependency(...network?.dependencies ?? []);
    this._connections = network?.connections;
    input.admit(this.handler.role!, false);
    output.admit(this.handler.role!, true);

    const job = this.engine === BatchEngine.MODEL_INVOCATION_JOB ? this.jobProps(props, network) : undefined;
    const { start, end } = batchStates(this, {
      handler: this.handler,
      settings: this.settings(props, input),
      optionsPath: props.optionsPath,
      statePrefix,
      job,
      map: invokes ? { model: props.model, output } : undefined,
    });
    this.role = job?.role;
    this.startState = start;
    this.endStates = [end];
    this.node.addValidation({ validate: () => this.isAllowed ? [] : ['allowMapRuns() must be called with the state machine that this fragment is part of.'] });
  }

  /**
   * The network connections of batch inference jobs and of the function.
   *
   * Throws if there is no `vpc`.
   */
  public get connections(): ec2.Connections {
    if (!this._connections) {
      throw new Error(`connections: only batch inference in a VPC has network connections. Set the property vpc. [${this.node.path}]`);
    }
    return this._connections;
  }

  /**
   * Allows a state machine what its map runs need, and what a bucket of another account must allow. Must be called for the state machine that the
   * fragment is part of; `BatchInference` does it for its own.
   *
   * @param stateMachine The state machine
   */
  public allowMapRuns(stateMachine: sfn.StateMachine): void {
    if (this.isAllowed) return;
    this.isAllowed = true;
    this.output.admit(stateMachine.role, true, WORK);
    const { stateMachineName } = stateMachine;
    // What CDK grants by itself names the state machine, and not its executions.
    const executions = (resourceName: string) => Stack.of(this).formatArn({
      service: 'states', resource: 'execution', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const policy = new iam.Policy(this, 'MapRunsPolicy', {
      statements: [
        // Those of the state machine, as documented, and those of its map runs.
        new iam.PolicyStatement({
          actions: ['states:DescribeExecution', 'states:StopExecution'],
          resources: [executions(`${stateMachineName}:*`), executions(`${stateMachineName}/*`)],
        }),
        new iam.PolicyStatement({ actions: ['states:RedriveExecution'], resources: [executions(`${stateMachineName}/*`)] }),
      ],
    });
    stateMachine.role.attachInlinePolicy(policy);
  }

  /**
   * Grants a principal to read the results, and to decrypt them with the customer managed key of the output location.
   *
   * @param grantee The principal, for example a Lambda function
   */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    const { output } = this;
    const grants = [output.objects(ON_OBJECTS.read), output.list()].map(({ actions, resources, conditions }) =>
      iam.Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: resources, conditions, resource: output.limitedBucket(conditions) }));
    if (output.encryptionKey) grants.push(output.encryptionKey.grantDecrypt(grantee));
    return grants.reduce((all, grant) => all.combine(grant));
  }

  private settings(props: BatchInferenceFragmentProps, input: BoundLocation): Settings {
    const isMap = this.engine === BatchEngine.DISTRIBUTED_MAP;
    return {
      modelId: props.model.modelArn,
      engine: isMap ? 'map' : 'job',
      onDemand: goesOnDemand(props),
      jobNamePrefix: this.jobNamePrefix,
      input: input.place,
      output: this.output.place,
      outputKeyId: this.output.encryptionKey?.keyArn,
      maxConcurrency: props.maxConcurrency ?? 2,
      maxConcurrentJobs: props.maxConcurrentJobs ?? 10,
      retryRounds: props.retryRounds ?? 1,
      toleratedFailureCount: props.toleratedFailureCount,
      toleratedFailurePercentage: props.toleratedFailurePercentage,
      timeoutDurationInHours: (props.timeoutDuration ?? Duration.hours(72)).toHours(),
      deadlineMinutes: props.deadline?.toMinutes(),
    };
  }

  /** What jobs are created with. */
  private jobProps(props: BatchInferenceFragmentProps, network?: JobNetwork): BatchStatesProps['job'] {
    const { model, modelInvocationType, deadline } = props;
    const { output } = this;
    const { role, permissions } = jobServiceRole(this, { given: props.role, model, output, work: WORK, network });
    output.admit(role, true, WORK);
    // The first state invokes the function: no execution starts before a job can use its role.
    this.handler.node.addDependency(...permissions);
    const tags = () => ({ ...this.cdkTagManager.tagValues(), ...props.jobTags });
    this.node.addValidation({ validate: () => checkTags('jobTags', knownPart(tags()), { what: 'these jobs', resourceType: JOB_TYPE }) });
    return {
      model,
      modelInvocationType: modelInvocationType === ModelInvocationType.CONVERSE ? modelInvocationType : undefined,
      output,
      role,
      network,
      hasDeadline: deadline !== undefined,
      tags,
    };
  }
}

/** Whether records that a job cannot take can go to InvokeModel. */
function goesOnDemand({ model, modelInvocationType }: BatchInferenceFragmentProps): boolean {
  return modelInvocationType !== ModelInvocationType.CONVERSE && (Token.isUnresolved(model.modelArn) || canBeInvoked(model.modelArn));
}
