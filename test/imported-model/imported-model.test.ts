import {
  Aspects, CfnOutput, CfnResource, Duration, Fn, type IAspect, NestedStack, PermissionsBoundary, RemovalPolicy, Stack, Stage, Tags,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { IConstruct } from 'constructs';
import { IImportedModel, ImportedModel, ModelEncryption, ModelImportProvider, ReplacementStrategy } from '../../src';
import { ACCOUNT, ENV, KEY_ARN, MODEL_ARN, newApp, newStack, OTHER_ACCOUNT, REGION, ROLE_ARN, weights, WEIGHTS_URI } from '../../testing/support/stacks';
import {
  FORMAT_CHECK, IMPORTED_MODEL, inTemplate, logicalIdOf, madeBefore, modelOf, resourceFor, resourceOf, resourcesOf, statementsOf,
  type TemplateResource,
} from '../../testing/support/template';

const newFunction = (stack: Stack, id = 'Chat') => new lambda.Function(stack, id, {
  code: lambda.Code.fromInline('exports.handler = async () => {};'),
  handler: 'index.handler',
  runtime: lambda.Runtime.NODEJS_22_X,
});

/** The policy for the provider of another stack, in the stack of a model. */
function providerPolicyOf(stack: Stack) {
  const [policy] = resourcesOf(stack, 'AWS::IAM::Policy').filter(({ id }) => id.includes('ProviderPolicy'));
  return policy;
}

const providersIn = (stack: Stack) => resourcesOf(stack, 'AWS::StepFunctions::StateMachine');

describe('the custom resource', () => {
  test('has only the required properties by default', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });

    expect(modelOf(stack).Properties).toEqual({
      ServiceToken: inTemplate(stack, model.provider.serviceToken),
      Link: 'model',
      ImportLogicalId: resourceOf(stack, 'Custom::BedrockModelImport').id,
      JobName: `\${${resourceOf(stack, 'Custom::BedrockModelImport').id}.JobName}`,
      WindowMinutes: '10',
      ImportTimeoutMinutes: '120',
      S3Uri: WEIGHTS_URI,
      NamePrefix: expect.stringMatching(/^\$\{LlamaImport[0-9A-F]{8}\}$/),
      AttributesRevision: '1',
      RoleArn: inTemplate(stack, model.role.roleArn),
    });
  });

  test('has a property for each field of CreateModelImportJob that is set', () => {
    const stack = newStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-00000001', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-00000001', 'subnet-00000002'] });
    new ImportedModel(stack, 'Llama', {
      source: weights(),
      importedModelName: 'llama-3_1-8b',
      jobNamePrefix: 'llama.3.1+8b',
      role: iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN),
      encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', KEY_ARN)),
      vpc,
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-00000001')],
      importedModelTags: { team: 'platform' },
      jobTags: { stage: 'prod' },
      importTimeout: Duration.minutes(20),
    });

    expect(modelOf(stack).Properties).toMatchObject({
      ImportedModelName: 'llama-3_1-8b',
      JobNamePrefix: 'llama.3.1+8b',
      RoleArn: ROLE_ARN,
      ImportedModelKmsKeyId: KEY_ARN,
      SubnetIds: ['subnet-00000001', 'subnet-00000002'],
      SecurityGroupIds: ['sg-00000001'],
      ImportedModelTags: [{ key: 'team', value: 'platform' }],
      JobTags: [{ key: 'stage', value: 'prod' }],
      ImportTimeoutMinutes: '20',
    });
  });

  test('has a different name base for each model of a stack', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights() });
    new ImportedModel(stack, 'Mistral', { source: weights() });

    const [one, two] = resourcesOf(stack, 'Custom::BedrockModelImport').map(({ Properties }) => Properties.NameBase);
    expect(one).not.toEqual(two);
  });

  test('has a short, alphanumeric name base for any construct path', () => {
    const stack = newStack();
    const id = 'Llama 3.1 (8B) -- instruct_tuned für alle, and a name that is far too long for anything';
    new ImportedModel(stack, id, { source: weights() });

    expect(resourceOf(stack, 'Custom::BedrockModelImport').Properties.NameBase).toMatch(/^[a-zA-Z0-9]{1,28}$/);
  });
});

/** The custom resources of the models, without the check of their files. */
function importingLinksOf(stack: Stack): TemplateResource[] {
  return resourcesOf(stack).filter(({ Type }) => Type.startsWith('Custom::Bedrock') && Type !== FORMAT_CHECK);
}

