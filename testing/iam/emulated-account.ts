import type { Account, Bucket, Key, Role } from './account';
import type { PolicyDocument } from './engine';
import type { EmulatorApi } from '../local-aws/emulator-api';
import { ACCOUNT } from '../local-aws/environment';

/** The local AWS account, with the policies that CloudFormation created there. */
export class EmulatedAccount implements Account {
  constructor(private readonly api: EmulatorApi) {}

  public async roleOfFunction(functionName: string): Promise<Role> {
    // The user agent contains only the end of the name.
    const name = (await this.api.functionNames()).find(one => functionName !== '' && one.endsWith(functionName));
    if (!name) throw new Error(`Function ${functionName} does not exist`);
    return this.role(await this.api.functionRole(name));
  }

  public async role(arn: string): Promise<Role> {
    const name = arn.replace(/^.*\//, '');
    const trust = await this.api.roleTrust(name);
    // A deleted role has no permissions.
    if (trust === undefined) return { arn, policies: [] };
    return { arn, trust: parse(trust), policies: (await this.api.rolePolicies(name)).map(parse) };
  }

  public async bucket(name: string): Promise<Bucket> {
    // A bucket that does not exist in the local AWS is treated as one with weights.
    if (!(await this.api.bucketNames()).includes(name)) return { account: ACCOUNT, objects: prefix => [`${prefix}config.json`] };
    const policy = await this.api.bucketPolicy(name);
    return {
      account: ACCOUNT,
      policy: policy === undefined ? undefined : parse(policy),
      keyArn: await this.api.bucketKey(name),
      objects: prefix => this.api.objectKeys(name, prefix),
    };
  }

  public async key(arn: string): Promise<Key> {
    return { arn, policy: parse(await this.api.keyPolicy(arn)) };
  }
}

function parse(document: string): PolicyDocument {
  return JSON.parse(document) as PolicyDocument;
}
