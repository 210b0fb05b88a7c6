import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { ImportedModel, ModelEncryption, ModelImportProvider, ModelSource } from '../../../src';
import { ACCOUNT, ENV, KEY_ARN, newApp, newStack, OTHER_ACCOUNT, REGION, ROLE_ARN, weights } from '../../../testing/support/stacks';
import { IMPORTED_MODEL, inTemplate, modelOf, resourceFor, resourceOf, resourcesOf, statementsIn, statementsOf } from '../../../testing/support/template';

/*
 * The statements of the Amazon Bedrock user guide, or narrower ones. permissions.test.ts has all statements of a model with every feature.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-import-iam-role.html
 * https://docs.aws.amazon.com/bedrock/latest/userguide/cross-account-access-cmi.html
 * https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-custom-model-import.html
 */
const EVERY_IMPORT_JOB = `arn:\${AWS::Partition}:bedrock:${REGION}:${ACCOUNT}:model-import-job/*`;

const trustOf = (role: iam.IRole) => statementsIn(resourceFor(role).Properties.AssumeRolePolicyDocument);

describe('the trust policy', () => {
  test('allows Bedrock to assume the role, for import jobs of this account and Region only', () => {
    const stack = newStack({ env: ENV });
    const { role } = new ImportedModel(stack, 'Llama', { source: weights() });

    expect(trustOf(role)).toEqual([{
      effect: 'Allow',
      actions: ['sts:AssumeRole'],
      resources: [],
      principal: { Service: 'bedrock.amazonaws.com' },
      conditions: {
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
        ArnEquals: { 'aws:SourceArn': EVERY_IMPORT_JOB },
      },
    }]);
  });

  test('has the account and Region of the deployment in an environment-agnostic stack', () => {
    const { role } = new ImportedModel(newStack(), 'Llama', { source: weights() });

    expect(trustOf(role)[0].conditions).toEqual({
      StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' },
      ArnEquals: { 'aws:SourceArn': 'arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:model-import-job/*' },
    });
  });
});

describe('the permissions', () => {
  const ownedBy = (account: string) => ({ StringEquals: { 'aws:ResourceAccount': account } });

  test('allow to read the weights in a bucket of its owner, and nothing else', () => {
    const { role } = new ImportedModel(newStack({ env: ENV }), 'Llama', { source: ModelSource.fromS3Uri('s3://weights/llama/') });

    expect(statementsOf(role)).toEqual([
      { effect: 'Allow', actions: ['s3:GetObject'], resources: ['arn:${AWS::Partition}:s3:::weights/llama/*'], conditions: ownedBy(ACCOUNT) },
      {
        effect: 'Allow',
        actions: ['s3:ListBucket'],
        resources: ['arn:${AWS::Partition}:s3:::weights'],
        // A condition key of list requests only: s3:GetObject would always be denied.
        conditions: { ...ownedBy(ACCOUNT), StringLike: { 's3:prefix': ['llama', 'llama/*'] } },
      },
    ]);
  });

  test('allow to decrypt the weights of another account with its key', () => {
    const stack = newStack({ env: ENV });
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace(ACCOUNT, OTHER_ACCOUNT));
    const { role } = new ImportedModel(stack, 'Llama', {
      source: ModelSource.fromS3Uri('s3://weights/llama/', { encryptionKey, bucketAccount: OTHER_ACCOUNT }),
    });

    expect(statementsOf(role)).toEqual([
      expect.objectContaining({ actions: ['s3:GetObject'], conditions: ownedBy(OTHER_ACCOUNT) }),
      expect.objectContaining({ actions: ['s3:ListBucket'], conditions: expect.objectContaining(ownedBy(OTHER_ACCOUNT)) }),
      { effect: 'Allow', actions: ['kms:Decrypt', 'kms:DescribeKey'], resources: [KEY_ARN.replace(ACCOUNT, OTHER_ACCOUNT)] },
    ]);
  });

  test('of a model do not include the weights of another model', () => {
    const stack = newStack();
    const [one, two] = ['one', 'two'].map(id => new ImportedModel(stack, id, { source: ModelSource.fromS3Uri(`s3://weights/${id}/`) }));

    expect(statementsOf(one.role)[0].resources).toEqual(['arn:${AWS::Partition}:s3:::weights/one/*']);
    expect(statementsOf(two.role)[0].resources).toEqual(['arn:${AWS::Partition}:s3:::weights/two/*']);
  });
});

describe('the permissions of an import job in a VPC', () => {
  const build = (stack: Stack) => {
    const { role } = new ImportedModel(stack, 'Llama', {
      source: weights(),
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-00000001', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-00000001', 'subnet-00000002'] }),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-00000001')],
    });
    return statementsOf(role).filter(({ actions }) => actions.some(action => action.startsWith('ec2:')));
  };
  // Only the network interface has request tags: one statement for all three resource types would deny the call.
  test.each([
    ['by default', {}],
    ['with the feature flags of a new project, which merge statements', CURRENTLY_RECOMMENDED_FLAGS],
  ])('have two statements for ec2:CreateNetworkInterface, with and without conditions, %s', (_, context) => {
    const create = build(new Stack(newApp(context), 'Stack', { env: ENV })).filter(({ actions }) => actions.includes('ec2:CreateNetworkInterface'));

    expect(create).toHaveLength(2);
    expect(create.find(({ conditions }) => conditions)!.resources).toEqual([expect.stringMatching(/:network-interface\/\*$/)]);
    expect(create.find(({ conditions }) => !conditions)!.resources).toEqual(expect.not.arrayContaining([expect.stringContaining('network-interface')]));
  });

  test('do not exist without a VPC', () => {
    const { role } = new ImportedModel(newStack(), 'Llama', { source: weights() });

    expect(statementsOf(role).flatMap(({ actions }) => actions)).toEqual(['s3:GetObject', 's3:ListBucket']);
  });
});