describe('the chain of custom resources', () => {
  const linksOf = (stack: Stack) => importingLinksOf(stack)
    .map(({ Type, Properties }) => [Type.replace('Custom::Bedrock', ''), Properties.Link, Number(Properties.WindowMinutes)]);

  test.each([
    [Duration.minutes(1), [1, 1]],
    [Duration.seconds(120), [2, 1]],
    [Duration.minutes(55), [55, 1]],
    [Duration.minutes(56), [55, 1]],
    [Duration.minutes(110), [55, 55]],
    [Duration.minutes(111), [55, 55, 1]],
    [Duration.hours(12), [55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 55, 5]],
    [undefined, [55, 55, 10]],
  ])('has wait windows for an importTimeout of %s', (importTimeout, windows) => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), importTimeout });

    expect(linksOf(stack)).toEqual(windows.map((window, index) => {
      if (index === 0) return ['ModelImport', 'import', window];
      return index === windows.length - 1 ? ['ImportedModel', 'model', window] : ['ModelImportWait', 'wait', window];
    }));
  });

  test('has more links with shorter windows', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), _waitWindowMinutes: 10, importTimeout: Duration.minutes(25) });

    expect(linksOf(stack)).toEqual([['ModelImport', 'import', 10], ['ModelImportWait', 'wait', 10], ['ImportedModel', 'model', 5]]);
  });

  test('is created in order, and all links have the same properties and the job of the first', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), importTimeout: Duration.hours(3), importedModelTags: { team: 'platform' } });

    const links = importingLinksOf(stack);
    links.slice(1).forEach((link, index) => {
      expect(madeBefore(stack, link)).toContain(links[index].id);
      const { Link: _, WindowMinutes: __, ImportTimeoutMinutes: ___, AttributesRevision: ____, ...others } = link.Properties;
      const { ImportLogicalId, NamePrefix, JobName, ...same } = others;
      expect({ ImportLogicalId, NamePrefix, JobName })
        .toEqual({ ImportLogicalId: links[0].id, NamePrefix: `\${${links[0].id}}`, JobName: `\${${links[0].id}.JobName}` });
      expect(links[0].Properties).toMatchObject(same);
    });
  });

  // An update of tags, timeout or removal policy must not update the links that only wait.
  test('has tags, attributes and removal policy only in the links that need them', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', {
      source: weights(), importTimeout: Duration.hours(3), importedModelTags: { team: 'a' }, jobTags: { team: 'a' }, removalPolicy: RemovalPolicy.RETAIN,
    });

    const namesOf = (type: string) => resourcesOf(stack, type).flatMap(({ Properties }) => Object.keys(Properties)).sort();
    expect(new Set(namesOf('Custom::BedrockModelImportWait'))).toEqual(new Set(
      ['ImportLogicalId', 'JobName', 'Link', 'NamePrefix', 'RoleArn', 'S3Uri', 'ServiceToken', 'WindowMinutes']));
    expect(namesOf('Custom::BedrockModelImport')).toEqual(['ImportedModelTags', 'JobTags', 'Link', 'NameBase', 'RoleArn', 'S3Uri', 'ServiceToken', 'WindowMinutes']);
    expect(namesOf('Custom::BedrockImportedModel')).toEqual(expect.arrayContaining(['AttributesRevision', 'RemovalPolicy', 'ImportedModelTags', 'JobTags']));
  });

  // Frozen by the first release: a CDK version that generates other names must not import every model again.
  test('has a frozen name base', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights() });
    expect(resourceOf(stack, 'Custom::BedrockModelImport').Properties.NameBase).toBe('StackLlama5A36265B');
  });

  // #1
  test.each<[string, (model: ImportedModel) => void]>([
    ['the property', () => undefined],
    ['applyRemovalPolicy()', model => model.applyRemovalPolicy(RemovalPolicy.RETAIN)],
    ['an aspect', model => Aspects.of(model).add({
      visit: node => {
        if (CfnResource.isCfnResource(node)) node.applyRemovalPolicy(RemovalPolicy.RETAIN);
      },
    })],
  ])('has RETAIN on every link, and as a property of the last one (%s)', (way, retain) => {
    const stack = newStack();
    const removalPolicy = way === 'the property' ? RemovalPolicy.RETAIN : undefined;
    retain(new ImportedModel(stack, 'Llama', { source: weights(), importTimeout: Duration.hours(3), removalPolicy }));

    const links = resourcesOf(stack).filter(({ Type }) => Type.startsWith('Custom::Bedrock'));
    expect(links.map(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy])).toEqual(Array(5).fill(['Retain', 'Retain']));
    expect(links.map(({ Properties }) => Properties.RemovalPolicy)).toEqual([undefined, undefined, undefined, undefined, 'RETAIN']);
  });

  test('has no such property with DESTROY', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), removalPolicy: RemovalPolicy.RETAIN });
    model.applyRemovalPolicy(RemovalPolicy.DESTROY);
    expect(modelOf(stack).Properties).not.toHaveProperty('RemovalPolicy');
  });

  test.each(['the property', 'applyRemovalPolicy()'])('refuses RETAIN with DELETE_FIRST (%s)', way => {
    const stack = newStack();
    const removalPolicy = way === 'the property' ? RemovalPolicy.RETAIN : undefined;
    const model = new ImportedModel(stack, 'Llama', { source: weights(), replacementStrategy: ReplacementStrategy.DELETE_FIRST, removalPolicy });
    if (!removalPolicy) model.applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(() => modelOf(stack)).toThrow(/replacementStrategy: "DELETE_FIRST" must be CREATE_FIRST when the removal policy is RETAIN.*Choose one of the two/);
  });

  // #13: maps have another order in each language.
  test('sorts tags', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), importedModelTags: { b: '2', a: '1', c: '3' }, jobTags: { z: '1', y: '2' } });
    const { ImportedModelTags, JobTags } = modelOf(stack).Properties;
    expect([ImportedModelTags, JobTags]).toEqual([
      [{ key: 'a', value: '1' }, { key: 'b', value: '2' }, { key: 'c', value: '3' }], [{ key: 'y', value: '2' }, { key: 'z', value: '1' }],
    ]);
  });

  test('starts after that of the model before it, because an account has one running import', () => {
    const stack = newStack();
    const [one, two] = ['One', 'Two'].map(id => new ImportedModel(stack, id, { source: weights() }));
    const start = resourcesOf(stack, 'Custom::BedrockModelImport').find(({ id }) => id.startsWith('Two'))!;

    expect(madeBefore(stack, start)).toContain(logicalIdOf(one));
    expect(madeBefore(stack, resourceFor(one))).not.toContain(logicalIdOf(two));
  });

  test('does not depend on the other models with oneImportAtATime: false, nor on models of another stack', () => {
    const stack = newStack();
    const provider = new ModelImportProvider(stack, 'Provider', { oneImportAtATime: false });
    const [one] = ['One', 'Two'].map(id => new ImportedModel(stack, id, { source: weights(), provider }));
    const start = resourcesOf(stack, 'Custom::BedrockModelImport').find(({ id }) => id.startsWith('Two'))!;
    expect(madeBefore(stack, start)).not.toContain(logicalIdOf(one));

    const app = newApp();
    const shared = new ModelImportProvider(new Stack(app, 'ProviderStack'), 'Provider');
    ['A', 'B'].forEach(id => new ImportedModel(new Stack(app, id), 'Llama', { source: weights(), provider: shared }));
    expect(app.synth().getStackByName('B').dependencies.map(({ id }) => id)).not.toContain('A');
  });

  test('has the replacement strategy', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), replacementStrategy: ReplacementStrategy.DELETE_FIRST });

    expect(modelOf(stack).Properties.ReplacementStrategy).toBe('DELETE_FIRST');
  });
});

