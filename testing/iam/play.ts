import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { type App, type aws_iam as iam, Stack } from 'aws-cdk-lib';
import { Enforcement, type EnforcementOptions } from './enforcement';
import { asksOfFramework, asksOfInvocation, asksOfLogging, asksOfModelReader, type Where } from './requests';
import { type Made, SynthesizedAccount, type WeightsElsewhere } from './synthesized-account';
import type { IImportedModel } from '../../src';
import { LOOK_UP_TYPE, RESOURCE_TYPES } from '../../src/imported-model/provider/contract';
import type { NewModel } from '../../src/imported-model/provider/handler/new-model';
import { s3AndBedrock } from '../../src/imported-model/provider/handler/s3-and-bedrock';
import { servedStacks } from '../../src/imported-model/provider/handler/served-stacks';
import { type S3Bucket, s3Object, S3Refusal, startS3Server } from '../s3-server/server';
import { type Answer, Deployment } from '../support/deployment';

/** The environment of an app. */
export interface Surroundings extends EnforcementOptions {
  readonly parameters?: { readonly [name: string]: string };
  /** Weights outside of the app, with the policies of their owner. */
  readonly weights?: { readonly stack: Stack } & WeightsElsewhere;
  /** The consumers of its models. */
  readonly consumers?: readonly Consumer[];
}

export interface Consumer {
  readonly role: iam.Role;
  readonly model: IImportedModel;
  /** Whether it has permission only to read the model, not to invoke it. @default false */
  readonly reads?: boolean;
}

/** The results for the custom resources of an app, and all authorization decisions. */
export interface Played {
  readonly account: SynthesizedAccount;
  readonly enforcement: Enforcement;
  /** The authorized import requests. */
  readonly imports: readonly CreateModelImportJobRequest[];
  /** The reasons of failed requests. */
  readonly failures: readonly string[];
  /** The outcomes of the checks of files. */
  readonly checks: ReadonlySet<'read' | 'refused'>;
  /** The models that were verified. */
  readonly verified: ReadonlySet<string>;
}

type Properties = Made['properties'];

/** A custom resource as recorded by CloudFormation. */
interface Deployed {
  readonly made: Made;
  properties: Properties;
  physicalId: string;
}

/** Tags that change between the phases. Not used in the apps. */
const MARK = { before: [{ key: 'phase', value: 'one' }, { key: 'former', value: 'x' }], after: [{ key: 'phase', value: 'two' }] };

/**
 * Creates the custom resources of an app, changes their tags and weights, retains a model and deletes everything with the real handler. The
 * policies in the templates of the app authorize each call of the handler, the use of the service roles by Bedrock, and the calls of the
 * functions and the state machine of the provider.
 */
