import { BOTOCORE_VERSION, ERROR_STATUS, OPERATIONS, SHAPES, violations } from './constraints';

const PATTERNS = Object.entries(SHAPES).flatMap(([name, shape]) =>
  shape.type === 'string' && shape.pattern !== undefined ? [[name, shape.pattern] as const] : []);

describe('the table', () => {
  test('identifies the version of the service model', () => {
    expect(BOTOCORE_VERSION).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('has all shapes and error status codes that the operations refer to', () => {
    for (const rule of Object.values(OPERATIONS)) {
      for (const error of rule.errors) expect(ERROR_STATUS).toHaveProperty(error);
      for (const shape of [rule.input, rule.output]) expect(SHAPES).toHaveProperty(shape);
    }
    for (const shape of Object.values(SHAPES)) {
      const parts = shape.type === 'structure' ? Object.values(shape.members) : shape.type === 'list' ? [shape.member] : [];
      for (const part of parts) expect(SHAPES).toHaveProperty(part);
    }
  });

  test('matches the API reference of CreateModelImportJob', () => {
    expect(OPERATIONS.CreateModelImportJob).toMatchObject({ method: 'POST', path: '/model-import-jobs', status: 201 });
    expect(SHAPES.CreateModelImportJobRequest).toMatchObject({ required: ['jobName', 'importedModelName', 'roleArn', 'modelDataSource'] });
    expect(ERROR_STATUS).toMatchObject({ ConflictException: 400, ResourceNotFoundException: 404, ThrottlingException: 429 });
  });

  test('matches the API reference of the invocation of models', () => {
    expect(OPERATIONS.CreateModelInvocationJob).toMatchObject({ method: 'POST', path: '/model-invocation-job', status: 200 });
    expect(OPERATIONS.InvokeModel).toMatchObject({ path: '/model/{modelId}/invoke', payload: 'body', headers: { contentType: 'content-type' }, body: [] });
    expect(ERROR_STATUS).toMatchObject({ ModelTimeoutException: 408, ModelErrorException: 424, ModelNotReadyException: 429 });
    expect(SHAPES.ModelInvocationJobStatus).toMatchObject({ enum: expect.arrayContaining(['Expired', 'PartiallyCompleted', 'Stopping']) });
  });
});

describe.each(PATTERNS)('the pattern of %s', (_, pattern) => {
  test('matches the whole value', () => {
    expect(pattern).toMatch(/^\^\(\?:.*\)\$$/);
  });

  test('has no catastrophic backtracking', () => {
    // Long runs of characters with many ways to match, followed by an end that does not match.
    const starts = ['', 'a', 's3://aaa/', 'alias/', 'arn:aws-', 'arn:aws:bedrock:us-east-1:111122223333:custom-model/'];
    const runs = ['a', '-', '.', '_', 'a-', 'a_', 'a.', '/a', ' '].map((unit) => unit.repeat(26));
    const started = performance.now();
    for (const start of starts) {
      for (const run of runs) new RegExp(pattern).test(`${start}${run}\n!`);
    }
    expect(performance.now() - started).toBeLessThan(250);
  });
});

describe('violations', () => {
  test.each<[string, unknown, string[]]>([
    ['JobName', 'import-1.0+a-', []],
    ['JobName', 'a'.repeat(63), []],
    ['JobName', 'import job', ["Value 'import job' at '' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?:[a-zA-Z0-9][a-zA-Z0-9+.-]*)$"]],
    ['JobName', 7, ["Value 7 at '' failed to satisfy constraint: Member must be a string"]],
    ['ModelInvocationJobName', 'summaries-1.0+a-', []],
    ['ModelInvocationJobName', `a${'-'.repeat(62)}`, []],
    ['ModelInvocationJobName', 'a'.repeat(64), [expect.stringContaining('length less than or equal to 63')]],
    ['ModelInvocationJobName', '-a', [expect.stringContaining('pattern')]],
    ['ModelInvocationJobIdentifier', 'abcdefghijkl', []],
    ['ModelInvocationJobIdentifier', 'summaries', [expect.stringContaining('pattern')]],
    ['ModelId', 'anthropic.claude-3-haiku-20240307-v1:0', []],
    ['ModelId', 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0', []],
    ['ModelId', 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl', [expect.stringContaining('pattern')]],
    ['InvokeModelIdentifier', 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl', []],
    ['ModelInvocationJobTimeoutDurationInHours', 23, [expect.stringContaining('value greater than or equal to 24')]],
    ['ModelInvocationJobTimeoutDurationInHours', 169, [expect.stringContaining('value less than or equal to 168')]],
    ['NonNegativeLong', 0, []],
    ['NonNegativeLong', -1, [expect.stringContaining('value greater than or equal to 0')]],
    ['Body', Buffer.from('{}'), []],
    ['Body', '{}', ["Value '{}' at '' failed to satisfy constraint: Member must be a blob"]],
    ['ImportedModelName', 'llama-3_1-8b-', []],
    ['ImportedModelName', 'llama\n', [expect.stringContaining('pattern')]],
    ['S3Uri', 's3://amzn-s3-demo-bucket', []],
    ['S3Uri', 's3://amzn-s3-demo-bucket/a/b/', []],
    ['S3Uri', 's3://amzn-s3-demo-bucket/a//b', [expect.stringContaining('pattern')]],
    ['S3Uri', 's3://amzn-s3-demo-bucket/a=b', [expect.stringContaining('pattern')]],
    ['KmsKeyId', 'alias/models', []],
    ['KmsKeyId', 'see alias/models', [expect.stringContaining('pattern')]],
    ['TaggableResourcesArn', 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdefghijkl', []],
    ['TaggableResourcesArn', 'arn:aws:bedrock:us-east-1:111122223333:imported-model/llama', [expect.stringContaining('pattern')]],
    ['MaxResults', 1, []],
    ['MaxResults', 1.5, ["Value 1.5 at '' failed to satisfy constraint: Member must be an integer"]],
    ['MaxResults', '1', [expect.stringContaining('an integer')]],
    ['MaxResults', 0, [expect.stringContaining('value greater than or equal to 1')]],
    ['SortOrder', 'Up', ["Value 'Up' at '' failed to satisfy constraint: Member must satisfy enum value set: [Ascending, Descending]"]],
    ['Timestamp', new Date(0), []],
    ['Timestamp', new Date(NaN), [expect.stringContaining('a timestamp')]],
    ['InstructSupported', 'true', [expect.stringContaining('a boolean')]],
    ['SubnetIds', [], [expect.stringContaining('length greater than or equal to 1')]],
    ['SubnetIds', { 0: 'subnet' }, [expect.stringContaining('a list')]],
    ['SubnetIds', ['ok', 'not ok'], [expect.stringContaining("at '.2.member'")]],
    ['Tag', 'key=value', [expect.stringContaining('a structure')]],
    ['Tag', { key: 'a' }, ["Value null at 'value' failed to satisfy constraint: Member must not be null"]],
    ['Tag', { key: 'a', value: '', note: '' }, [expect.stringContaining("at 'note' failed to satisfy constraint: Member must be a member of Tag")]],
    ['ModelDataSource', {}, [expect.stringContaining('exactly one of [s3DataSource]')]],
    ['VpcConfig', { subnetIds: ['a'], securityGroupIds: undefined }, ["Value null at 'securityGroupIds' failed to satisfy constraint: Member must not be null"]],
  ])('%s: %p', (shape, value, expected) => {
    expect(violations(shape, value)).toEqual(expected);
  });
});