describe('the attributes', () => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights() });

  test.each([
    ['modelArn', 'ModelArn'],
    ['importedModelName', 'ImportedModelName'],
    ['jobArn', 'JobArn'],
    ['jobName', 'JobName'],
    ['modelArchitecture', 'ModelArchitecture'],
    ['instructSupported', 'InstructSupported'],
    ['customModelUnitsPerModelCopy', 'CustomModelUnitsPerModelCopy'],
    ['customModelUnitsVersion', 'CustomModelUnitsVersion'],
  ] as const)('%s is the attribute %s of the custom resource', (property, attribute) => {
    const answered = `\${${modelOf(stack).id}.${attribute}}`;
    expect(inTemplate(stack, model[property]))
      .toBe(property === 'modelArn' ? `arn:\${AWS::Partition}:bedrock:\${AWS::Region}:\${AWS::AccountId}:imported-model/\${id in ${answered}}` : answered);
  });

  test('importedModelName is an attribute also if the name is a property', () => {
    const named = newStack();
    const { importedModelName } = new ImportedModel(named, 'Llama', { source: weights(), importedModelName: 'llama' });

    expect(inTemplate(named, importedModelName)).toBe(`\${${modelOf(named).id}.ImportedModelName}`);
  });
});

describe('tags', () => {
  const tagsOf = (stack: Stack) => {
    const { ImportedModelTags, JobTags } = modelOf(stack).Properties;
    return { model: ImportedModelTags, job: JobTags };
  };

  test.each([
    ['app', (model: IConstruct) => model.node.root],
    ['stack', (model: IConstruct) => Stack.of(model)],
    ['model', (model: IConstruct) => model],
  ])('of the %s are tags of the model and of its job', (_, scopeOf) => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    Tags.of(scopeOf(model)).add('team', 'platform');

    const tags = [{ key: 'team', value: 'platform' }];
    expect(tagsOf(stack)).toEqual({ model: tags, job: tags });
  });

  test('of an inner scope override those of an outer scope', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    Tags.of(stack).add('team', 'platform');
    Tags.of(model).add('team', 'research');

    expect(tagsOf(stack).model).toEqual([{ key: 'team', value: 'research' }]);
  });

  test('can be removed from the model', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    Tags.of(stack).add('team', 'platform');
    Tags.of(model).remove('team');

    expect(tagsOf(stack)).toEqual({ model: undefined, job: undefined });
  });

  test('can be included by the resource type of models', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    Tags.of(stack).add('team', 'platform', { includeResourceTypes: [IMPORTED_MODEL] });

    expect(tagsOf(stack).model).toEqual([{ key: 'team', value: 'platform' }]);
    expect(resourceFor(model.encryptionKey!).Properties.Tags).toBeUndefined();
  });

  test('can be excluded by the resource type of models', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    Tags.of(stack).add('city', 'Zürich', { excludeResourceTypes: [IMPORTED_MODEL] });

    expect(tagsOf(stack)).toEqual({ model: undefined, job: undefined });
    expect(resourceFor(model.role).Properties.Tags).toEqual([{ Key: 'city', Value: 'Zürich' }]);
  });

  test('of importedModelTags are tags of the model only, those of jobTags of its job only', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), importedModelTags: { of: 'model' }, jobTags: { of: 'job' } });

    expect(tagsOf(stack)).toEqual({ model: [{ key: 'of', value: 'model' }], job: [{ key: 'of', value: 'job' }] });
  });

  test('of the properties override those of Tags.of() with the same key', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), importedModelTags: { team: 'research' }, jobTags: { team: 'operations' } });
    Tags.of(model).add('team', 'platform', { priority: 1000 });
    Tags.of(model).add('stage', 'prod');

    expect(tagsOf(stack)).toEqual({
      model: expect.arrayContaining([{ key: 'team', value: 'research' }, { key: 'stage', value: 'prod' }]),
      job: expect.arrayContaining([{ key: 'team', value: 'operations' }, { key: 'stage', value: 'prod' }]),
    });
  });

  test('are tags of the role and the key of the model, too', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    Tags.of(model).add('team', 'platform');

    const tags = [{ Key: 'team', Value: 'platform' }];
    expect(resourceFor(model.role).Properties.Tags).toEqual(tags);
    expect(resourceFor(model.encryptionKey!).Properties.Tags).toEqual(tags);
  });

  test('can have an empty value', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), importedModelTags: { reviewed: '' } });

    expect(tagsOf(stack).model).toEqual([{ key: 'reviewed', value: '' }]);
  });
});

