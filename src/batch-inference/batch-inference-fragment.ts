import { Duration, type ITaggableV2, Names, RemovalPolicy, TagManager, TagType } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { STEPFUNCTIONS_USE_DISTRIBUTED_MAP_RESULT_WRITER_V2 } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import { BatchEngine, ModelInvocationType } from './batch-engine';
import type { BatchInferenceFragmentProps } from './batch-inference-props';
import { checkApart, checkProps } from './batch-inference-validation';
import { type BoundLocation, ON_OBJECTS, WITH_KEY } from './batch-location';
import { INVALID_INPUT, type Settings } from './contract';
import { jobServiceRole } from './job-service-role';
import { BATCH_JOB_NAME_PREFIX } from './library-limits';
import { isImportedModel } from './model-access';
import { FUNCTION_TIMEOUT } from './patience';
import { recordsFunction } from './records/records-function';
import { jobStates } from './workflow/job-states';
import { mapStates, WORK } from './workflow/map-states';
import { retryFunction } from './workflow/retries';
import { type JobNetwork, selectNetwork } from '../shared/constructs/job-network';
import { assertValid } from '../shared/constructs/validation';

/**
 * Batch inference as a part of another state machine, which must use JSONPath. Use it once in an execution: the results are below the name of the
 * execution.
 *
 * The output of the last state is the result of the execution, see `BatchInference`; a failure is a state of the type Fail. Call `prefixStates()` if
 * the names of its states are already used.
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
 * new sfn.StateMachine(this, 'Nightly', { definitionBody: sfn.DefinitionBody.fromChainable(batch.next(notify)) });
 */
export class BatchInferenceFragment extends sfn.StateMachineFragment implements ITaggableV2 {
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
  public readonly cdkTagManager = new TagManager(TagType.KEY_VALUE, 'AWS::Bedrock::ModelInvocationJob');

  /** @internal */
  public readonly _output: BoundLocation;

