import { Names } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';

/** A role, and the one document that holds what this library lets it do. */
export interface RoleWithDocument {
  readonly role: iam.IRole;
  readonly document: iam.PolicyDocument;
  /** What must exist before the role can do everything, besides the role itself. */
  readonly permissions: IDependable[];
}

/** A role of our own, or the one that the user brings, with a policy attached. */
export function roleWithDocument(scope: Construct, id: string, given: iam.IRole | undefined, props: iam.RoleProps): RoleWithDocument {
  if (!given) {
    const role = new InlineRole(scope, id, props);
    return { role, document: role.document, permissions: [] };
  }
  const document = new iam.PolicyDocument();
  return { role: given, document, permissions: [given, attachPolicy(scope, `${id}Policy`, given, document)] };
}

/**
 * A role that carries its permissions inline, also those that are granted to it later: role and permissions appear, change
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