describe('grantInvoke', () => {
  test('allows to invoke this model, with and without a response stream', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    const chat = newFunction(stack);
    model.grantInvoke(chat);

    expect(statementsOf(chat.role!)).toEqual([{
      effect: 'Allow',
      actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
      resources: [inTemplate(stack, model.modelArn)],
    }]);
  });

  test('allows to decrypt with the key of the model', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    const chat = newFunction(stack);
    model.grantInvoke(chat);

    expect(statementsOf(chat.role!)).toContainEqual({
      effect: 'Allow', actions: ['kms:Decrypt'], resources: [inTemplate(stack, model.encryptionKey!.keyArn)],
    });
    expect(statementsOf(chat.role!)).toHaveLength(2);
  });

  test('returns a grant that later resources can depend on', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    const user = new iam.User(stack, 'User');
    const later = new CfnResource(stack, 'Later', { type: 'Test::Later' });
    model.grantInvoke(user).applyBefore(later);

    const policies = resourcesOf(stack, 'AWS::IAM::Policy').filter(({ Properties }) => Properties.Users !== undefined);
    expect(resourceFor(later).DependsOn).toEqual(policies.map(({ id }) => id));
  });

  test('has no success for a principal without a policy', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });

    expect(model.grantInvoke(new iam.AccountPrincipal(OTHER_ACCOUNT)).success).toBe(false);
  });

  test('works for a function of another stack', () => {
    const app = newApp();
    const model = new ImportedModel(new Stack(app, 'Models'), 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    const chat = newFunction(new Stack(app, 'Chat'));
    model.grantInvoke(chat);

    expect(statementsOf(chat.role!)).toEqual([
      expect.objectContaining({ resources: [expect.stringMatching(/\$\{id in \$\{import Models:.*ModelArn/)] }),
      expect.objectContaining({ resources: [expect.stringMatching(/^\$\{import Models:.*Key.*Arn/)] }),
    ]);
  });

  test('works for a model from another stack', () => {
    const stack = newStack();
    const chat = newFunction(stack);
    ImportedModel.fromImportedModelArn(stack, 'Llama', MODEL_ARN).grantInvoke(chat);

    expect(statementsOf(chat.role!)).toEqual([{
      effect: 'Allow', actions: ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'], resources: [MODEL_ARN],
    }]);
  });
});

describe('removalPolicy', () => {
  test.each([
    [undefined, 'Delete', 'Delete'],
    [RemovalPolicy.DESTROY, 'Delete', 'Delete'],
    [RemovalPolicy.RETAIN, 'Retain', 'Retain'],
    [RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, 'RetainExceptOnCreate', 'Retain'],
  ])('%s becomes the deletion policy of the model', (removalPolicy, DeletionPolicy, UpdateReplacePolicy) => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), removalPolicy });

    expect(modelOf(stack)).toMatchObject({ DeletionPolicy, UpdateReplacePolicy });
  });

  test.each([
    [RemovalPolicy.DESTROY, 'Delete'],
    [RemovalPolicy.RETAIN, 'Retain'],
  ])('%s is the removal policy of the key that was created for the model, too', (removalPolicy, DeletionPolicy) => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), removalPolicy, encryption: ModelEncryption.customerManaged() });

    expect(resourceOf(stack, 'AWS::KMS::Key')).toMatchObject({ DeletionPolicy });
  });

  test('can be applied later', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    model.applyRemovalPolicy(RemovalPolicy.RETAIN);

    expect(modelOf(stack)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('that is applied later applies to the key that was created for the model', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights(), encryption: ModelEncryption.customerManaged() });
    model.applyRemovalPolicy(RemovalPolicy.RETAIN);

    expect(resourceOf(stack, 'AWS::KMS::Key')).toMatchObject({ DeletionPolicy: 'Retain' });
  });
});

