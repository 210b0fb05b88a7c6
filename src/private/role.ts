import { Names } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import { additionsTo } from './dependencies';

/** A role, and the one document that holds what this library lets it do. */
export interface RoleWithDocument {
  readonly role: iam.IRole;
  readonly document: iam.PolicyDocument;
  /** What must exist before the role can do everything, besides the role itself. */
  readonly permissions: IDependable[];
}

/**
 * A role of our own carries the document inline, so that role and permissions appear, change and go in one piece, as one
 * resource. A role that the user brings gets a policy attached.
 */
export function roleWithDocument(scope: Construct, id: string, given: iam.IRole | undefined, props: iam.RoleProps): RoleWithDocument {
  const document = new iam.PolicyDocument();
  if (given) return { role: given, document, permissions: [given, attachPolicy(scope, `${id}Policy`, given, document)] };
  const role = new iam.Role(scope, id, { ...props, inlinePolicies: { ModelImport: document } });
  return { role, document, permissions: [additionsTo(role)] };
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
