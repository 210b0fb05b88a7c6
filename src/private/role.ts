import * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct, type IDependable } from 'constructs';

/** A role, and the one document that holds what this library lets it do. */
export interface RoleWithDocument {
  readonly role: iam.IRole;
  readonly document: iam.PolicyDocument;
  /** What must exist before the role can do it. */
  readonly permissions: IDependable;
}

/**
 * A role of our own carries the document inline, so that role and permissions appear, change and go in one piece, as one
 * resource. A role that the user brings gets a policy attached.
 */
export function roleWithDocument(scope: Construct, id: string, given: iam.IRole | undefined, props: iam.RoleProps): RoleWithDocument {
  const document = new iam.PolicyDocument();
  if (given) {
    const permissions = new iam.Policy(scope, `${id}Policy`, { document, roles: [given] });
    return { role: given, document, permissions };
  }
  const role = new iam.Role(scope, id, { ...props, inlinePolicies: { ModelImport: document } });
  return { role, document, permissions: role };
}
