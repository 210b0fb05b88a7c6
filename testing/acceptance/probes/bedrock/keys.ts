import type { Statement } from './roles';
import type { World } from '../../world';
import { RecordedStack } from '../cloudformation/recorded-stack';

/** AWS KMS deletes a key after this time at the earliest. Until then it costs nothing. */
const PendingWindowInDays = 7;

/**
 * Creates a key of this run that the account manages. Returns its ARN. It is the only resource of a stack, because the name of a stack is known before
 * it is made, and the ARN of a key is not: the ledger would miss one that is made while the program is killed.
 */
export async function createKey(world: World, purpose: string, more: readonly Statement[] = []): Promise<string> {
  const { account, partition, run } = world;
  const administration = { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: `arn:${partition}:iam::${account}:root` } };
  const KeyPolicy = { Version: '2012-10-17', Statement: [administration, ...more] };
  const stack = new RecordedStack(world, '', `acceptance-${run}-key-${purpose}`);
  const { Outputs = [] } = await stack.deploy(
    { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy, PendingWindowInDays } } }, { Arn: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] } } });
  return Outputs[0].OutputValue!;
}

/** Creates an alias of this run for a key. Returns its name. */
export async function createAlias(world: World, purpose: string, keyArn: string): Promise<string> {
  const name = `alias/acceptance-${world.run}-${purpose}`;
  world.made.add({ kind: 'alias', name });
  await world.aws.kms.createAlias({ AliasName: name, TargetKeyId: keyArn });
  return name;
}
