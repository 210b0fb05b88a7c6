import { PhysicalName, Stack } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type BoundLocation, WITH_KEY } from './batch-location';
import { resourceArnsOf } from './model-access';
import type { JobNetwork } from '../shared/constructs/job-network';
import { type RoleWithDocument, roleWithDocument } from '../shared/constructs/role-permissions';
import { bedrockJobs, networkStatements } from '../shared/constructs/service-role';

export interface JobServiceRoleProps {
  readonly given?: iam.IRole;
  readonly model: bedrock.IModel;
  readonly output: BoundLocation;
  /** The folder of the output location with the input and the output of jobs. */
  readonly work: string;
  readonly network?: JobNetwork;
}

/** The service role that Bedrock assumes to run jobs: it reads and writes what the function has prepared, and nothing of the input location. */
export function jobServiceRole(scope: Construct, props: JobServiceRoleProps): Omit<RoleWithDocument, 'document'> {
  const { given, model, output, work, network } = props;
  const { role, document, permissions } = roleWithDocument(scope, 'ServiceRole', given, {
    description: `Lets Amazon Bedrock run the batch inference jobs of ${scope.node.path}`.slice(0, 1000),
    assumedBy: bedrockJobs(scope, 'model-invocation-job'),
    roleName: PhysicalName.GENERATE_IF_NEEDED,
  });
  const owner = { conditions: { StringEquals: { 'aws:ResourceAccount': output.place.bucketOwner ?? Stack.of(scope).account } } };
  const profile = resourceArnsOf(model).slice(1);
  document.addStatements(
    output.objects(['s3:GetObject', 's3:PutObject'], work, owner),
    output.list(work, owner),
    ...output.key(...WITH_KEY.write),
    ...profile.length > 0 ? [new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: resourceArnsOf(model) })] : [],
    ...network ? networkStatements(scope, 'model-invocation-job', network) : [],
  );
  return { role, permissions };
}
