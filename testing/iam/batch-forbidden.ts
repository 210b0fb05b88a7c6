import type { PlayedBatch, PlayedBatches } from './batch-play';
import { EVERYBODY, EVERYTHING, type Forbidden, forbiddenAssumptions, forbiddenInNetwork, STRANGER } from './forbidden';
import { arnOf, type Ask, type Where } from './requests';
import type { SynthesizedAccount } from './synthesized-account';

/** Requests that differ slightly from what batches need: other prefixes, buckets, models, roles, keys, accounts. */
export async function forbiddenInBatches({ account, batches }: PlayedBatches): Promise<Forbidden[]> {
  return (await Promise.all(batches.map(batch => forbiddenIn(account, batch)))).flat();
}

async function forbiddenIn(account: SynthesizedAccount, batch: PlayedBatch): Promise<Forbidden[]> {
  const { stateMachineArn, stateMachineRole, functionRole, request: { settings }, run, job, consumers } = batch;
  const { where } = account.made('AWS::StepFunctions::StateMachine')[0].stack;
  const by = (principal: string, name: string, asks: { readonly [what: string]: Ask }, policies?: Forbidden['policies']): Forbidden[] =>
    Object.entries(asks).map(([what, ask]) => ({ what: `${name} ${what}`, principal, ask, policies }));
  const input = await locationOf(account, settings.input, where);
  const output = await locationOf(account, settings.output, where);
  const bedrockArn = (resource: string) => arnOf(where, 'bedrock', resource);
  const passed = (resource: string, service: string): Ask => ({ action: 'iam:PassRole', resource, context: { 'iam:PassedToService': service } });
  const otherKey: Ask = { action: 'kms:Decrypt', resource: arnOf(where, 'kms', 'key/00000000-0000-0000-0000-000000000000') };
  const otherModels = {
    'invokes another model': { action: 'bedrock:InvokeModel', resource: bedrockArn('imported-model/zzzzzzzzzzzz') },
    'invokes another foundation model': { action: 'bedrock:InvokeModel', resource: `arn:${where.partition}:bedrock:${where.region}::foundation-model/amazon.nova-pro-v1:0` },
  };
  const elsewhere = { 'reads another bucket': otherBucket('s3:GetObject', where), 'writes to another bucket': otherBucket('s3:PutObject', where), 'uses another key': otherKey };
  const name = stateMachineArn.split(':').at(-1)!;
  const work = run.work.replace(/\/[^/]*\/$/, '');
  const inWork = `${run.work}0001-0/x`;

  const found = [
    ...by(stateMachineRole, 'the state machine', {
      ...otherModels,
      ...elsewhere,
      'reads the input': input.object('s3:GetObject', input.within),
      'lists the input': input.list(settings.input.key),
      'reads results': output.object('s3:GetObject', `${run.results}0001-0.jsonl`),
      'writes results': output.object('s3:PutObject', `${run.results}0001-0.jsonl`),
      'writes next to the work': output.object('s3:PutObject', `${work}-evil/x`),
      'lists the work': output.list(run.work),
      'deletes an object': output.object('s3:DeleteObject', inWork),
      'creates a job for another model': { action: 'bedrock:CreateModelInvocationJob', resource: `arn:${where.partition}:bedrock:${where.region}::foundation-model/amazon.nova-pro-v1:0` },
      'tags another kind of resource': { action: 'bedrock:TagResource', resource: bedrockArn('imported-model/abcdefghijkl') },
      'imports a model': { action: 'bedrock:CreateModelImportJob', resource: '*' },
      'passes its own role': passed(stateMachineRole, 'bedrock.amazonaws.com'),
      'passes the role of the function': passed(functionRole, 'bedrock.amazonaws.com'),
      'starts another state machine': { action: 'states:StartExecution', resource: `${stateMachineArn}-evil` },
      'stops an execution of another state machine': { action: 'states:StopExecution', resource: arnOf(where, 'states', `execution:${name}-evil:monday`) },
      'invokes another function': { action: 'lambda:InvokeFunction', resource: arnOf(where, 'lambda', 'function:other') },
    }),
    ...by(functionRole, 'the function', {
      ...otherModels,
      ...elsewhere,
      'writes to the input': input.object('s3:PutObject', input.within),
      'writes next to the output': output.object('s3:PutObject', `${output.folder}-evil/x`),
      'reads next to the output': output.object('s3:GetObject', `${output.folder}-evil/x`),
      'lists next to the output': output.list(`${output.folder}-evil/`),
      'lists the whole output bucket': output.list(),
      'deletes an object': output.object('s3:DeleteObject', inWork),
      'creates a job': { action: 'bedrock:CreateModelInvocationJob', resource: bedrockArn('model-invocation-job/abcdefghijkl') },
      'starts an execution': { action: 'states:StartExecution', resource: stateMachineArn },
      ...settings.input.key !== '' && {
        'reads next to the input': input.object('s3:GetObject', `${input.folder}-evil/x.jsonl`),
        'lists next to the input': input.list(`${input.folder}-evil/`),
        'lists the whole input bucket': input.list(),
      },
    }),
    ...by('lambda.amazonaws.com', 'a function', { 'assumes the role of the state machine': { action: 'sts:AssumeRole', resource: stateMachineRole } }),
    ...by('states.amazonaws.com', 'a state machine', { 'assumes the role of the function': { action: 'sts:AssumeRole', resource: functionRole } }),
  ];
  const roles = [stateMachineRole, functionRole];

  if (job) {
    const role = String(job.roleArn);
    roles.push(role);
    const owner = (ask: Ask, id: string): Ask => ({ ...ask, account: id, context: { ...ask.context, 'aws:ResourceAccount': id } });
    found.push(
      ...by(stateMachineRole, 'the state machine', { 'passes the service role to a function': passed(role, 'lambda.amazonaws.com') }),
      ...by(role, 'the service role', {
        ...elsewhere,
        'invokes another model': otherModels['invokes another model'],
        'reads the input location': input.object('s3:GetObject', input.within),
        'lists the input location': input.list(settings.input.key),
        'reads results': output.object('s3:GetObject', `${run.results}0001-0.jsonl`),
        'writes results': output.object('s3:PutObject', `${run.results}0001-0.jsonl`),
        'lists results': output.list(run.results),
        'lists the whole bucket': output.list(),
        'lists next to the work': output.list(`${work}-evil/`),
        'deletes an object': output.object('s3:DeleteObject', inWork),
      }),
      ...by(role, 'the service role', {
        'lists a bucket of this name in another account': owner(output.list(run.work), STRANGER),
        'reads a bucket of this name in another account': owner(output.object('s3:GetObject', inWork), STRANGER),
        'writes to a bucket of this name in another account': owner(output.object('s3:PutObject', inWork), STRANGER),
      }, { resource: EVERYBODY }),
      ...(await account.role(role)).trust ? forbiddenAssumptions(role, where, 'model-invocation-job') : [],
      ...job.vpcConfig ? forbiddenInNetwork(role, job.vpcConfig.subnetIds ?? [], job.vpcConfig.securityGroupIds ?? [], where, 'model-invocation-job') : [],
    );
  }

  for (const { role, reads } of consumers) {
    found.push(
      ...by(role, 'a consumer', {
        ...otherModels,
        ...elsewhere,
        'writes results': output.object('s3:PutObject', `${run.results}0001-0.jsonl`),
        'reads the input': input.object('s3:GetObject', input.within),
        'reads next to the output': output.object('s3:GetObject', `${output.folder}-evil/x`),
        'lists next to the output': output.list(`${output.folder}-evil/`),
        'lists the whole output bucket': output.list(),
        'stops an execution': { action: 'states:StopExecution', resource: arnOf(where, 'states', `execution:${name}:monday`) },
        ...reads
          ? { 'starts an execution': { action: 'states:StartExecution', resource: stateMachineArn } }
          : { 'reads results': output.object('s3:GetObject', `${run.results}0001-0.jsonl`) },
      }),
    );
  }

  // Both accounts limit access to the location, independently of each other.
  for (const [location, users] of [[input, [functionRole]], [output, roles]] as const) {
    if (location.account === where.account) continue;
    const inside: Ask[] = [
      location.object('s3:GetObject', location.within),
      location.list(location.key),
      ...location === output ? [output.object('s3:GetObject', inWork), output.list(run.work)] : [],
      ...location.keyArn ? [{ action: 'kms:Decrypt', resource: location.keyArn, account: location.account }] : [],
    ];
    const outside = [location.object('s3:GetObject', `${location.folder}-evil/x`), location.list(`${location.folder}-evil/`)];
    for (const ask of inside) {
      found.push({ what: `another role of the account does ${ask.action}`, principal: stateMachineRole.replace(/[^/]*$/, 'neighbour'), ask, policies: { identity: [EVERYTHING] } });
    }
    for (const principal of users) {
      for (const policies of [{ identity: [EVERYTHING] }, { resource: EVERYBODY }]) {
        found.push(...outside.map((ask): Forbidden => ({ what: `${principal} does ${ask.action} next to a location in another account`, principal, ask, policies })));
      }
    }
  }
  return found;
}

/** What may be asked of a location. */
async function locationOf(account: SynthesizedAccount, { bucket, key }: { readonly bucket: string; readonly key: string }, { partition }: Where) {
  const { account: owner, keyArn } = await account.bucket(bucket);
  const arn = `arn:${partition}:s3:::${bucket}`;
  const context = { 'aws:ResourceAccount': owner };
  return {
    account: owner,
    key,
    keyArn,
    folder: key.replace(/\/$/, ''),
    /** The key of an object within it. */
    within: key.endsWith('.jsonl') ? key : `${key}records.jsonl`,
    object: (action: string, objectKey: string): Ask => ({ action, resource: `${arn}/${objectKey}`, account: owner, context }),
    list: (prefix?: string): Ask => ({ action: 's3:ListBucket', resource: arn, account: owner, context: { ...context, ...prefix !== undefined && { 's3:prefix': prefix } } }),
  };
}

function otherBucket(action: string, { partition, account }: Where): Ask {
  return { action, resource: `arn:${partition}:s3:::amzn-s3-demo-other-bucket/in/x`, context: { 'aws:ResourceAccount': account } };
}