  constructor(scope: Construct, id: string, props: BatchInferenceFragmentProps) {
    super(scope, id);
    // Otherwise CDK ignores the format of the results. The flag is the app's, and the format ours.
    this.node.setContext(STEPFUNCTIONS_USE_DISTRIBUTED_MAP_RESULT_WRITER_V2, true);
    this.engine = props.engine ?? (isImportedModel(props.model) ? BatchEngine.DISTRIBUTED_MAP : BatchEngine.MODEL_INVOCATION_JOB);
    const input = props.input._bind(this, 'input');
    const output = props.output._bind(this, 'output');
    this._output = output;
    assertValid(this, ...checkProps(this, props, this.engine), checkApart(input.place, output.place));

    this.jobNamePrefix = props.jobNamePrefix ?? Names.uniqueResourceName(this, { maxLength: BATCH_JOB_NAME_PREFIX.maxLength });
    this.logGroup = props.logGroup ?? new logs.LogGroup(this, 'LogGroup', { retention: logs.RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    const network = selectNetwork(this, props, 'Batch inference of');
    this.handler = recordsFunction(this, {
      logGroup: this.logGroup,
      statements: [
        input.objects(ON_OBJECTS.read), input.list(), ...input.key(...WITH_KEY.read),
        output.objects(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload']), output.list(), ...output.key(...WITH_KEY.write),
        ...goesOnDemand(props) || this.engine === BatchEngine.DISTRIBUTED_MAP ? output.otherBucketKey(...WITH_KEY.read) : [],
      ],
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: network?.connections.securityGroups,
    });
    input.admit(this.handler.role!, false);
    output.admit(this.handler.role!, true);

    const done = new sfn.Pass(this, 'Results', { outputPath: '$.result' });
    this.startState = this.prepareState(props, input).next(this.partStates(props, output, network)).next(this.finishStates(done)).startState;
    this.endStates = [done];
  }

  /** The first state checks the options and the records, and splits the records into parts. */
  private prepareState(props: BatchInferenceFragmentProps, input: BoundLocation): sfn.TaskStateBase {
    const invalid = new sfn.Pass(this, 'Input is invalid', {
      parameters: { error: sfn.JsonPath.stringAt('$.Error'), cause: sfn.JsonPath.stringToJson(sfn.JsonPath.stringAt('$.Cause')) },
    }).next(new sfn.Fail(this, 'Invalid input', { errorPath: '$.error', causePath: '$.cause.errorMessage' }));
    const prepare = this.recordsState('Prepare records', {
      action: 'prepare',
      executionArn: sfn.JsonPath.executionId,
      executionName: sfn.JsonPath.executionName,
      startTime: sfn.JsonPath.executionStartTime,
      options: props.optionsPath === undefined ? {} : sfn.JsonPath.objectAt(props.optionsPath),
      settings: this.settings(props, input),
    });
    return prepare.addCatch(invalid, { errors: [INVALID_INPUT] });
  }

  private settings(props: BatchInferenceFragmentProps, input: BoundLocation): Settings {
    const isMap = this.engine === BatchEngine.DISTRIBUTED_MAP;
    return {
      modelId: props.model.modelArn,
      engine: isMap ? 'map' : 'job',
      onDemand: goesOnDemand(props),
      jobNamePrefix: this.jobNamePrefix,
      input: input.place,
      output: this._output.place,
      outputKeyId: this._output.encryptionKey?.keyArn,
      maxConcurrency: props.maxConcurrency ?? 2,
      maxConcurrentJobs: props.maxConcurrentJobs ?? 10,
      retryRounds: props.retryRounds ?? 1,
      toleratedFailureCount: props.toleratedFailureCount,
      toleratedFailurePercentage: props.toleratedFailurePercentage,
      timeoutDurationInHours: (props.timeoutDuration ?? Duration.hours(72)).toHours(),
      deadlineMinutes: props.deadline?.toMinutes(),
    };
  }

  /** Each part is processed in rounds, in an execution of its own, because one execution could not hold the events of all jobs. */
  private partStates(props: BatchInferenceFragmentProps, output: BoundLocation, network?: JobNetwork): sfn.DistributedMap {
    const finished = new sfn.Pass(this, 'Part is finished', { outputPath: '$.part' });
    const next = new sfn.Choice(this, 'Choose engine');
    const collect = this.recordsState('Collect results', {
      action: 'collect',
      run: sfn.JsonPath.objectAt('$.run'),
      part: sfn.JsonPath.objectAt('$.part'),
      ending: sfn.JsonPath.objectAt('$.ending'),
    });
    if (this.engine === BatchEngine.MODEL_INVOCATION_JOB) {
      const { role, permissions } = jobServiceRole(this, { given: props.role, model: props.model, output, work: WORK, network });
      const job = jobStates(this, {
        model: props.model,
        modelInvocationType: props.modelInvocationType ?? ModelInvocationType.INVOKE_MODEL,
        output,
        role,
        network,
        hasDeadline: props.deadline !== undefined,
        tags: () => ({ ...this.cdkTagManager.tagValues(), ...props.jobTags }),
        next: collect,
      });
      (this as { role?: iam.IRole }).role = role;
      output.admit(role, true);
      // The first state invokes the function: no execution starts before a job can use its role.
      this.handler.node.addDependency(...permissions, ...network?.dependencies ?? []);
      next.when(sfn.Condition.stringEquals('$.part.engine', 'job'), job);
    }
    if (goesOnDemand(props) || this.engine === BatchEngine.DISTRIBUTED_MAP) {
      next.when(sfn.Condition.stringEquals('$.part.engine', 'map'), mapStates(this, { model: props.model, output, next: collect }));
    }
    next.otherwise(finished);
    collect.next(next);
    return new sfn.DistributedMap(this, 'For each part', {
      label: 'Parts',
      itemsPath: '$.parts',
      itemSelector: { run: sfn.JsonPath.objectAt('$.run'), part: sfn.JsonPath.objectAt('$$.Map.Item.Value') },
      maxConcurrencyPath: '$.run.maxConcurrentParts',
      resultPath: '$.parts',
    }).itemProcessor(next);
  }

  /** The last states write the manifest and decide whether the execution succeeds. */
  private finishStates(done: sfn.Pass): sfn.Chain {
    const finish = this.recordsState('Write manifest', { action: 'finish', run: sfn.JsonPath.objectAt('$.run'), parts: sfn.JsonPath.objectAt('$.parts') });
    return finish.next(new sfn.Choice(this, 'Has it succeeded')
      .when(sfn.Condition.booleanEquals('$.succeeded', true), done)
      .otherwise(new sfn.Fail(this, 'Batch has failed', { errorPath: '$.error', causePath: '$.cause' })));
  }

  private recordsState(id: string, payload: { readonly [name: string]: unknown }): tasks.LambdaInvoke {
    const task = new tasks.LambdaInvoke(this, id, {
      lambdaFunction: this.handler,
      payload: sfn.TaskInput.fromObject(payload),
      outputPath: '$.Payload',
      retryOnServiceExceptions: false,
      taskTimeout: sfn.Timeout.duration(Duration.seconds(FUNCTION_TIMEOUT)),
    });
    retryFunction(task);
    return task;
  }
}

/** Whether records that a job cannot take can go to InvokeModel. */
function goesOnDemand({ modelInvocationType }: BatchInferenceFragmentProps): boolean {
  return modelInvocationType !== ModelInvocationType.CONVERSE;
}
