import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ImportedModel, ModelEncryption, ModelFormatCheck, ModelSource } from '../../../../src';
import { SynthesizedAccount } from '../../../iam/synthesized-account';
import type { World } from '../../world';

/** A statement of an IAM policy. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: object | '*';
  readonly Condition?: object;
}

const document = (statements: readonly Statement[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });

/** Creates a role of this run. Returns its ARN. */
export async function createRole(world: World, purpose: string, trust: Statement, statements: readonly Statement[]): Promise<string> {
  const RoleName = `acceptance-${world.run}-${purpose}`;
  world.made.add({ kind: 'role', name: RoleName });
  const { Role } = await world.aws.iam.createRole({ RoleName, AssumeRolePolicyDocument: document([trust]) });
  if (statements.length > 0) await putPolicy(world, Role!.Arn!, statements);
  return Role!.Arn!;
}

/** Puts the policy of a role of this run. */
export async function putPolicy(world: World, roleArn: string, statements: readonly Statement[]): Promise<void> {
  const RoleName = roleArn.replace(/^.*\//, '');
  await world.aws.iam.putRolePolicy({ RoleName, PolicyName: 'acceptance', PolicyDocument: document(statements) });
}

/** The policies of the library for one model, with the names of an account. */
export interface LibraryPolicies {
  readonly trust: Statement;
  readonly serviceRole: readonly Statement[];
  /** Of the function that starts the import. */
  readonly caller: readonly Statement[];
}

const synthesized = new Map<string, LibraryPolicies>();

/** Synthesizes a model, so that what is tried is what the constructs grant. */
export function libraryPolicies(world: World, keyArn?: string): LibraryPolicies {
  const { account, region, weights } = world;
  const inputs = JSON.stringify([account, region, weights, keyArn]);
  const known = synthesized.get(inputs);
  if (known) return known;
  const outdir = mkdtempSync(join(tmpdir(), 'policies-'));
  try {
    const policies = policiesIn(outdir, world, keyArn);
    synthesized.set(inputs, policies);
    return policies;
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

function policiesIn(outdir: string, { account, region, weights: { bucket, prefix } }: World, keyArn?: string): LibraryPolicies {
  const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
  const stack = new Stack(app, 'Stack', { env: { account, region } });
  new ImportedModel(stack, 'Model', {
    source: ModelSource.fromBucket(Bucket.fromBucketName(stack, 'Weights', bucket), prefix),
    formatCheck: ModelFormatCheck.disabled(),
    ...keyArn && { encryption: ModelEncryption.customerManaged(Key.fromKeyArn(stack, 'Key', keyArn)) },
  });
  const templates = new SynthesizedAccount(app);
  const roleWith = (text: string): Role => {
    const documents = templates.made('AWS::IAM::Role').map(({ properties: { AssumeRolePolicyDocument: trust, Policies = [] }, stack: { name }, id }) => {
      const attached = templates.made('AWS::IAM::Policy').filter(({ properties }) => (properties.Roles as string[]).includes(`${name}-${id}`));
      const policies = [...Policies as object[], ...attached.map(({ properties }) => properties)] as { PolicyDocument: { Statement: Statement[] } }[];
      return { trust: trust as { Statement: Statement[] }, statements: policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement) };
    });
    return documents.find(one => JSON.stringify(one).includes(text))!;
  };
  const serviceRole = roleWith('model-import-job/*"}}');
  return { trust: serviceRole.trust.Statement[0], serviceRole: serviceRole.statements, caller: roleWith('bedrock:CreateModelImportJob').statements };
}

interface Role {
  readonly trust: { readonly Statement: readonly Statement[] };
  readonly statements: readonly Statement[];
}

/** The trust policy of a service role, as the library makes it. */
export function trustOfBedrock(world: World): Statement {
  return libraryPolicies(world).trust;
}

/** The permissions to read the weights, as the library grants them. */
export function readsWeights(world: World): readonly Statement[] {
  return libraryPolicies(world).serviceRole;
}
