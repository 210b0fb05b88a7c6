import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { Account, Bucket } from './account';
import type { PolicyDocument, Policies } from './engine';
import type { Played } from './play';
import { type Ask, asksOfModelKey, asksOfNetwork, jobTag, type JobType, type Where } from './requests';
import type { Scene } from './scenes';

/** A request that must be denied. */
export interface Forbidden {
  readonly what: string;
  readonly principal: string;
  readonly ask: Ask;
  /** Additional policies that are not in the app. */
  readonly policies?: Partial<Policies>;
}

type Use = Omit<Scene, 'name' | 'build'>;

export const STRANGER = '777788889999';
export const EVERYTHING: PolicyDocument = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
export const EVERYBODY: PolicyDocument = { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] };

/** Requests that differ slightly from what an app needs: other accounts, jobs, prefixes, keys, network interfaces. */
export async function forbiddenIn({ account, enforcement, imports }: Played, use: Use): Promise<Forbidden[]> {
  const { unconditionalGrants = false, verifies = false } = use;
  const { where } = account.made('AWS::Lambda::Function')[0].stack;
  const arnOf = (service: string, resource: string, owner = where.account) => `arn:${where.partition}:${service}:${where.region}:${owner}:${resource}`;
  const found: Forbidden[] = [];

  const callers = new Set(enforcement.decisions.filter(({ action }) => action === 'bedrock:CreateModelImportJob').map(({ principal }) => principal));
  for (const caller of callers) {
    found.push(
      ...forbiddenInvocations(caller, where, verifies),
      { what: 'the provider deletes a custom model', principal: caller, ask: { action: 'bedrock:DeleteCustomModel', resource: arnOf('bedrock', 'custom-model/x/abcdefghijkl') } },
      { what: 'the provider tags a guardrail', principal: caller, ask: { action: 'bedrock:TagResource', resource: arnOf('bedrock', 'guardrail/abcdefghijkl') } },
      { what: 'the provider passes its own role to Bedrock', principal: caller, ask: { action: 'iam:PassRole', resource: caller, context: { 'iam:PassedToService': 'bedrock.amazonaws.com' } } },
      { what: 'the provider uses another key', principal: caller, ask: { action: 'kms:Decrypt', resource: arnOf('kms', 'key/00000000-0000-0000-0000-000000000000') } },
    );
    for (const { roleArn } of imports) {
      found.push({ what: 'the provider passes the service role to a function', principal: caller, ask: { action: 'iam:PassRole', resource: String(roleArn), context: { 'iam:PassedToService': 'lambda.amazonaws.com' } } });
    }
    found.push(...await forbiddenToCheck(caller, { account, imports }, use));
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

    const { bucket, path, folder, list, get } = await weightsOf(account, modelDataSource, where);
    const [object] = await bucket.objects(path);
    found.push({ what: 'the service role writes weights', principal, ask: get(object, 's3:PutObject') });
    found.push(...await forbiddenBeside('the service role', principal, account, { folder, list, get }));
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

/** Invocations by the provider. If it verifies models, it may invoke all imported models of its account and Region, because Bedrock chooses the IDs. */
function forbiddenInvocations(principal: string, where: Where, verifies: boolean): Forbidden[] {
  const modelArn = (at: Where) => `arn:${at.partition}:bedrock:${at.region}:${at.account}:imported-model/abcdefghijkl`;
  const invoked = (what: string, resource: string, action = 'InvokeModel'): Forbidden =>
    ({ what: `the provider invokes ${what}`, principal, ask: { action: `bedrock:${action}`, resource } });
  return [
    ...verifies ? [] : [invoked('a model', modelArn(where))],
    invoked('a model, with a stream', modelArn(where), 'InvokeModelWithResponseStream'),
    invoked('a model of another account', modelArn({ ...where, account: STRANGER })),
    invoked('a model in another Region', modelArn({ ...where, region: 'eu-central-1' })),
    invoked('a foundation model', `arn:${where.partition}:bedrock:${where.region}::foundation-model/amazon.nova-lite-v1:0`),
    invoked('an inference profile', modelArn(where).replace('imported-model/abcdefghijkl', 'inference-profile/us.amazon.nova-lite-v1:0')),
  ];
}

/** Requests of Amazon S3 by the provider, which differ slightly from those of its checks. All of them, if it checks nothing. */
async function forbiddenToCheck(principal: string, { account, imports }: Pick<Played, 'account' | 'imports'>, { check = 'reads', unknownPrefix }: Use): Promise<Forbidden[]> {
  const { where } = account.made('AWS::Lambda::Function')[0].stack;
  const by = (what: string, ask: Ask, policies?: Forbidden['policies']): Forbidden => ({ what: `the provider ${what}`, principal, ask, policies });
  const sources = new Map(imports.map(({ modelDataSource }) => [modelDataSource?.s3DataSource?.s3Uri, modelDataSource]));
  const places = await Promise.all([...sources.values()].map(async source => weightsOf(account, source, where)));
  const found: Forbidden[] = [];
  for (const { arn, bucket, path, folder, list, get } of places) {
    const [object] = await bucket.objects(path);
    const isForeign = bucket.account !== where.account;
    if (check !== 'reads') found.push(by('reads the files', get(object)), by('lists the files', list(`${folder}/`)));
    // The policies of both accounts limit access to the folder, independently of each other.
    for (const policies of isForeign ? [undefined, { identity: [EVERYTHING] }, { resource: EVERYBODY }] : [undefined]) {
      found.push(...(await forbiddenBeside('the provider', principal, account, { folder, list, get })).map(one => ({ ...one, policies })));
    }
    if (!unknownPrefix && !await listsAll(account, principal)) found.push(by('lists names that begin like the folder', list(folder)));
    for (const policies of [undefined, ...isForeign ? [{ resource: EVERYBODY }] : []]) {
      found.push(
        by('writes a file', get(object, 's3:PutObject'), policies),
        by('deletes a file', get(object, 's3:DeleteObject'), policies),
        by('reads another version of a file', get(object, 's3:GetObjectVersion'), policies),
      );
    }
    const other = `${arn}-evil`;
    found.push(
      by('reads another bucket', { ...get(object), resource: `${other}/${object}` }),
      by('lists another bucket', { ...list(`${folder}/`), resource: other }),
    );
    const elsewhere = (ask: Ask): Ask => ({ ...ask, account: STRANGER, context: { ...ask.context, 'aws:ResourceAccount': STRANGER } });
    found.push(
      by('reads a bucket of this name in another account', elsewhere(get(object)), { resource: EVERYBODY }),
      by('lists a bucket of this name in another account', elsewhere(list(`${folder}/`)), { resource: EVERYBODY }),
    );
    // The prefix of a model is not one of the buckets of others.
    for (const one of places.filter(({ arn: its }) => its !== arn)) {
      const [foreign] = await one.bucket.objects(one.path);
      found.push(by('lists the folder of another model', list(`${one.folder}/`)), by('reads the folder of another model', get(foreign)));
    }
    // A key of the account may be used as the caller of CreateModelImportJob, that of another account only by Amazon S3.
    const { keyArn = '' } = bucket;
    const owner = keyArn.split(':')[4];
    if (keyArn !== '' && owner !== where.account) {
      const decrypt: Ask = { action: 'kms:Decrypt', resource: keyArn, account: owner };
      const through = (service: string): Ask => ({ ...decrypt, context: { 'kms:ViaService': `${service}.${where.region}.amazonaws.com` } });
      for (const ask of [decrypt, through('secretsmanager')]) found.push(by(`decrypts with a key of another account: ${JSON.stringify(ask.context)}`, ask, { resource: EVERYBODY }));
      if (check !== 'reads') found.push(by('decrypts the files', through('s3')));
    }
  }
  return found;
}

/** The place of weights, and what may be asked of it. */
interface Weights {
  readonly bucket: Bucket;
  readonly arn: string;
  /** The path as it is in the URI. */
  readonly path: string;
  /** The path without a slash at its end. */
  readonly folder: string;
  list(prefix?: string): Ask;
  get(key: string, action?: string): Ask;
}

async function weightsOf(account: Account, source: CreateModelImportJobRequest['modelDataSource'], { partition }: Where): Promise<Weights> {
  const [, , name, ...parts] = String(source?.s3DataSource?.s3Uri).split('/');
  const path = parts.join('/');
  const bucket = await account.bucket(name);
  const arn = `arn:${partition}:s3:::${name}`;
  const owner = { 'aws:ResourceAccount': bucket.account };
  return {
    bucket,
    arn,
    path,
    folder: path.replace(/\/$/, ''),
    list: prefix => ({ action: 's3:ListBucket', resource: arn, account: bucket.account, context: { ...owner, ...prefix !== undefined && { 's3:prefix': prefix } } }),
    get: (key, action = 's3:GetObject') => ({ action, resource: `${arn}/${key}`, account: bucket.account, context: owner }),
  };
}

/** Reads of a role next to the folder of a model. */
async function forbiddenBeside(name: string, principal: string, account: Account, { folder, list, get }: Pick<Weights, 'folder' | 'list' | 'get'>): Promise<Forbidden[]> {
  const found: Forbidden[] = [];
  if (folder !== '') {
    // The engine also treats a star in the requested resource as a wildcard.
    for (const neighbour of [`${folder}-evil`.replace('*', 'x'), folder.replace('*', 'am')].filter(other => other !== folder)) {
      found.push({ what: `${name} reads ${neighbour}/`, principal, ask: get(`${neighbour}/config.json`) });
    }
  }
  if (!await listsAll(account, principal)) {
    for (const prefix of [undefined, '', `${folder}-evil/`].filter(other => other !== folder)) {
      found.push({ what: `${name} lists ${prefix ?? 'without a prefix'}`, principal, ask: list(prefix) });
    }
  }
  return found;
}

/** If the URI is known only at deployment, the policy does not contain the prefix and allows to list the whole bucket. */
async function listsAll(account: Account, principal: string): Promise<boolean> {
  return (await account.role(principal)).policies.flatMap(({ Statement }) => Statement)
    .some(({ Action, Condition }) => [Action].flat().includes('s3:ListBucket') && !JSON.stringify(Condition ?? {}).includes('s3:prefix'));
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
