import type { Statement } from './roles';
import type { World } from '../../world';

/** Creates a key of this run that the account manages. Returns its ARN. */
export async function createKey(world: World, purpose: string, more: readonly Statement[] = []): Promise<string> {
  const { account, partition, run } = world;
  const administration = { Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: `arn:${partition}:iam::${account}:root` } };
  const { KeyMetadata } = await world.aws.kms.createKey({
    Description: `acceptance-${run}-${purpose}`,
    Policy: JSON.stringify({ Version: '2012-10-17', Statement: [administration, ...more] }),
  });
  const arn = KeyMetadata!.Arn!;
  world.made.add({ kind: 'key', arn }); // its ARN is not known before
  return arn;
}

/** Creates an alias of this run for a key. Returns its name. */
export async function createAlias(world: World, purpose: string, keyArn: string): Promise<string> {
  const name = `alias/acceptance-${world.run}-${purpose}`;
  world.made.add({ kind: 'alias', name });
  await world.aws.kms.createAlias({ AliasName: name, TargetKeyId: keyArn });
  return name;
}
