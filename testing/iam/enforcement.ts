import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { Account, Role } from './account';
import { type AuthorizationRequest, evaluate, type Policies, type PolicyDocument } from './engine';
import {
  type Ask, asksOfAssumption, asksOfCaller, asksOfDecryption, asksOfModelKey, asksOfNetwork, asksOfReading, asksOfVerification, asksOfWeightsKey,
  type ListedPrefix, type Where,
} from './requests';
import { asksOfGet, asksOfList } from './s3-requests';
import type { InvocationOperation, Operation } from '../bedrock-server/constraints';
import { BedrockError } from '../bedrock-server/errors';
import type { ImportPlan } from '../bedrock-server/resources';
import type { ClientCall } from '../bedrock-server/server';
import type { S3Request } from '../s3-server/server';

/** An authorization request and the decision of the engine. */
export interface Decision extends AuthorizationRequest {
  readonly allowed: boolean;
}

/** What AWS might do otherwise. */
export interface EnforcementOptions {
  /** Whether Bedrock also uses the key of the model with the service role. Not documented. @default false */
  readonly serviceRoleUsesKey?: boolean;
  /** Whether `kms:GrantIsForAWSResource` is true when Bedrock creates a grant for the caller. @default true */
  readonly grantIsForResource?: boolean;
  /** The `s3:prefix` with which Bedrock lists the weights. @default 'with and without slash' */
  readonly listedPrefix?: ListedPrefix;
  /** An action that needs no permission. @default - none */
  readonly unasked?: string;
}

/** Authorizes every call of the handler, and the use of the service role by Bedrock, with the policies of an account. */
export class Enforcement {
  public readonly decisions: Decision[] = [];
  private readonly plans = new Map<string, Partial<ImportPlan>>();

  constructor(private readonly account: Account, private readonly where: Where, private readonly options: EnforcementOptions = {}) {}

  /** For the Bedrock server: authorizes the calling function. */
  public readonly authorize = async ({ operation, input, functionName }: ClientCall): Promise<BedrockError | undefined> => {
    const caller = await this.account.roleOfFunction(functionName);
    const denied = await this.firstDenied(caller, await this.asksOf(operation, input));
    if (denied) return accessDenied(caller.arn, denied);
    if (operation === 'CreateModelImportJob') await this.prepareImport(input as unknown as CreateModelImportJobRequest);
    return undefined;
  };

  /** Authorizes what an import will do with its service role. */
  public async prepareImport(request: CreateModelImportJobRequest): Promise<void> {
    this.plans.set(request.jobName ?? '', await this.planOf(request));
  }

  /** For the Bedrock server: authorizes the verification of a model by the calling function. */
  public async authorizeInvocation(call: ClientCall<InvocationOperation>, keyOf: KeyOf): Promise<BedrockError | undefined> {
    const { operation, input, functionName } = call;
    if (operation !== 'InvokeModel') throw new Error(`No function of the provider calls ${operation}`);
    const caller = await this.account.roleOfFunction(functionName);
    const modelArn = String(input.modelId);
    const denied = await this.firstDenied(caller, asksOfVerification(modelArn, keyOf(modelArn)));
    return denied && accessDenied(caller.arn, denied);
  }

  /** For the S3 server: authorizes a read by the calling function. */
  public async authorizeRead({ action, bucket, key }: S3Request, functionName: string): Promise<boolean> {
    const caller = await this.account.roleOfFunction(functionName);
    const owner = await this.account.bucket(bucket);
    const asks = action === 's3:GetObject' ? asksOfGet : asksOfList;
    return await this.firstDenied(caller, asks({ bucket, key, owner, keyArn: owner.keyArn }, this.where)) === undefined;
  }

  /** For the Bedrock server: fails an import if the service role has insufficient permissions. */
  public readonly planImport = ({ jobName }: CreateModelImportJobRequest): Partial<ImportPlan> => this.plans.get(jobName ?? '') ?? {};

  /** Authorizes one request. `principal` is the ARN of a role, or a service that assumes one. */
  public async ask(principal: string, ask: Ask): Promise<boolean> {
    const request = this.requestOf(principal, ask);
    const allowed = await isAllowed(request, await this.policiesFor(request));
    this.decisions.push({ ...request, allowed });
    return allowed;
  }

  public requestOf(principal: string, { action, resource, account = this.where.account, context = {} }: Ask): AuthorizationRequest {
    return { principal, action, resource, account, context: { ...isArn(principal) && { 'aws:PrincipalArn': principal }, ...context } };
  }

