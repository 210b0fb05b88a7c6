import type { PolicyDocument, Policies } from './engine';
import type { Played } from './play';
import { type Ask, asksOfModelKey, asksOfNetwork, jobTag, type JobType, type Where } from './requests';

/** A request that must be denied. */
export interface Forbidden {
  readonly what: string;
  readonly principal: string;
  readonly ask: Ask;
  /** Additional policies that are not in the app. */
  readonly policies?: Partial<Policies>;
}

export const STRANGER = '777788889999';
export const EVERYTHING: PolicyDocument = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
export const EVERYBODY: PolicyDocument = { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] };

/** Requests that differ slightly from what an app needs: other accounts, jobs, prefixes, keys, network interfaces. */
export async function forbiddenIn({ account, enforcement, imports }: Played, unconditionalGrants = false): Promise<Forbidden[]> {
  const { where } = account.made('AWS::Lambda::Function')[0].stack;
  const arnOf = (service: string, resource: string, owner = where.account) => `arn:${where.partition}:${service}:${where.region}:${owner}:${resource}`;
  const found: Forbidden[] = [];

  const callers = new Set(enforcement.decisions.filter(({ action }) => action === 'bedrock:CreateModelImportJob').map(({ principal }) => principal));
  for (const caller of callers) {
    found.push(
      { what: 'the provider invokes a model', principal: caller, ask: { action: 'bedrock:InvokeModel', resource: arnOf('bedrock', 'imported-model/abcdefghijkl') } },
      { what: 'the provider deletes a custom model', principal: caller, ask: { action: 'bedrock:DeleteCustomModel', resource: arnOf('bedrock', 'custom-model/x/abcdefghijkl') } },
      { what: 'the provider tags a guardrail', principal: caller, ask: { action: 'bedrock:TagResource', resource: arnOf('bedrock', 'guardrail/abcdefghijkl') } },
      { what: 'the provider passes its own role to Bedrock', principal: caller, ask: { action: 'iam:PassRole', resource: caller, context: { 'iam:PassedToService': 'bedrock.amazonaws.com' } } },
      { what: 'the provider uses another key', principal: caller, ask: { action: 'kms:Decrypt', resource: arnOf('kms', 'key/00000000-0000-0000-0000-000000000000') } },
    );
    for (const { roleArn } of imports) {
      found.push({ what: 'the provider passes the service role to a function', principal: caller, ask: { action: 'iam:PassRole', resource: String(roleArn), context: { 'iam:PassedToService': 'lambda.amazonaws.com' } } });
    }
  }

  for (const keyArn of new Set(imports.flatMap(({ importedModelKmsKeyId }) => importedModelKmsKeyId ?? []))) {
    if (unconditionalGrants) continue;
    const grant = asksOfModelKey(keyArn).find(({ action }) => action === 'kms:CreateGrant')!;
    const varied = (change: { readonly [key: string]: string | string[] }): Ask => ({ ...grant, context: { ...grant.context, ...change } });
    // By default, the service role has no permissions on the key.
    for (const principal of [...callers, ...imports.map(({ roleArn }) => String(roleArn))]) {
      found.push(
        { what: `${principal} creates a grant on the key for any principal`, principal, ask: varied({ 'kms:GrantIsForAWSResource': 'false' }) },
        { what: `${principal} creates a grant to encrypt`, principal, ask: varied({ 'kms:GrantOperations': ['Encrypt'] }) },
      );
    }
  }

  for (const { roleArn, modelDataSource, importedModelKmsKeyId, vpcConfig } of imports) {
    const principal = String(roleArn);
    if ((await account.role(principal)).trust) found.push(...forbiddenAssumptions(principal, where, 'model-import-job'));

    const [, , name, ...path] = String(modelDataSource?.s3DataSource?.s3Uri).split('/');
    const bucket = await account.bucket(name);
    const arn = `arn:${where.partition}:s3:::${name}`;
    const folder = path.join('/').replace(/\/$/, '');
    const list = (prefix?: string): Ask =>
      ({ action: 's3:ListBucket', resource: arn, account: bucket.account, context: { 'aws:ResourceAccount': bucket.account, ...prefix !== undefined && { 's3:prefix': prefix } } });
    const get = (key: string, action = 's3:GetObject'): Ask =>
      ({ action, resource: `${arn}/${key}`, account: bucket.account, context: { 'aws:ResourceAccount': bucket.account } });
    const [object] = await bucket.objects(path.join('/'));
    found.push({ what: 'the service role writes weights', principal, ask: get(object, 's3:PutObject') });
    if (folder !== '') {
      // The engine also treats a star in the requested resource as a wildcard.
      for (const neighbour of [`${folder}-evil`.replace('*', 'x'), folder.replace('*', 'am')].filter(other => other !== folder)) {
        found.push({ what: `the service role reads ${neighbour}/`, principal, ask: get(`${neighbour}/config.json`) });
      }
    }
    // If the URI is known only at deployment, the policy does not contain the prefix and allows to list the whole bucket.
    const listsAll = (await account.role(principal)).policies.flatMap(({ Statement }) => Statement)
      .some(({ Action, Condition }) => [Action].flat().includes('s3:ListBucket') && !JSON.stringify(Condition ?? {}).includes('s3:prefix'));
    if (!listsAll) {
      for (const prefix of [undefined, '', `${folder}-evil/`].filter(other => other !== folder)) {
        found.push({ what: `the service role lists ${prefix ?? 'without a prefix'}`, principal, ask: list(prefix) });
      }
    }
    const elsewhere = { account: STRANGER, context: { 'aws:ResourceAccount': STRANGER } };
    const open = { resource: EVERYBODY };
    found.push(
      { what: 'the service role reads a bucket of this name in another account', principal, ask: { ...get(object), ...elsewhere }, policies: open },
      { what: 'the service role lists a bucket of this name in another account', principal, ask: { ...list(folder), ...elsewhere, context: { ...elsewhere.context, 's3:prefix': folder } }, policies: open },
    );
    if (bucket.account !== where.account) {
      const neighbour = principal.replace(/[^/]*$/, 'neighbour');
      const asks = [get(object), list(folder), ...bucket.keyArn ? [{ action: 'kms:Decrypt', resource: bucket.keyArn, account: bucket.account }] : []];
      found.push(...asks.map((ask): Forbidden => ({
        what: `another role of the account does ${ask.action}`, principal: neighbour, ask, policies: { identity: [EVERYTHING] },
      })));
      // Both accounts limit access to the prefix, independently of each other.
      for (const policies of [{ identity: [EVERYTHING] }, open]) {
        for (const ask of [get(`${folder}-evil/config.json`), list(`${folder}-evil/`)]) {
          found.push({ what: `the service role does ${ask.action} next to the model in another account`, principal, ask, policies });
        }
      }
    }
    if (importedModelKmsKeyId) {
      found.push({ what: 'the service role encrypts with another key', principal, ask: { action: 'kms:GenerateDataKey', resource: arnOf('kms', 'key/00000000-0000-0000-0000-000000000000') } });
    }
    if (vpcConfig) found.push(...forbiddenInNetwork(principal, vpcConfig.subnetIds ?? [], vpcConfig.securityGroupIds ?? [], where));
  }
  return found;
}

