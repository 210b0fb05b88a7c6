import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { Account, Role } from './account';
import { type AuthorizationRequest, evaluate, type Policies, type PolicyDocument } from './engine';
import {
  type Ask, asksOfAssumption, asksOfCaller, asksOfDecryption, asksOfModelKey, asksOfNetwork, asksOfReading, asksOfWeightsKey, type Where,
} from './requests';
import type { Operation } from '../bedrock-server/constraints';
import { BedrockError } from '../bedrock-server/errors';
import type { ImportPlan } from '../bedrock-server/resources';
import type { ClientCall } from '../bedrock-server/server';

/** What was asked, and what the engine has said. */
export interface Decision extends AuthorizationRequest {
  readonly allowed: boolean;
}

export interface EnforcementOptions {
  /** Whether Bedrock uses the key of the model as the service role, too; AWS does not document it. @default false */
  readonly serviceRoleUsesKey?: boolean;
}

/** Authorizes every call of Bedrock, and what Bedrock does with the service role, by the policies of an account. */
export class Enforcement {
  public readonly decisions: Decision[] = [];
  private readonly plans = new Map<string, Partial<ImportPlan>>();

  constructor(private readonly account: Account, private readonly where: Where, private readonly options: EnforcementOptions = {}) {}

  /** For the Bedrock server: whether the function that calls it may do so. */
  public readonly authorize = async ({ operation, input, functionName }: ClientCall): Promise<BedrockError | undefined> => {
    const caller = await this.account.roleOfFunction(functionName);
    const denied = await this.firstDenied(caller, await this.asksOf(operation, input));
    if (denied) return accessDenied(caller.arn, denied);
    if (operation === 'CreateModelImportJob') {
      const request = input as unknown as CreateModelImportJobRequest;
      this.plans.set(request.jobName ?? '', await this.planOf(request));
    }
    return undefined;
  };

  /** For the Bedrock server: an import fails if the service role may not do what it takes. */
  public readonly planImport = ({ jobName }: CreateModelImportJobRequest): Partial<ImportPlan> => this.plans.get(jobName ?? '') ?? {};

  /** Asks for one thing; `principal` is the ARN of a role, or a service that assumes one. */
  public async ask(principal: string, ask: Ask): Promise<boolean> {
    const request = this.requestOf(principal, ask);
    const allowed = await isAllowed(request, await this.policiesFor(request));
    this.decisions.push({ ...request, allowed });
    return allowed;
  }

  public requestOf(principal: string, { action, resource, account = this.where.account, context = {} }: Ask): AuthorizationRequest {
    return { principal, action, resource, account, context: { ...isArn(principal) && { 'aws:PrincipalArn': principal }, ...context } };
  }

  /** What IAM decides a request by. */
  public async policiesFor({ principal, action, resource }: AuthorizationRequest): Promise<Policies> {
    return {
      identity: isArn(principal) ? (await this.account.role(principal)).policies : [],
      resource: await this.resourcePolicy(action.split(':')[0], resource),
    };
  }

  private async firstDenied({ arn }: Role, asks: readonly Ask[]): Promise<Ask | undefined> {
    for (const ask of asks) {
      if (!await this.ask(arn, ask)) return ask;
    }
    return undefined;
  }

  private async asksOf(operation: Operation, input: ClientCall['input']): Promise<Ask[]> {
    const asks = asksOfCaller(operation, input, this.where);
    if (operation !== 'CreateModelImportJob') return asks;
    const { importedModelKmsKeyId } = input as Partial<CreateModelImportJobRequest>;
    if (importedModelKmsKeyId) asks.push(...asksOfModelKey(importedModelKmsKeyId));
    const { keyArn } = await this.weightsOf(input as unknown as CreateModelImportJobRequest);
    // The key of another account admits the service role only, as AWS documents it.
    if (keyArn && keyArn.split(':')[4] === this.where.account) asks.push(...asksOfWeightsKey(keyArn));
    return asks;
  }

  private async planOf(request: CreateModelImportJobRequest): Promise<Partial<ImportPlan>> {
    const role = await this.account.role(String(request.roleArn));
    // A role that the user brings is not in the template, and its trust policy neither.
    if (role.trust && !await this.ask('bedrock.amazonaws.com', asksOfAssumption(role.arn, this.where))) {
      return { failureMessage: `Amazon Bedrock may not assume ${role.arn}` };
    }
    const { name, prefix, account, objects, keyArn } = await this.weightsOf(request);
    const { subnetIds = [], securityGroupIds = [] } = request.vpcConfig ?? {};
    const denied = await this.firstDenied(role, [
      ...asksOfReading(name, account, prefix, objects, this.where),
      ...keyArn ? asksOfDecryption(keyArn) : [],
      ...this.options.serviceRoleUsesKey && request.importedModelKmsKeyId ? asksOfModelKey(request.importedModelKmsKeyId) : [],
      ...request.vpcConfig ? asksOfNetwork(subnetIds, securityGroupIds, this.where) : [],
    ]);
    if (denied) return { failureMessage: accessDenied(role.arn, denied).message };
    return objects.length > 0 ? {} : { failureMessage: `There is nothing below s3://${name}/${prefix}` };
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
      // A key has a policy always; that of one which nobody here has made is what AWS proposes.
      case 'kms': return (await this.account.key(resource)).policy ?? leftToAccount(resource);
      default: return undefined;
    }
  }
}

/** Asks the engine; a key that the action does not have is a mistake of who asks. */
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
