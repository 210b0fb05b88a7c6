import { Names, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import { complaint } from '../validation/complaint';

/** A role, and the policy document with the permissions that this library grants it. */
export interface RoleWithDocument {
  readonly role: iam.IRole;
  readonly document: iam.PolicyDocument;
  /** What must exist before the role has its permissions. */
  readonly permissions: IDependable[];
}

/**
 * A new role, or the given one, with a policy attached. The policy is a resource of its own, so that a key policy can name the role and the
 * role's policy the key: inline, each would have to exist before the other.
 */
export function roleWithDocument(scope: Construct, id: string, given: iam.IRole | undefined, props: iam.RoleProps): RoleWithDocument {
  const role = given ?? new iam.Role(scope, id, props);
  const document = new iam.PolicyDocument();
  return { role, document, permissions: [role, attachPolicy(scope, `${id}Policy`, role, document)] };
}

/** The quota for the characters of all inline policies of a role, without white space. */
const MAX_POLICY_SIZE = 10_240;

/** Checks that a policy document fits the quota. The length of ARNs is estimated generously, because they are tokens. */
export function checkPolicySize(scope: Construct, property: string, document: iam.PolicyDocument, remedy: string): string | undefined {
  const size = sizeOf(Stack.of(scope).resolve(document.toJSON()));
  return size <= MAX_POLICY_SIZE ? undefined : complaint(property, `about ${size} characters`, `a policy of at most ${MAX_POLICY_SIZE} characters`, remedy);
}

/** The length of the longest value. */
const PSEUDO_PARAMETERS: { readonly [name: string]: number } = { 'AWS::Partition': 10, 'AWS::AccountId': 12, 'AWS::Region': 14 };

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item) + 1, 2);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null).length;
  const [key] = Object.keys(value);
  if (key === 'Fn::Join') return sizeOf((value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]);
  if (key === 'Ref') return PSEUDO_PARAMETERS[(value as { Ref: string }).Ref] ?? 100;
  if (key?.startsWith('Fn::')) return 100;
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + 4 + sizeOf(item), 2);
}

/**
 * A role with inline permissions, including those that are granted later. Role and permissions are one resource, so nothing has to depend on a
 * policy.
 */
export class InlineRole extends iam.Role {
  public readonly document: iam.PolicyDocument;

  constructor(scope: Construct, id: string, props: iam.RoleProps) {
    const document = new iam.PolicyDocument();
    super(scope, id, { ...props, inlinePolicies: { ModelImport: document } });
    this.document = document;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    this.document.addStatements(statement);
    return { statementAdded: true, policyDependable: this };
  }
}

/**
 * Attaches a policy to a role, possibly of another stack. Its name must be unique among the policies of the role, and not only in the stack, as
 * the default name would be.
 */
export function attachPolicy(scope: Construct, id: string, role: iam.IRole, document: iam.PolicyDocument): iam.Policy {
  const policyName = `${Names.uniqueResourceName(scope, { maxLength: 128 - id.length })}${id}`;
  const policy = new iam.Policy(scope, id, { policyName, document });
  role.attachInlinePolicy(policy); // without effect on an immutable role; then no policy is synthesized
  return policy;
}