export async function play(app: App, { parameters, weights, consumers = [], ...options }: Surroundings = {}): Promise<Played> {
  const account = new SynthesizedAccount(app, parameters);
  if (weights) account.elsewhere = account.valueIn(weights.stack, { ...weights, stack: undefined }) as WeightsElsewhere;
  const types: readonly string[] = [...Object.values(RESOURCE_TYPES), LOOK_UP_TYPE];
  // Files are checked before any import begins.
  const customs = account.made().filter(({ type }) => types.includes(type))
    .sort((one, other) => Number(other.type === RESOURCE_TYPES.check) - Number(one.type === RESOURCE_TYPES.check));
  const providers = [...new Set(customs.map(({ properties }) => String(properties.ServiceToken)))];
  const { where } = customs[0].stack;
  const enforcement = new Enforcement(account, where, options);
  const imports: CreateModelImportJobRequest[] = [];
  const failures: string[] = [];
  const checks = new Set<'read' | 'refused'>();
  const verified = new Set<string>();
  let handler = account.made('AWS::Lambda::Function')[0];
  // Same as the preload of the local AWS. The SDK limits the length.
  const functionName = () => String(handler.stack.resolve({ Ref: handler.id })).slice(-50);
  const deployment = await Deployment.start({
    ...where,
    maxModels: 20,
    authorize: async call => {
      const refused = await enforcement.authorize(call);
      if (!refused && call.operation === 'CreateModelImportJob') imports.push(call.input as unknown as CreateModelImportJobRequest);
      return refused;
    },
    authorizeInvocation: async call => enforcement.authorizeInvocation(call, keyOf),
    planImport: enforcement.planImport,
    functionName,
    serves: stackId => servedStacks(String(environmentOf(handler).SERVED_STACKS))(stackId),
  });

  const keyOf = (arn: string) => deployment.bedrock.snapshot().models.find(({ modelArn }) => modelArn === arn)?.modelKmsKeyArn;
  const s3 = await startS3Server(await bucketsOf(account, customs), {
    before: async request => {
      if (!await enforcement.authorizeRead(request, functionName())) throw new S3Refusal(403, 'AccessDenied', 'Access Denied');
    },
  });
  const calls = (): NewModel => clientsIn({ where, s3Url: s3.url, bedrockUrl: deployment.url, functionName: functionName() });
  deployment.newModel = {
    checkFiles: async (...files) => {
      try {
        const check = { ...await calls().checkFiles(...files), passed: true };
        checks.add('read');
        return check;
      } catch (error) {
        checks.add('refused');
        throw error;
      }
    },
    verify: async (modelArn, ...verification) => {
      const answer = await calls().verify(modelArn, ...verification);
      if (answer.is === 'good') verified.add(modelArn);
      return answer;
    },
  };

  const send = async (type: 'Create' | 'Update' | 'Delete', to: Deployed, properties: Properties): Promise<Answer> => {
    const { made } = to;
    handler = account.function(String(environmentOf(account.function(String(properties.ServiceToken))).USER_ON_EVENT_FUNCTION_ARN));
    const answer = await deployment.send({
      RequestType: type,
      RequestId: `${made.stack.name}-${made.id}-${Math.round(deployment.clock.now())}`,
      StackId: made.stack.stackId,
      LogicalResourceId: made.id,
      PhysicalResourceId: type === 'Create' ? undefined : to.physicalId,
      ResourceProperties: properties,
      OldResourceProperties: type === 'Update' ? to.properties : undefined,
    });
    deployment.clock.advance(10_000);
    if (answer.status === 'FAILED') failures.push(`${type} ${made.id}: ${answer.reason.split('\n')[0]}`);
    return answer;
  };

  /** Sends an Update to each changed resource, then deletes replaced resources. */
  const update = async (all: readonly Deployed[], change: (properties: Properties) => Properties): Promise<void> => {
    const replaced: [Deployed, string, Properties][] = [];
    for (const one of all) {
      const properties = change(one.made.stack.one(one.made.id).properties);
      if (JSON.stringify(properties) === JSON.stringify(one.properties)) continue;
      const answer = await send('Update', one, properties);
      if (answer.status === 'FAILED') return;
      if (answer.physicalResourceId !== one.physicalId) replaced.push([one, one.physicalId, one.properties]);
      Object.assign(one, { properties, physicalId: answer.physicalResourceId });
      account.answer(one.made, answer.physicalResourceId, answer.data as { [attribute: string]: string });
    }
    for (const [{ made }, physicalId, properties] of replaced) await send('Delete', { made, physicalId, properties }, properties);
  };

  try {
    const deployed: Deployed[] = [];
    for (const { stack, id } of customs) {
      const made = stack.one(id);
      const answer = await send('Create', { made, properties: made.properties, physicalId: '' }, made.properties);
      if (answer.status === 'FAILED') break;
      deployed.push({ made, properties: made.properties, physicalId: answer.physicalResourceId });
      account.answer(made, answer.physicalResourceId, answer.data as { [attribute: string]: string });
    }
    if (failures.length === 0) {
      await update(deployed, tagged(MARK.before));
      await update(deployed, tagged(MARK.after));
      await update(deployed, properties => ({ ...tagged(MARK.after)(properties), ...properties.S3Uri === undefined ? {} : { SourceVersion: '2' } }));
      await update(deployed, properties => ({
        ...tagged(MARK.after)(properties), ...properties.S3Uri === undefined ? {} : { SourceVersion: '3' }, ...isModel(properties) && { RemovalPolicy: 'RETAIN' },
      }));
      for (const provider of providers) await askForProvider(account, enforcement, provider);
      for (const consumer of consumers) await askForConsumer(account, enforcement, consumer);
      for (const one of deployed.reverse()) await send('Delete', one, one.properties);
    }
    return { account, enforcement, imports, failures, checks, verified };
  } finally {
    await deployment.stop();
    await s3.close();
  }
}

