import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/*
 * IAM as @cloud-copilot/iam-simulate evaluates it. The engine is no dependency of this project: `npm run iam` fetches it, at a pinned
 * version, into a folder that is never committed (ADR-10). The types are what is used of it.
 */

/** Where `npm run iam` puts the engine. */
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

/** What is asked of IAM. */
export interface AuthorizationRequest {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** The account that the resource belongs to. */
  readonly account: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

/** What IAM knows of principal and resource. */
export interface Policies {
  /** Of the principal. */
  readonly identity: readonly PolicyDocument[];
  /** Of the resource: its bucket or key policy, or the trust policy of a role. */
  readonly resource?: PolicyDocument;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Keys of the request that the service authorization reference does not have for the action and resource. */
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

/** Evaluates a request as IAM does: no organization policies, no permissions boundary, no session policy. */
export async function evaluate({ principal, action, resource, account, context }: AuthorizationRequest, policies: Policies): Promise<Verdict> {
  if (!hasEngine()) throw new Error('The IAM engine is not there: npm run iam fetches it');
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