test('the default child is the CloudFormation resource, for escape hatches', () => {
  const stack = newStack();
  const model = new ImportedModel(stack, 'Llama', { source: weights() });

  expect(CfnResource.isCfnResource(model.node.defaultChild!)).toBe(true);
  expect((model.node.defaultChild as CfnResource).cfnResourceType).toBe(IMPORTED_MODEL);
});

describe('a model from another stack', () => {
  test('has the given ARN, and creates no resource', () => {
    const stack = newStack();
    const model = ImportedModel.fromImportedModelArn(stack, 'Llama', MODEL_ARN);

    expect(model.modelArn).toBe(MODEL_ARN);
    expect(stack.node.findAll().filter(CfnResource.isCfnResource)).toEqual([]);
  });

  test('has the account and Region of its ARN', () => {
    const { env } = ImportedModel.fromImportedModelArn(newStack(), 'Llama', MODEL_ARN);

    expect(env).toEqual({ account: ACCOUNT, region: REGION });
  });

  test.each(['aws', 'aws-cn', 'aws-us-gov'])('can be in the partition %s', (partition) => {
    const arn = MODEL_ARN.replace('aws', partition);

    expect(ImportedModel.fromImportedModelArn(newStack(), 'Llama', arn).modelArn).toBe(arn);
  });

  test('can have an ARN with a token', () => {
    const stack = newStack();
    const model = ImportedModel.fromImportedModelArn(stack, 'Llama', Fn.importValue('ModelArn'));

    expect(inTemplate(stack, model.modelArn)).toBe('${import ModelArn}');
  });
});

describe('as a model of aws-cdk-lib/aws-bedrock', () => {
  test('it is an IModel', () => {
    const invoke = (model: bedrock.IModel) => model.modelArn;
    const stack = newStack();
    const model: IImportedModel = new ImportedModel(stack, 'Llama', { source: weights() });

    expect(invoke(model)).toBe(model.modelArn);
  });

  test.each([
    ['of this stack', (stack: Stack): IImportedModel => new ImportedModel(stack, 'Llama', { source: weights() })],
    ['from another stack', (stack: Stack): IImportedModel => ImportedModel.fromImportedModelArn(stack, 'Llama', MODEL_ARN)],
  ])('a model %s can be invoked by a Step Functions task', (_, modelIn) => {
    const stack = newStack();
    const model = modelIn(stack);
    const task = new tasks.BedrockInvokeModel(stack, 'Ask', { model, body: sfn.TaskInput.fromObject({ prompt: 'Hello' }) });
    const machine = new sfn.StateMachine(stack, 'Machine', { definitionBody: sfn.DefinitionBody.fromChainable(task) });

    const arn = inTemplate(stack, model.modelArn);
    expect(resourceFor(machine).Properties.DefinitionString).toContain(`"ModelId":"${arn}"`);
    expect(statementsOf(machine.role)).toContainEqual({ effect: 'Allow', actions: ['bedrock:InvokeModel'], resources: [arn] });
  });
});