/** The buckets with the files of the models. */
async function bucketsOf(account: SynthesizedAccount, customs: readonly Made[]): Promise<{ readonly [name: string]: S3Bucket }> {
  const buckets: { [name: string]: S3Bucket } = {};
  for (const { stack, properties } of customs) {
    const [, name, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(String(properties.S3Uri)) ?? [];
    if (name === undefined) continue; // a lookup
    buckets[name] ??= { region: stack.where.region, objects: new Map() };
    // What the files say is no matter of permissions.
    for (const key of await (await account.bucket(name)).objects(prefix)) buckets[name].objects.set(key, s3Object('{}'));
  }
  return buckets;
}

/** The calls of a function for a new model, with the real clients. Their endpoints are only in the environment, as in Lambda. */
function clientsIn({ where, s3Url, bedrockUrl, functionName }: { where: Where; s3Url: string; bedrockUrl: string; functionName: string }): NewModel {
  Object.assign(process.env, {
    AWS_REGION: where.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrockUrl,
    AWS_SDK_UA_APP_ID: functionName,
  });
  return s3AndBedrock();
}


const isModel = (properties: Properties): boolean => properties.Link === 'model';

const tagged = (tags: readonly object[]) => (properties: Properties): Properties => isModel(properties)
  ? { ...properties, ...Object.fromEntries(['ImportedModelTags', 'JobTags'].map(name => [name, [...properties[name] as object[] ?? [], ...tags]])) }
  : properties;

function environmentOf({ properties }: Made): { readonly [name: string]: unknown } {
  return (properties.Environment as { Variables?: { [name: string]: unknown } } | undefined)?.Variables ?? {};
}

/** Authorizes the calls of the functions and the state machine behind a service token. */
async function askForProvider(account: SynthesizedAccount, enforcement: Enforcement, serviceToken: string): Promise<void> {
  const onEvent = account.function(serviceToken);
  const { USER_ON_EVENT_FUNCTION_ARN: handlerArn, WAITER_STATE_MACHINE_ARN: stateMachineArn } = environmentOf(onEvent);
  const stateMachine = account.made('AWS::StepFunctions::StateMachine').find(({ stack, id }) => stack.resolve({ Ref: id }) === stateMachineArn)!;
  const definition = JSON.stringify(stateMachine.properties.DefinitionString);
  const isWaiter = (arn: string): boolean => definition.includes(arn);
  const functions = account.made('AWS::Lambda::Function').filter(({ stack }) => stack === onEvent.stack)
    .map(made => ({ made, arn: String(made.stack.resolve({ 'Fn::GetAtt': [made.id, 'Arn'] })) }));

  for (const { made, arn } of functions) {
    const isFramework = environmentOf(made).USER_ON_EVENT_FUNCTION_ARN === handlerArn;
    if (!isFramework && arn !== handlerArn) continue;
    const role = await account.role(String(made.properties.Role));
    const logGroup = String((made.properties.LoggingConfig as { LogGroup: unknown }).LogGroup);
    // The trust policy of an imported role is not in the template.
    if (role.trust) await enforcement.ask('lambda.amazonaws.com', { action: 'sts:AssumeRole', resource: role.arn });
    for (const ask of asksOfLogging(logGroup, made.stack.where)) await enforcement.ask(role.arn, ask);
    if (isFramework) for (const ask of asksOfFramework(String(handlerArn))) await enforcement.ask(role.arn, ask);
  }
  await enforcement.ask(String(onEvent.properties.Role), { action: 'states:StartExecution', resource: String(stateMachineArn) });

  const waiterRole = String(stateMachine.properties.RoleArn);
  await enforcement.ask('states.amazonaws.com', { action: 'sts:AssumeRole', resource: waiterRole });
  for (const { arn } of functions.filter(one => isWaiter(one.arn))) await enforcement.ask(waiterRole, { action: 'lambda:InvokeFunction', resource: arn });
}

/** Authorizes the use of the imported model by a grantee. */
async function askForConsumer(account: SynthesizedAccount, enforcement: Enforcement, { role, model, reads = false }: Consumer): Promise<void> {
  const invoker = String(account.valueIn(Stack.of(role), role.roleArn));
  const keyArn = model.encryptionKey && String(account.valueIn(Stack.of(model), model.encryptionKey.keyArn));
  const modelArn = String(account.valueIn(Stack.of(model), model.modelArn));
  for (const ask of reads ? asksOfModelReader(modelArn) : asksOfInvocation(modelArn, keyArn)) await enforcement.ask(invoker, ask);
}