/** Assumptions of the service role, each with one difference to that for a job. */
export function forbiddenAssumptions(role: string, where: Where, type: JobType): Forbidden[] {
  const jobOf = (job: string, owner: string) => `arn:${where.partition}:bedrock:${where.region}:${owner}:${job}/abcdefghijkl`;
  const job = jobOf(type, where.account);
  const assumed = (what: string, context: { [key: string]: string }, by = 'bedrock.amazonaws.com'): Forbidden =>
    ({ what: `the service role is assumed ${what}`, principal: by, ask: { action: 'sts:AssumeRole', resource: role, context } });
  return [
    assumed('by a function', { 'aws:SourceAccount': where.account, 'aws:SourceArn': job }, 'lambda.amazonaws.com'),
    assumed('for a job of another kind', { 'aws:SourceAccount': where.account, 'aws:SourceArn': jobOf('model-customization-job/x', where.account) }),
    assumed('for another account', { 'aws:SourceAccount': STRANGER, 'aws:SourceArn': jobOf(type, STRANGER) }),
    assumed('in the name of another account', { 'aws:SourceAccount': STRANGER, 'aws:SourceArn': job }),
  ];
}

/** The requests of the service role in a VPC, each with one difference. */
export function forbiddenInNetwork(
  principal: string, subnetIds: readonly string[], securityGroupIds: readonly string[], where: Where, type: JobType = 'model-import-job',
): Forbidden[] {
  const tag = jobTag(type);
  const asks = asksOfNetwork(subnetIds, securityGroupIds, where, type);
  const other = asksOfNetwork(['subnet-00000000000000000'], ['sg-00000000000000000'], where, type);
  const otherJob = asksOfNetwork(subnetIds, securityGroupIds, { ...where, account: STRANGER }, type)
    .find(({ action }) => action === 'ec2:DeleteNetworkInterface')!.context![`ec2:ResourceTag/${tag}`] as string;
  const first = (name: string) => asks.find(({ action }) => action === `ec2:${name}`)!;
  const varied = (what: string, { context, ...ask }: Ask, change: { readonly [key: string]: string | string[] }): Forbidden =>
    ({ what: `the service role ${what}`, principal, ask: { ...ask, context: { ...context, ...change } } });
  const create = first('CreateNetworkInterface');
  return [
    ...other.filter(({ action, resource }) => action === 'ec2:CreateNetworkInterface' && !resource.includes('network-interface'))
      .map((ask): Forbidden => ({ what: `the service role creates an interface in ${ask.resource}`, principal, ask })),
    varied('creates an interface without the Bedrock tag', create, { 'aws:RequestTag/BedrockManaged': 'false' }),
    varied('creates an interface for a job of another account', create, { [`aws:RequestTag/${tag}`]: otherJob }),
    varied('tags an existing interface', first('CreateTags'), { 'ec2:CreateAction': 'RunInstances' }),
    varied('tags an interface with another key', first('CreateTags'), { 'aws:TagKeys': ['BedrockManaged', tag, 'team'] }),
    ...['CreateNetworkInterfacePermission', 'DeleteNetworkInterface', 'DeleteNetworkInterfacePermission'].flatMap(name => [
      varied(`does ${name} in another subnet`, first(name), { 'ec2:Subnet': other.find(({ action }) => action === `ec2:${name}`)!.context!['ec2:Subnet'] }),
      varied(`does ${name} on an interface of another owner`, first(name), { 'ec2:ResourceTag/BedrockManaged': 'false' }),
      varied(`does ${name} on an interface of another account's job`, first(name), { [`ec2:ResourceTag/${tag}`]: otherJob }),
    ]),
  ];
}
