import { Names, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import { complaint } from '../validation/complaint';

/** A role, and the one document that holds what this library lets it do. */
export interface RoleWithDocument {
  readonly role: iam.IRole;
  readonly document: iam.PolicyDocument;
  /** What must exist before the role can do everything, besides the role itself. */
  readonly permissions: IDependable[];
}

/**
 * A role of our own, or the one that the user brings, with a policy attached. The policy is a resource besides the role, so that the policy
 * of a key can name the role, and the policy of the role the key: inline, each would have to exist before the other.
 */
export function roleWithDocument(scope: Construct, id: string, given: iam.IRole | undefined, props: iam.RoleProps): RoleWithDocument {
  const role = given ?? new iam.Role(scope, id, props);
  const document = new iam.PolicyDocument();
  return { role, document, permissions: [role, attachPolicy(scope, `${id}Policy`, role, document)] };
}

/** The inline policies of a role have so many characters in all, white space not counted. */
const MAX_POLICY_SIZE = 10_240;

/** Says at synthesis when a document will not fit in a role; nobody knows yet how long the ARNs are, so the estimate is on the safe side. */
export function checkPolicySize(scope: Construct, property: string, document: iam.PolicyDocument, remedy: string): string | undefined {
  const size = sizeOf(Stack.of(scope).resolve(document.toJSON()));
  return size <= MAX_POLICY_SIZE ? undefined : complaint(property, `about ${size} characters`, `a policy of at most ${MAX_POLICY_SIZE} characters`, remedy);
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + sizeOf(item) + 1, 2);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null).length;
  const [key] = Object.keys(value);
  if (key === 'Fn::Join') return sizeOf((value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]);
  if (key === 'Ref' || key?.startsWith('Fn::')) return 100;
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + 4 + sizeOf(item), 2);
}

/**
 * A role of the provider framework, which carries its permissions inline, also those that are granted to it later: role and permissions appear, change
 * and go in one piece, as one resource, and nothing has to wait for a policy besides.
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
 * Attaches a policy of its own to a role, perhaps of another stack. By default its name would be unique in the stack, but it
 * has to be so among all policies of the role.
 */
export function attachPolicy(scope: Construct, id: string, role: iam.IRole, document: iam.PolicyDocument): iam.Policy {
  const policyName = `${Names.uniqueResourceName(scope, { maxLength: 128 - id.length })}${id}`;
  const policy = new iam.Policy(scope, id, { policyName, document });
  role.attachInlinePolicy(policy); // an immutable role declines, and then there is no policy
  return policy;
}
