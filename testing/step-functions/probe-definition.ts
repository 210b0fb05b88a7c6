/**
 * A hand-written state machine with everything that a batch inference needs of the engine: functions, nested Distributed Maps,
 * files, retries, and a loop that polls a job. Only for the probe of the engine: what is deployed is tested elsewhere.
 */
export interface ProbeOptions {
  readonly bucket: string;
  readonly functionName: string;
  readonly innerConcurrency: number;
  /** Ends in a Fail state if a part fails. Otherwise the map fails, and a redrive continues there. */
  readonly isFailureCaught: boolean;
}

export function probeDefinition({ bucket, functionName, innerConcurrency, isFailureCaught }: ProbeOptions): object {
  return {
    StartAt: 'Prepare',
    States: {
      Prepare: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: { 'FunctionName': functionName, 'Payload.$': '$' },
        OutputPath: '$.Payload',
        Retry: [{ ErrorEquals: ['Lambda.TooManyRequestsException'], IntervalSeconds: 2, MaxAttempts: 6, BackoffRate: 2 }],
        Next: 'Parts',
      },
      Parts: {
        Type: 'Map',
        Label: 'Parts',
        ItemsPath: '$.parts',
        ItemSelector: { 'part.$': '$$.Map.Item.Value', 'index.$': '$$.Map.Item.Index', 'run.$': '$.run', 'execution.$': '$$.Execution.Name' },
        MaxConcurrencyPath: '$.concurrency',
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'Engine', States: partStates(bucket, innerConcurrency) },
        ResultPath: '$.results',
        ...isFailureCaught && { Catch: [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'], ResultPath: '$.error', Next: 'Incomplete' }] },
        Next: 'Done',
      },
      Done: { Type: 'Succeed' },
      Incomplete: { Type: 'Fail', ErrorPath: '$.error.Error', CausePath: "States.Format('{}: {}', $.run, $.error.Cause)" },
    },
  };
}

function partStates(bucket: string, innerConcurrency: number): object {
  const transient = (prefixes: string[]) => ({
    ErrorEquals: prefixes.flatMap((prefix) => ['ThrottlingException', 'InternalServerException', 'SdkClientException'].map((name) => `${prefix}.${name}`)),
    IntervalSeconds: 10,
    MaxAttempts: 5,
    BackoffRate: 2,
    MaxDelaySeconds: 300,
    JitterStrategy: 'FULL',
  });
  return {
    'Engine': { Type: 'Choice', Choices: [{ Variable: '$.part.engine', StringEquals: 'batch', Next: 'Create' }], Default: 'Records' },

    'Create': {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:bedrock:createModelInvocationJob',
      Parameters: {
        'JobName.$': "States.Format('{}-{}', $.execution, $.index)",
        'ClientRequestToken.$': "States.Format('{}-{}', $.execution, $.index)",
        'RoleArn': 'arn:aws:iam::000000000000:role/batch',
        'ModelId': 'amazon.nova-lite-v1:0',
        'InputDataConfig': { S3InputDataConfig: { 'S3Uri.$': `States.Format('s3://${bucket}/{}', $.part.key)` } },
        'OutputDataConfig': { S3OutputDataConfig: { 'S3Uri.$': `States.Format('s3://${bucket}/{}/output/', $.run)` } },
      },
      ResultSelector: { 'arn.$': '$.JobArn' },
      ResultPath: '$.job',
      Retry: [transient(['Bedrock'])],
      Next: 'Start clock',
    },
    'Start clock': { Type: 'Pass', Parameters: { 'polls': 0, 'since.$': '$$.State.EnteredTime', 'seconds': 30 }, ResultPath: '$.clock', Next: 'Wait' },
    'Wait': { Type: 'Wait', SecondsPath: '$.clock.seconds', Next: 'Get' },
    'Get': {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:bedrock:getModelInvocationJob',
      Parameters: { 'JobIdentifier.$': '$.job.arn' },
      ResultSelector: { 'arn.$': '$.JobArn', 'status.$': '$.Status' },
      ResultPath: '$.job',
      Retry: [transient(['Bedrock'])],
      Next: 'Count',
    },
    'Count': {
      Type: 'Pass',
      Parameters: { 'polls.$': 'States.MathAdd($.clock.polls, 1)', 'since.$': '$.clock.since', 'seconds.$': '$.clock.seconds' },
      ResultPath: '$.clock',
      Next: 'Status',
    },
    'Status': {
      Type: 'Choice',
      Choices: [
        {
          And: [{ Variable: '$.job.status', StringEquals: 'InProgress' }, { Variable: '$.part.isStopped', BooleanEquals: true }],
          Next: 'Stop',
        },
        { Or: ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Stopping'].map((status) => ({ Variable: '$.job.status', StringEquals: status })), Next: 'Wait' },
        { Or: ['Completed', 'PartiallyCompleted', 'Expired', 'Stopped'].map((status) => ({ Variable: '$.job.status', StringEquals: status })), Next: 'Ended' },
        { Variable: '$.job.status', StringEquals: 'Failed', Next: 'Failed' },
      ],
      Default: 'Failed',
    },
    'Stop': {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:bedrock:stopModelInvocationJob',
      Parameters: { 'JobIdentifier.$': '$.job.arn' },
      ResultPath: null,
      Catch: [{ ErrorEquals: ['Bedrock.ConflictException'], ResultPath: null, Next: 'Wait' }],
      Next: 'Wait',
    },
    'Ended': { Type: 'Pass', End: true },
    'Failed': { Type: 'Fail', ErrorPath: '$.job.status', CausePath: '$.job.arn' },

    'Records': {
      Type: 'Map',
      Label: 'Records',
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSONL' },
        Parameters: { 'Bucket': bucket, 'Key.$': '$.part.key' },
      },
      ItemSelector: { 'recordId.$': '$$.Map.Item.Value.recordId', 'modelInput.$': '$$.Map.Item.Value.modelInput' },
      MaxConcurrency: innerConcurrency,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Invoke',
        States: {
          'Invoke': {
            Type: 'Task',
            Resource: 'arn:aws:states:::bedrock:invokeModel',
            Parameters: { 'ModelId': 'amazon.nova-lite-v1:0', 'ContentType': 'application/json', 'Body.$': '$.modelInput' },
            ResultSelector: { 'modelOutput.$': '$.Body' },
            ResultPath: '$.result',
            Retry: [transient(['Bedrock', 'BedrockRuntime'])],
            Catch: [{ ErrorEquals: ['Bedrock.ValidationException', 'BedrockRuntime.ValidationException'], ResultPath: '$.error', Next: 'Error line' }],
            Next: 'Line',
          },
          'Line': {
            Type: 'Pass',
            Parameters: { 'recordId.$': '$.recordId', 'modelInput.$': '$.modelInput', 'modelOutput.$': '$.result.modelOutput' },
            End: true,
          },
          'Error line': {
            Type: 'Pass',
            Parameters: { 'recordId.$': '$.recordId', 'modelInput.$': '$.modelInput', 'error': { 'errorMessage.$': '$.error.Cause', 'errorType.$': '$.error.Error' } },
            End: true,
          },
        },
      },
      ResultWriter: {
        Resource: 'arn:aws:states:::s3:putObject',
        Parameters: { 'Bucket': bucket, 'Prefix.$': "States.Format('{}/records', $.run)" },
        WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' },
      },
      ResultPath: '$.records',
      End: true,
    },
  };
}