describe('dependencies', () => {
  test('the import depends on the permissions of the service role and of the provider', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });

    expect(madeBefore(stack, modelOf(stack))).toEqual(expect.arrayContaining([logicalIdOf(model.role), logicalIdOf(model.provider.role)]));
  });

  test('the import depends on the permissions that the user grants the service role', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    new s3.Bucket(stack, 'Tokenizer').grantRead(model.role);

    const policies = resourcesOf(stack, 'AWS::IAM::Policy').filter(({ id }) => id.startsWith('LlamaServiceRole'));
    expect(policies).toHaveLength(2);
    expect(madeBefore(stack, resourceOf(stack, 'Custom::BedrockModelImport'))).toEqual(expect.arrayContaining(policies.map(({ id }) => id)));
    expect(statementsOf(model.role).flatMap(({ actions }) => actions)).toContain('s3:GetBucket*');
  });

  test.each([
    ['', (role: iam.Role): iam.IRole => role, 2],
    [', also without policy updates', (role: iam.Role): iam.IRole => role.withoutPolicyUpdates(), 1],
  ])('the import depends on the policies of a role of the user%s', (_, given, count) => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com') });
    new s3.Bucket(stack, 'Tokenizer').grantRead(role);
    new ImportedModel(stack, 'Llama', { source: weights(), role: given(role) });

    const name = inTemplate(stack, role.roleName);
    const policies = resourcesOf(stack, 'AWS::IAM::Policy').filter(({ Properties }) => (Properties.Roles as unknown[]).includes(name));
    expect(policies).toHaveLength(count);
    expect(madeBefore(stack, modelOf(stack))).toEqual(expect.arrayContaining(policies.map(({ id }) => id)));
  });

  test('the import depends on the routes and endpoints of its VPC', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'import', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    const endpoint = vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    new ImportedModel(stack, 'Llama', { source: weights(), vpc });

    expect(madeBefore(stack, modelOf(stack))).toEqual(expect.arrayContaining([logicalIdOf(endpoint), logicalIdOf(vpc.isolatedSubnets[0])]));
  });

  test('an endpoint of the VPC for inference can have a policy with the model', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'import', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
    const endpoint = vpc.addInterfaceEndpoint('Runtime', { service: ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME });
    const model = new ImportedModel(stack, 'Llama', { source: weights(), vpc });
    endpoint.addToPolicy(new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: ['bedrock:InvokeModel'], resources: [model.modelArn] }));

    // The import does not use the endpoint. A dependency on it would be circular.
    expect(madeBefore(stack, resourceFor(endpoint))).toContain(modelOf(stack).id);
  });

  test('the import depends on the rules of its security groups', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const model = new ImportedModel(stack, 'Llama', { source: weights(), vpc });
    const proxy = new ec2.SecurityGroup(stack, 'Proxy', { vpc, allowAllOutbound: false });
    model.connections.allowTo(proxy, ec2.Port.tcp(3128));

    expect(madeBefore(stack, modelOf(stack))).toContain(resourceOf(stack, 'AWS::EC2::SecurityGroupEgress').id);
  });

  test('the import depends on the dependencies of the user, such as the upload of the weights', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    const upload = new CfnResource(stack, 'Upload', { type: 'Test::Upload' });
    model.node.addDependency(upload);

    expect(madeBefore(stack, modelOf(stack))).toContain('Upload');
  });

  test('a resource that depends on the model depends on the import', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    const later = new CfnResource(stack, 'Later', { type: 'Test::Later' });
    later.node.addDependency(model);

    expect(madeBefore(stack, resourceFor(later))).toContain(modelOf(stack).id);
  });
});

