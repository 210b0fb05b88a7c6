import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { prefixStatesOf } from './prefix';
import { RECORD_ERRORS, retryInvocation } from './retries';
import { ServiceCall } from './service-call';
import { type BoundLocation, ON_OBJECTS } from '../batch-location';
import { invokeStatements } from '../model-access';
import { INVOCATION_TIMEOUT } from '../patience';

export interface MapStatesProps {
  readonly model: bedrock.IModel;
  readonly output: BoundLocation;
  /** What the names of the states start with. */
  readonly statePrefix: string;
  /** The state after all records have been invoked. */
  readonly next: sfn.IChainable;
}

/**
 * A distributed map that invokes the model for each record of the part, and writes what it returns. It expects `$.run` and `$.part`, and leaves the
 * ending of the map run in `$.ending`.
 *
 * A record that Bedrock refuses has an `error`. What keeps all records from an answer, like a missing permission, fails the map run instead: redriving the
 * execution goes on with the records that have none.
 */
export function mapStates(scope: Construct, { model, output, statePrefix, next }: MapStatesProps): sfn.State {
  const { bucket } = output;
  const map = new sfn.DistributedMap(scope, 'Invoke model for each record', {
    itemReader: new WorkReader({ bucket, key: sfn.JsonPath.stringAt('$.part.inputKey') }, output),
    maxConcurrencyPath: '$.run.maxConcurrency',
    resultWriterV2: new WorkWriter({
      bucket,
      prefix: sfn.JsonPath.stringAt('$.part.outputPrefix'),
      writerConfig: new sfn.WriterConfig({ transformation: sfn.Transformation.FLATTEN, outputType: sfn.OutputType.JSONL }),
    }),
    resultSelector: { engine: 'map', manifestKey: sfn.JsonPath.stringAt('$.ResultWriterDetails.Key') },
    resultPath: '$.ending',
  });
  const records = recordStates(scope, model);
  prefixStatesOf(scope, statePrefix);
  map.itemProcessor(records);
  map.next(next);
  return map;
}

/** The states of a record: `{"recordId", "modelInput"}`, or `{"recordId", "modelInputUri", "modelOutputUri"}` for a large one. */
function recordStates(scope: Construct, model: bedrock.IModel): sfn.IChainable {
  const statements = invokeStatements(model);
  const request = { ModelId: model.modelArn, ContentType: 'application/json', Accept: 'application/json' };
  const invoke = new ServiceCall(scope, 'Invoke model', {
    integration: 'bedrock:invokeModel',
    parameters: { ...request, Body: sfn.JsonPath.objectAt('$.modelInput') },
    statements,
    timeout: INVOCATION_TIMEOUT,
    resultSelector: { modelOutput: sfn.JsonPath.objectAt('$.Body') },
    resultPath: '$.result',
  });
  const invokeByReference = new ServiceCall(scope, 'Invoke model by reference', {
    integration: 'bedrock:invokeModel',
    parameters: { ...request, Input: { S3Uri: sfn.JsonPath.stringAt('$.modelInputUri') }, Output: { S3Uri: sfn.JsonPath.stringAt('$.modelOutputUri') } },
    statements,
    timeout: INVOCATION_TIMEOUT,
    resultPath: sfn.JsonPath.DISCARD,
  });
  const failed = new sfn.Pass(scope, 'Record has failed');
  for (const task of [invoke, invokeByReference]) {
    retryInvocation(task);
    task.addCatch(failed, { errors: RECORD_ERRORS, resultPath: '$.error' });
  }
  return new sfn.Choice(scope, 'Is the record large').when(sfn.Condition.isPresent('$.modelInputUri'), invokeByReference).otherwise(invoke);
}

/** The folder of the output location that only engines and the function use. */
export const WORK = '_work/';

/** Like those of CDK, with permissions on the folder instead of the whole bucket. Reader, writer and invocations by reference need the same. */
class WorkReader extends sfn.S3JsonLItemReader {
  constructor(props: sfn.S3FileItemReaderProps, private readonly output: BoundLocation) {
    super(props);
  }

  public providePolicyStatements(): iam.PolicyStatement[] {
    return [this.output.objects(ON_OBJECTS.write, WORK), ...this.output.keysOfMapRun()];
  }
}

class WorkWriter extends sfn.ResultWriterV2 {
  public providePolicyStatements(): iam.PolicyStatement[] {
    return []; // those of the reader
  }
}
