import { getLanguageService, TextDocument } from 'amazon-states-language-service';
import validate from 'asl-validator';
import { Duration, Stack, Tags } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { bucketIn, type Build, type Definition, definitionIn, foundationModel, importedModel, inferenceProfile, locations, newBatch, statesOf, vpcIn } from './batches';
import { BatchEngine, BatchInferenceFragment, type BatchInferenceProps, ModelInvocationType } from '../../src';
import { newStack } from '../../testing/support/stacks';

/** A definition as Step Functions gets it: with values like those of a deployment in place of tokens. */
function deployed(stack: Stack): Definition {
  const text = JSON.stringify(definitionIn(stack))
    .replace(/\$\{AWS::Partition\}/g, 'aws').replace(/\$\{AWS::Region\}/g, 'us-east-1').replace(/\$\{AWS::AccountId\}/g, '111122223333')
    .replace(/\$\{\w*Records\w*\.Arn\}/g, 'arn:aws:lambda:us-east-1:111122223333:function:Records')
    .replace(/\$\{\w+\.Arn\}/g, 'arn:aws:iam::111122223333:role/Service')
    .replace(/\$\{\w+\.GroupId\}/g, 'sg-00000001').replace(/\$\{\w+\}/g, 'amzn-s3-demo-bucket');
  if (text.includes('${')) throw new Error(`A token is left in ${text}`);
  return JSON.parse(text) as Definition;
}

const batch = (props: Build<Partial<BatchInferenceProps>>) => () => newBatch(props).stateMachine.stack;

const fragment = (stack: Stack, id: string, more: Partial<BatchInferenceProps> = {}) =>
  new BatchInferenceFragment(stack, id, { ...locations(bucketIn(stack, `${id}Data`)), model: foundationModel(new Stack(stack, `${id}Model`)), optionsPath: '$.batch', ...more });

const machine = (stack: Stack, start: sfn.IChainable) => new sfn.StateMachine(stack, 'Nightly', { definitionBody: sfn.DefinitionBody.fromChainable(start) });

const VARIANTS: readonly (readonly [name: string, build: () => Stack])[] = [
  ['an imported model', batch(stack => ({ model: importedModel(stack) }))],
  ['a foundation model', batch(() => ({}))],
  ['a foundation model, record by record', batch(() => ({ engine: BatchEngine.DISTRIBUTED_MAP }))],
  ['an inference profile', batch(() => ({ model: inferenceProfile() }))],
  ['a deadline', batch(() => ({ deadline: Duration.hours(30) }))],
  ['bodies of Converse', batch(() => ({ modelInvocationType: ModelInvocationType.CONVERSE }))],
  ['a VPC, a key, tags and numbers', () => {
    const stack = newStack();
    const data = new s3.Bucket(stack, 'Data', { encryptionKey: new kms.Key(stack, 'Key') });
    const one = newBatch({
      ...locations(data), vpc: vpcIn(stack), jobTags: { team: 'research' }, deadline: Duration.hours(30), toleratedFailurePercentage: 2.5, maxConcurrentJobs: 3,
    }, stack);
    Tags.of(one).add('stage', 'prod');
    return stack;
  }],
  ['a fragment between states of the user', () => {
    const stack = newStack();
    const answers = fragment(stack, 'Answers', { deadline: Duration.hours(30) });
    answers.allowMapRuns(machine(stack, new sfn.Pass(stack, 'Before').next(answers).next(new sfn.Pass(stack, 'After'))));
    return stack;
  }],
  ['two fragments', () => {
    const stack = newStack();
    const [one, two] = ['One', 'Two'].map(id => fragment(stack, id));
    const nightly = machine(stack, new sfn.Choice(stack, 'Which').when(sfn.Condition.isPresent('$.one'), one).otherwise(two));
    [one, two].forEach(part => part.allowMapRuns(nightly));
    return stack;
  }],
];

const validatedByAslValidator = (definition: object) =>
  validate(JSON.parse(JSON.stringify(definition)) as object).errors.map(error => JSON.stringify(error));

/** The findings of the language service of AWS, which the console and the toolkits use. */
async function validatedByLanguageService(definition: object): Promise<string[]> {
  const service = getLanguageService({});
  const document = TextDocument.create('file:///definition.asl.json', 'json', 1, JSON.stringify(definition, null, 2));
  const findings = await service.doValidation(document, service.parseJSONDocument(document));
  return findings.map(({ message, range }) => `${range.start.line + 1}: ${message}`);
}

describe.each(VARIANTS)('the definition for %s', (_, build) => {
  const definition = deployed(build());

  test('is valid for asl-validator', () => {
    expect(validatedByAslValidator(definition)).toEqual([]);
  });

  test('is valid for the language service of AWS', async () => {
    expect(await validatedByLanguageService(definition)).toEqual([]);
  });

  test('has no label that two map states could share, and no two states of one name', () => {
    const text = JSON.stringify(definition);
    expect(text).not.toContain('"Label"');
    expect(Object.keys(statesOf(definition))).toHaveLength([...text.matchAll(/"Type":"(Task|Pass|Choice|Wait|Fail|Map)"/g)].length);
  });

  // One call is retried for hours, and one that hangs must not hang for a year.
  test('has a time limit for each task', () => {
    const unlimited = Object.entries(statesOf(definition)).filter(([, { Type, TimeoutSeconds }]) => Type === 'Task' && !(Number(TimeoutSeconds) > 0));
    expect(unlimited).toEqual([]);
  });

  // States.ALL must be alone and last; Step Functions refuses a definition otherwise.
  test('has States.ALL only as the last retry', () => {
    const early = Object.values(statesOf(definition)).filter(({ Retry = [] }) =>
      Retry.some(({ ErrorEquals }, index) => ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || index < Retry.length - 1)));
    expect(early).toEqual([]);
  });
});

describe('these checks can fail:', () => {
  const definition = deployed(VARIANTS[4][1]());
  const planted = (change: (states: { [name: string]: { [member: string]: unknown } }) => void) => {
    const copy = JSON.parse(JSON.stringify(definition)) as Definition;
    const { ItemProcessor } = copy.States['For each part'];
    change(ItemProcessor!.States as { [name: string]: { [member: string]: unknown } });
    return copy;
  };
  const noTarget = planted((states) => { states['Get job'].Next = 'Nowhere'; });
  const badPath = planted((states) => { states['Wait for job'].SecondsPath = 'poll.wait'; });
  const unknownType = planted((states) => { states['Wait for job'].Type = 'Sleep'; });
  const noEnd = planted((states) => { delete states['Start polling'].Next; });
  const twoWaits = planted((states) => { states['Wait for job'].Seconds = 1; });

  test.each([['a transition to nowhere', noTarget], ['a path without $', badPath], ['an unknown type', unknownType], ['no transition', noEnd], ['two waits', twoWaits]])(
    'asl-validator finds %s', (_, wrong) => {
      expect(validatedByAslValidator(wrong)).not.toEqual([]);
    });

  test.each([['a transition to nowhere', noTarget], ['no transition', noEnd], ['an unknown type', unknownType]])(
    'the language service finds %s', async (_, wrong) => {
      expect(await validatedByLanguageService(wrong)).not.toEqual([]);
    });
});