describe('the network of the job', () => {
  const isolated = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-00000001', availabilityZones: ['a', 'b'], isolatedSubnetIds: ['subnet-00000011', 'subnet-00000012'], publicSubnetIds: ['subnet-00000021', 'subnet-00000022'],
  });

  test('is the network of Bedrock by default', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights() });

    expect(modelOf(stack).Properties).not.toHaveProperty('SubnetIds');
    expect(modelOf(stack).Properties).not.toHaveProperty('SecurityGroupIds');
  });

  test('is in the private subnets with egress by default', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
    new ImportedModel(stack, 'Llama', { source: weights(), vpc });

    expect(modelOf(stack).Properties.SubnetIds).toEqual(vpc.privateSubnets.map(({ subnetId }) => inTemplate(stack, subnetId)));
  });

  test('is in the isolated subnets if there are none with egress', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), vpc: isolated(stack) });

    expect(modelOf(stack).Properties.SubnetIds).toEqual(['subnet-00000011', 'subnet-00000012']);
  });

  test('is in the selected subnets', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), vpc: isolated(stack), vpcSubnets: { availabilityZones: ['b'], subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });

    expect(modelOf(stack).Properties.SubnetIds).toEqual(['subnet-00000012']);
  });

  test('can be a VPC from a lookup', () => {
    const stack = newStack({ env: ENV });
    new ImportedModel(stack, 'Llama', { source: weights(), vpc: ec2.Vpc.fromLookup(stack, 'Vpc', { isDefault: true }) });

    expect(modelOf(stack).Properties.SubnetIds).not.toHaveLength(0);
  });

  test('has a security group with HTTPS egress and no ingress by default', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights(), vpc: isolated(stack) });

    expect(resourceOf(stack, 'AWS::EC2::SecurityGroup').Properties).toMatchObject({
      VpcId: 'vpc-00000001',
      SecurityGroupEgress: [expect.objectContaining({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' })],
    });
    expect(resourceOf(stack, 'AWS::EC2::SecurityGroup').Properties).not.toHaveProperty('SecurityGroupIngress');
    expect(resourcesOf(stack, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  test('has the security groups of the user only', () => {
    const stack = newStack();
    const groups = ['sg-00000001', 'sg-00000002'].map(id => ec2.SecurityGroup.fromSecurityGroupId(stack, id, id));
    new ImportedModel(stack, 'Llama', { source: weights(), vpc: isolated(stack), securityGroups: groups });

    expect(modelOf(stack).Properties.SecurityGroupIds).toEqual(['sg-00000001', 'sg-00000002']);
    expect(resourcesOf(stack, 'AWS::EC2::SecurityGroup')).toEqual([]);
  });

  test('has connections', () => {
    const stack = newStack();
    const vpc = isolated(stack);
    const model = new ImportedModel(stack, 'Llama', { source: weights(), vpc });
    const endpoint = new ec2.SecurityGroup(stack, 'Endpoint', { vpc });
    endpoint.connections.allowFrom(model, ec2.Port.tcp(443));

    expect(resourceOf(stack, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject({
      FromPort: 443,
      SourceSecurityGroupId: inTemplate(stack, model.connections.securityGroups[0].securityGroupId),
    });
  });
});

describe('the provider', () => {
  test('is shared by all models of a stack', () => {
    const stack = newStack();
    const models = ['Llama', 'Mistral', 'Qwen'].map(id => new ImportedModel(stack, id, { source: weights() }));

    expect(new Set(models.map(({ provider }) => provider))).toEqual(new Set([ModelImportProvider.getOrCreate(stack)]));
    expect(providersIn(stack)).toHaveLength(1);
  });

  test('is created in each stack', () => {
    const app = newApp();
    const [one, two] = ['One', 'Two'].map(id => new Stack(app, id));
    new ImportedModel(one, 'Llama', { source: weights() });
    new ImportedModel(two, 'Llama', { source: weights() });

    expect(providersIn(one)).toHaveLength(1);
    expect(providersIn(two)).toHaveLength(1);
    expect(two.dependencies).toEqual([]);
  });

  test('is in the nested stack of the model', () => {
    const parent = newStack();
    const nested = new NestedStack(parent, 'Nested');
    const model = new ImportedModel(nested, 'Llama', { source: weights() });
    new CfnOutput(parent, 'ModelArn', { value: model.modelArn });

    expect(providersIn(parent)).toEqual([]);
    expect(providersIn(nested)).toHaveLength(1);
  });

  test('is created in each stage, with the same logical ids', () => {
    const app = newApp();
    const [dev, prod] = ['Dev', 'Prod'].map(id => new Stack(new Stage(app, id), 'Models'));
    [dev, prod].forEach(stack => new ImportedModel(stack, 'Llama', { source: weights() }));

    expect(providersIn(dev)).toHaveLength(1);
    expect(resourcesOf(prod).map(({ id }) => id)).toEqual(resourcesOf(dev).map(({ id }) => id));
  });

  test('can be a provider of the user, and no other is created', () => {
    const stack = newStack();
    const provider = new ModelImportProvider(stack, 'Provider');
    const model = new ImportedModel(stack, 'Llama', { source: weights(), provider });

    expect(model.provider).toBe(provider);
    expect(modelOf(stack).Properties.ServiceToken).toBe(inTemplate(stack, provider.serviceToken));
    expect(providersIn(stack)).toHaveLength(1);
  });

  describe('of another stack', () => {
    const build = () => {
      const app = newApp();
      const shared = new Stack(app, 'Shared');
      const provider = new ModelImportProvider(shared, 'Provider');
      const modelsIn = (id: string) => {
        const stack = new Stack(app, id);
        return new ImportedModel(stack, 'Llama', { source: weights(), provider, encryption: ModelEncryption.customerManaged() });
      };
      return { app, shared, provider, modelsIn };
    };

    test('is a dependency of the stack of the model, and does not depend on it', () => {
      const { app, shared, modelsIn } = build();
      const { stack } = modelsIn('Models');
      app.synth();

      expect(stack.dependencies).toEqual([shared]);
      expect(shared.dependencies).toEqual([]);
    });

    test('has a policy for the model in the stack of the model', () => {
      const { provider, modelsIn } = build();
      const model = modelsIn('Models');

      expect(statementsOf(provider.role, model.stack)).toEqual([
        expect.objectContaining({ actions: ['iam:PassRole'], resources: [inTemplate(model, model.role.roleArn)] }),
        expect.objectContaining({ actions: expect.arrayContaining(['kms:GenerateDataKey']), resources: [inTemplate(model, model.encryptionKey!.keyArn)] }),
        expect.objectContaining({ actions: ['kms:CreateGrant'], resources: [inTemplate(model, model.encryptionKey!.keyArn)] }),
        expect.objectContaining({ actions: ['s3:GetObject'] }),
        expect.objectContaining({ actions: ['s3:ListBucket'] }),
      ]);
    });

    test('imports the model after the creation of that policy', () => {
      const { modelsIn } = build();
      const { stack } = modelsIn('Models');

      expect(madeBefore(stack, modelOf(stack))).toContain(providerPolicyOf(stack).id);
    });

    test('has one policy for each of two stacks with the same construct ids', () => {
      const { modelsIn } = build();
      const policies = ['Dev', 'Prod'].map(modelsIn).map(({ stack }) => providerPolicyOf(stack).Properties);

      // Inline policies of one role: two stacks with one policy name would overwrite each other.
      expect(policies[0].Roles).toEqual(policies[1].Roles);
      expect(policies[0].PolicyName).not.toEqual(policies[1].PolicyName);
    });
  });

  test('of the parent stack serves a model in a nested stack', () => {
    const parent = newStack();
    const provider = new ModelImportProvider(parent, 'Provider');
    const nested = new NestedStack(parent, 'Nested');
    new ImportedModel(nested, 'Llama', { source: weights(), provider });

    expect(providersIn(nested)).toEqual([]);
    expect(modelOf(nested).Properties.ServiceToken).toMatch(/^\$\{referenceto/);
  });

  test('of a nested stack serves a model in its parent', () => {
    const parent = newStack();
    const provider = new ModelImportProvider(new NestedStack(parent, 'Nested'), 'Provider');
    new ImportedModel(parent, 'Llama', { source: weights(), provider });

    expect(providersIn(parent)).toEqual([]);
    expect(modelOf(parent).Properties.ServiceToken).toMatch(/^\$\{.*Outputs\..*Arn\}$/);
  });
});

describe('aspects', () => {
  test('set a permissions boundary on every role', () => {
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights() });
    const boundary = iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'developers');
    iam.PermissionsBoundary.of(stack).apply(boundary);

    const roles = resourcesOf(stack, 'AWS::IAM::Role');
    expect(roles).not.toHaveLength(0);
    roles.forEach(role => expect(role.Properties.PermissionsBoundary).toBe(inTemplate(stack, boundary.managedPolicyArn)));
  });

  test('set a permissions boundary of the stage on every role', () => {
    const stage = new Stage(newApp(), 'Prod', { permissionsBoundary: PermissionsBoundary.fromName('developers') });
    const stack = new Stack(stage, 'Models');
    new ImportedModel(stack, 'Llama', { source: weights() });

    resourcesOf(stack, 'AWS::IAM::Role').forEach(role => expect(role.Properties.PermissionsBoundary).toMatch(/policy\/developers$/));
  });

  test('change the functions', () => {
    class Trace implements IAspect {
      public visit(node: IConstruct): void {
        if (node instanceof lambda.CfnFunction) node.tracingConfig = { mode: 'Active' };
      }
    }
    const stack = newStack();
    new ImportedModel(stack, 'Llama', { source: weights() });
    Aspects.of(stack).add(new Trace());

    Template.fromStack(stack).allResourcesProperties('AWS::Lambda::Function', { TracingConfig: { Mode: 'Active' } });
  });

  test('replace all roles with precreated roles', () => {
    const stack = newStack();
    iam.Role.customizeRoles(stack, {
      usePrecreatedRoles: {
        'Stack/Llama/ServiceRole': 'service',
        'Stack/BedrockModelImportProvider/Role': 'handler',
        'Stack/BedrockModelImportProvider/OnEventRole': 'on-event',
        'Stack/BedrockModelImportProvider/CompleteRole': 'complete',
        'Stack/BedrockModelImportProvider/Provider/waiter-state-machine/Role': 'waiter',
      },
    });
    new ImportedModel(stack, 'Llama', { source: weights() });

    expect(resourcesOf(stack, 'AWS::IAM::Role')).toEqual([]);
    expect(resourcesOf(stack, 'AWS::IAM::Policy')).toEqual([]);
    expect(modelOf(stack).Properties.RoleArn).toMatch(/role\/service$/);
  });
});
