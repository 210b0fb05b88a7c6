import { CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ImportedModelLookup, ModelSource } from '../../../src';
import { withoutWildcards } from '../../../src/shared/constructs/wildcards';
import { evaluated } from '../../../testing/support/intrinsics';
import { newStack, weights } from '../../../testing/support/stacks';
import { logicalIdOf } from '../../../testing/support/template';

interface RawStatement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: { readonly StringLike?: { readonly 's3:prefix': unknown[] } };
}

interface RawPolicy {
  readonly Properties?: { readonly PolicyDocument?: { readonly Statement?: RawStatement[] } };
}

interface References {
  readonly [id: string]: string;
}

function statementsFor(stack: Stack, action: string): RawStatement[] {
  const { Resources } = Template.fromStack(stack).toJSON() as { Resources: { [id: string]: RawPolicy } };
  return Object.values(Resources).flatMap(({ Properties }) => Properties?.PolicyDocument?.Statement ?? [])
    .filter(({ Action }) => [Action].flat().includes(action));
}

/** The prefixes in the condition of s3:ListBucket. */
function prefixesFor(stack: Stack, references: References): string[] {
  const prefixes = statementsFor(stack, 's3:ListBucket').flatMap(({ Condition }) => Condition?.StringLike?.['s3:prefix'] ?? []);
  return once(prefixes.map(prefix => evaluated(prefix, references)));
}

/** The resources of an action after the deployment. */
function resourcesFor(stack: Stack, action: string, references: References): string[] {
  return once(statementsFor(stack, action).flatMap(({ Resource }) => [Resource].flat()).map(resource => evaluated(resource, references)));
}

/** The service role and the provider read the same folder. */
function once(values: string[]): string[] {
  return [...new Set(values)];
}

const newRole = (stack: Stack) => new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
const ARN = 'arn:aws:bedrock:us-east-1:111122223333:imported-model';

// #20: the value of a parameter, or a response to CloudFormation, must not widen a policy.
describe.each([
  [`${ARN}/abcdefghijkl`, 'abcdefghijkl'], ['x/*', ''], ['x/?????????????', ''], ['x/${aws:username}', ''], ['x/abc*', 'abc'], ['x/ab?c*', 'ab'],
])('the ARN %s', (value, id) => {
  test('in a parameter allows at most one model', () => {
    const stack = newStack();
    ImportedModel.fromParameter(stack, 'Shared', '/models/llama').grantInvoke(newRole(stack));
    const [parameter] = Object.keys(Template.fromStack(stack).findParameters('*', { Default: '/models/llama' }));
    const [resource] = resourcesFor(stack, 'bedrock:InvokeModel', { [parameter]: value });
    expect(resource.endsWith(`:imported-model/${id}`)).toBe(true);
  });

  test('as the response of a lookup allows at most one model', () => {
    const stack = newStack();
    new ImportedModelLookup(stack, 'Found', { importedModelName: 'llama' }).grantInvoke(newRole(stack));
    const [lookUp] = Object.keys(Template.fromStack(stack).findResources('Custom::BedrockImportedModelLookUp'));
    const [resource] = resourcesFor(stack, 'bedrock:InvokeModel', { [`${lookUp}.ModelArn`]: value });
    expect(resource.endsWith(`:imported-model/${id}`)).toBe(true);
  });

  test('as the response of a custom resource allows at most one model', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    model.grantInvoke(newRole(stack));
    const [resource] = resourcesFor(stack, 'bedrock:InvokeModel', { [`${logicalIdOf(model)}.ModelArn`]: value });
    expect(resource.endsWith(`:imported-model/${id}`)).toBe(true);
  });
});

test.each([
  ['${Value}', 'llama', 'llama/*', 'llama'],
  ['${Value}', 'llama/', 'llama/*', 'llama'],
  ['${Value}', 'llama/8b/', 'llama/8b/*', 'llama/8b'],
  ['models/${Value}/8b/', 'llama', 'models/llama/8b/*', 'models/llama/8b'],
  ['models/${Value}/8b', 'llama', 'models/llama/8b/*', 'models/llama/8b'],
  ['models/${Value}', 'llama/', 'models/llama/*', 'models/llama'],
  ['models/${Value}', '', 'models/*', 'models'],
  ['${Value}', '', '*', ''],
  ['${Value}', '*', '/*', ''],
  ['${Value}', 'lla?ma/', 'lla/*', 'lla'],
  ['${Value}', '${x}', '/*', ''],
])('a prefix with a token covers its folder and no neighbour (%s: %s)', (prefix, value, objects, folder) => {
  const stack = newStack();
  const token = new CfnParameter(stack, 'Value').valueAsString;
  const source = ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Bucket', 'bkt'), prefix.replace('${Value}', token));
  new ImportedModel(stack, 'Llama', { source });
  expect(resourcesFor(stack, 's3:GetObject', { Value: value })).toEqual([`arn:AWS::Partition:s3:::bkt/${objects}`]);
  expect(prefixesFor(stack, { Value: value })).toEqual([folder, `${folder}/*`]);
});

test.each([['bkt', 'bkt'], ['*', ''], ['b*t', 'b']])('a bucket name with a token is one bucket (%s)', (value, bucket) => {
  const stack = newStack();
  const name = new CfnParameter(stack, 'Name').valueAsString;
  new ImportedModel(stack, 'Llama', { source: ModelSource.fromBucket(s3.Bucket.fromBucketName(stack, 'Bucket', name), 'llama/') });
  expect(resourcesFor(stack, 's3:ListBucket', { Name: value })).toEqual([`arn:AWS::Partition:s3:::${bucket}`]);
});

test.each([
  ['s3://bkt/llama', 'bkt/llama/*', 'bkt'], ['s3://bkt/llama/', 'bkt/llama/*', 'bkt'], ['s3://bkt/*', 'bkt//*', 'bkt'], ['s3://*/x', '/*', ''], ['s3://b?t/x', 'b/*', 'b'],
])('a URI in a token has no wildcards (%s)', (value, objects, bucket) => {
  const stack = newStack();
  new ImportedModel(stack, 'Llama', { source: ModelSource.fromS3Uri(new CfnParameter(stack, 'Uri').valueAsString) });
  expect(resourcesFor(stack, 's3:GetObject', { Uri: value })).toEqual([`arn:AWS::Partition:s3:::${objects}`]);
  expect(resourcesFor(stack, 's3:ListBucket', { Uri: value })).toEqual([`arn:AWS::Partition:s3:::${bucket}`]);
});

test('a value ends before its first wildcard', () => {
  const stack = newStack();
  const cut = stack.resolve(withoutWildcards(Fn.ref('Value')));
  expect(['plain', 'a*b', 'a?b*c', 'a$b?c', '*'].map(Value => evaluated(cut, { Value }))).toEqual(['plain', 'a', 'a', 'a', '']);
});
