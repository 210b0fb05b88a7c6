/*
 * Definitions in Amazon States Language, exactly as a batch would have them, for what an execution of a batch does not show.
 */

/**
 * Compares timestamps, reads an object that is too large for a state, and lists jobs. Input: `past`, `pastSecond` (without milliseconds), `future`,
 * `bucket`, `key`, `jobName`.
 */
export function factsDefinition(partition: string): object {
  const entered = (comparison: object) => ({ Variable: '$$.State.EnteredTime', ...comparison });
  return {
    StartAt: 'Compare',
    States: {
      'Compare': {
        Type: 'Choice',
        Choices: [{
          And: [
            entered({ TimestampGreaterThanEqualsPath: '$.past' }),
            entered({ TimestampGreaterThanEqualsPath: '$.pastSecond' }),
            entered({ TimestampLessThanPath: '$.future' }),
            { Variable: '$$.Execution.StartTime', TimestampLessThanPath: '$.future' },
          ],
          Next: 'Compared',
        }],
        Default: 'Not compared',
      },
      'Compared': { Type: 'Pass', Result: true, ResultPath: '$.compared', Next: 'Read' },
      'Not compared': { Type: 'Pass', Result: false, ResultPath: '$.compared', Next: 'Read' },
      'Read': {
        Type: 'Task',
        Resource: `arn:${partition}:states:::aws-sdk:s3:getObject`,
        Parameters: { 'Bucket.$': '$.bucket', 'Key.$': '$.key' },
        ResultPath: '$.object',
        Catch: [{ ErrorEquals: ['States.DataLimitExceeded'], ResultPath: '$.caught', Next: 'List' }],
        Next: 'List',
      },
      'List': {
        Type: 'Task',
        Resource: `arn:${partition}:states:::aws-sdk:bedrock:listModelInvocationJobs`,
        Parameters: { 'NameContains.$': '$.jobName' },
        ResultPath: '$.list',
        End: true,
      },
    },
  };
}

/** Looks for a text in a log group. Input: `logGroup`, `text`. */
export function logsDefinition(partition: string): object {
  const search = (parameters: object, next: object) => ({
    Type: 'Task',
    Resource: `arn:${partition}:states:::aws-sdk:cloudwatchlogs:filterLogEvents`,
    Parameters: { 'LogGroupName.$': '$.logGroup', ...parameters },
    ...next,
  });
  return {
    StartAt: 'Any event',
    States: {
      'Any event': search({ Limit: 1 }, { ResultPath: '$.any', Next: 'Event with text' }),
      'Event with text': search({ 'FilterPattern.$': '$.text' }, { ResultPath: '$.found', End: true }),
    },
  };
}