describe('a role of the user', () => {
  const newRole = (stack: Stack) => new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com') });

  test('is the service role, and no other role is created', () => {
    const stack = newStack();
    const role = newRole(stack);
    const model = new ImportedModel(stack, 'Llama', { source: weights(), role });

    expect(model.role).toBe(role);
    expect(modelOf(stack).Properties.RoleArn).toBe(inTemplate(stack, role.roleArn));
    expect(resourcesOf(stack, 'AWS::IAM::Role').filter(({ id }) => id.startsWith('Llama'))).toEqual([]);
  });

  test.each([
    ['created in the stack', newRole],
    ['imported', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN)],
  ])('%s has the permissions of a role of the library', (_, roleIn) => {
    const stack = newStack({ env: ENV });
    const own = new ImportedModel(stack, 'Own', { source: weights(), encryption: ModelEncryption.customerManaged(kms.Key.fromKeyArn(stack, 'Key', KEY_ARN)) });
    const role = roleIn(stack);
    new ImportedModel(stack, 'Theirs', { source: weights(), encryption: ModelEncryption.customerManaged(own.encryptionKey), role });

    expect(statementsOf(role, stack)).toEqual(statementsOf(own.role));
  });

  test('keeps its trust policy', () => {
    const stack = newStack();
    const role = newRole(stack);
    new ImportedModel(stack, 'Llama', { source: weights(), role });

    expect(trustOf(role)).toEqual([expect.not.objectContaining({ conditions: expect.anything() })]);
  });

  test.each([
    ['imported as immutable', (stack: Stack) => iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN, { mutable: false })],
    ['created without policy updates', (stack: Stack) => newRole(stack).withoutPolicyUpdates()],
  ])('%s is not changed', (_, roleIn) => {
    const stack = newStack({ env: ENV });
    const role = roleIn(stack);
    new ImportedModel(stack, 'Llama', { source: weights(), role });

    expect(statementsOf(role, stack)).toEqual([]);
    expect(modelOf(stack).Properties.RoleArn).toBe(inTemplate(stack, role.roleArn));
  });

  test('can belong to another stack, which does not depend on the model', () => {
    const app = newApp();
    const roles = new Stack(app, 'Roles');
    const role = newRole(roles);
    const stack = new Stack(app, 'Models');
    new ImportedModel(stack, 'Llama', { source: weights(), role });
    app.synth();

    expect(roles.dependencies).toEqual([]);
    expect(statementsOf(role, stack)).not.toEqual([]);
  });

  test('can be shared by several models of a stack', () => {
    const stack = newStack();
    const role = newRole(stack);
    ['one', 'two'].forEach(id => new ImportedModel(stack, id, { source: ModelSource.fromS3Uri(`s3://weights/${id}/`), role }));

    expect(statementsOf(role).flatMap(({ resources }) => resources)).toEqual(expect.arrayContaining([
      'arn:${AWS::Partition}:s3:::weights/one/*', 'arn:${AWS::Partition}:s3:::weights/two/*',
    ]));
  });

  test('has one policy for each of two stacks with the same construct ids', () => {
    const app = newApp();
    const policies = ['Dev', 'Prod'].map((id) => {
      const stack = new Stack(app, id);
      new ImportedModel(stack, 'Llama', { source: weights(), role: iam.Role.fromRoleArn(stack, 'Role', ROLE_ARN) });
      return stack;
    }).map(stack => resourcesOf(stack, 'AWS::IAM::Policy').find(({ Properties }) => (Properties.Roles as string[]).includes('import'))!);

    // Inline policies of one role: two stacks with one policy name would overwrite each other.
    expect(policies[0].Properties.PolicyName).not.toEqual(policies[1].Properties.PolicyName);
  });

  test('can be the role of the provider, too', () => {
    const stack = newStack();
    const role = new iam.Role(stack, 'Role', {
      assumedBy: new iam.CompositePrincipal(new iam.ServicePrincipal('bedrock.amazonaws.com'), new iam.ServicePrincipal('lambda.amazonaws.com')),
    });
    new ImportedModel(stack, 'Llama', { source: weights(), role, provider: new ModelImportProvider(stack, 'Provider', { role }) });

    expect(resourceOf(stack, IMPORTED_MODEL).Properties.RoleArn).toBe(inTemplate(stack, role.roleArn));
  });

  test('keeps what the user grants it', () => {
    const stack = newStack();
    const model = new ImportedModel(stack, 'Llama', { source: weights() });
    new s3.Bucket(stack, 'Tokenizer').grantRead(model.role);

    expect(statementsOf(model.role).flatMap(({ actions }) => actions)).toContain('s3:GetObject*');
  });
});
