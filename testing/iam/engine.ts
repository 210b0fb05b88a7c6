import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/*
 * IAM evaluation by @cloud-copilot/iam-simulate. The engine is not a dependency of this project: `npm run iam` installs a pinned
 * version into a folder that is not in git (ADR-10). The types declare only what is used.
 */

/** The directory where `npm run iam` installs the engine. */
export const ENGINE = join(__dirname, '..', '..', '.local-aws', 'iam-engine');

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } };
}

/** A request to IAM. */
export interface AuthorizationRequest {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** The account of the resource. */
  readonly account: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

/** The policies of principal and resource. */
export interface Policies {
  /** The policies of the principal. */
  readonly identity: readonly PolicyDocument[];
  /** The policy of the resource: a bucket policy, a key policy, or the trust policy of a role. */
  readonly resource?: PolicyDocument;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Condition keys of the request that are not in the service authorization reference for the action and resource. */
  readonly unknownKeys: readonly string[];
}

interface Engine {
  runSimulation(simulation: object, options: object): Promise<
    | { readonly resultType: 'error'; readonly errors: { readonly message: string } }
    | { readonly resultType: 'single'; readonly overallResult: string; readonly result: { readonly ignoredContextKeys?: string[] } }
    | { readonly resultType: 'wildcard'; readonly overallResult: string; readonly results: { readonly ignoredContextKeys?: string[] }[] }
  >;
}

export function hasEngine(): boolean {
  return existsSync(join(ENGINE, 'node_modules', '@cloud-copilot', 'iam-simulate'));
}

let engine: Engine | undefined;

/** Evaluates a request like IAM, without organization policies, permissions boundaries and session policies. */
export async function evaluate({ principal, action, resource, account, context }: AuthorizationRequest, policies: Policies): Promise<Verdict> {
  if (!hasEngine()) throw new Error('The IAM engine is not installed: run npm run iam');
  engine ??= createRequire(join(ENGINE, 'index.js'))('@cloud-copilot/iam-simulate') as Engine;
  const outcome = await engine.runSimulation({
    request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
    identityPolicies: policies.identity.map((policy, index) => ({ name: `policy-${index}`, policy })),
    resourcePolicy: policies.resource,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }, { simulationMode: 'Strict' });
  if (outcome.resultType === 'error') throw new Error(`${action} on ${resource} by ${principal}: ${JSON.stringify(outcome.errors)}`);
  const results = outcome.resultType === 'single' ? [outcome.result] : outcome.results;
  return {
    allowed: outcome.overallResult === 'Allowed',
    unknownKeys: results.flatMap(({ ignoredContextKeys = [] }) => ignoredContextKeys),
  };
}