  /** The policies that IAM evaluates for a request. */
  public async policiesFor({ principal, action, resource }: AuthorizationRequest): Promise<Policies> {
    return {
      identity: isArn(principal) ? (await this.account.role(principal)).policies : [],
      resource: await this.resourcePolicy(action.split(':')[0], resource),
    };
  }

  private async firstDenied({ arn }: Role, asks: readonly Ask[]): Promise<Ask | undefined> {
    for (const ask of asks) {
      if (ask.action !== this.options.unasked && !await this.ask(arn, ask)) return ask;
    }
    return undefined;
  }

  private async asksOf(operation: Operation, input: ClientCall['input']): Promise<Ask[]> {
    const asks = asksOfCaller(operation, input, this.where);
    if (operation !== 'CreateModelImportJob') return asks;
    const { importedModelKmsKeyId } = input as Partial<CreateModelImportJobRequest>;
    if (importedModelKmsKeyId) asks.push(...asksOfModelKey(importedModelKmsKeyId, this.options.grantIsForResource));
    const { keyArn } = await this.weightsOf(input as unknown as CreateModelImportJobRequest);
    // As documented by AWS, the key of another account allows only the service role.
    if (keyArn && keyArn.split(':')[4] === this.where.account) asks.push(...asksOfWeightsKey(keyArn));
    return asks;
  }

  private async planOf(request: CreateModelImportJobRequest): Promise<Partial<ImportPlan>> {
    const role = await this.account.role(String(request.roleArn));
    // An imported role is not in the template, and neither is its trust policy.
    if (role.trust && !await this.ask('bedrock.amazonaws.com', asksOfAssumption(role.arn, this.where))) {
      return { failureMessage: `Amazon Bedrock is not authorized to assume ${role.arn}` };
    }
    const { name, prefix, account, objects, keyArn } = await this.weightsOf(request);
    const { subnetIds = [], securityGroupIds = [] } = request.vpcConfig ?? {};
    const { grantIsForResource, listedPrefix, serviceRoleUsesKey } = this.options;
    const denied = await this.firstDenied(role, [
      ...asksOfReading(name, account, prefix, objects, this.where, listedPrefix),
      ...keyArn ? asksOfDecryption(keyArn) : [],
      ...serviceRoleUsesKey && request.importedModelKmsKeyId ? asksOfModelKey(request.importedModelKmsKeyId, grantIsForResource) : [],
      ...request.vpcConfig ? asksOfNetwork(subnetIds, securityGroupIds, this.where) : [],
    ]);
    if (denied) return { failureMessage: accessDenied(role.arn, denied).message };
    return objects.length > 0 ? {} : { failureMessage: `No objects below s3://${name}/${prefix}` };
  }

  private async weightsOf({ modelDataSource }: CreateModelImportJobRequest) {
    const [, , name, ...path] = String(modelDataSource?.s3DataSource?.s3Uri).split('/');
    const prefix = path.join('/');
    const { account, objects, keyArn } = await this.account.bucket(name);
    return { name, prefix, account, keyArn, objects: await objects(prefix) };
  }

  private async resourcePolicy(service: string, resource: string): Promise<PolicyDocument | undefined> {
    switch (service) {
      case 'sts': return (await this.account.role(resource)).trust;
      case 's3': return (await this.account.bucket(resource.replace(/^.*:/, '').replace(/\/.*$/, ''))).policy;
      // A key always has a policy. Keys that are not in the account have the default policy.
      case 'kms': return (await this.account.key(resource)).policy ?? leftToAccount(resource);
      default: return undefined;
    }
  }
}

/** The ARN of the customer managed key of a model, if it has one. */
export type KeyOf = (modelArn: string) => string | undefined;

/** Evaluates a request with the engine. Throws if the request has a condition key that the action does not support. */
export async function isAllowed(request: AuthorizationRequest, policies: Policies): Promise<boolean> {
  const { allowed, unknownKeys } = await evaluate(request, policies);
  if (unknownKeys.length > 0) throw new Error(`${request.action} on ${request.resource} has no ${unknownKeys.join(', ')}`);
  return allowed;
}

function isArn(principal: string): boolean {
  return principal.startsWith('arn:');
}

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
function leftToAccount(keyArn: string): PolicyDocument {
  const [, partition, , , account] = keyArn.split(':');
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:${partition}:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }] };
}

function accessDenied(principal: string, { action, resource }: Ask): BedrockError {
  return new BedrockError('AccessDeniedException', `User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`);
}
