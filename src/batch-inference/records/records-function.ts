import * as path from 'node:path';
import { Duration, PhysicalName } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { roleWithDocument } from '../../shared/constructs/role-permissions';
import { FUNCTION_TIMEOUT } from '../patience';

export interface RecordsFunctionProps {
  readonly logGroup: logs.ILogGroup;
  /** The permissions to read the input, and to read and write the output. */
  readonly statements: iam.PolicyStatement[];
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/** The function that reads and writes records: what no state of a state machine can do. */
export function recordsFunction(scope: Construct, { logGroup, statements, vpc, ...network }: RecordsFunctionProps): lambda.Function {
  const { role, document, permissions } = roleWithDocument(scope, 'RecordsRole', undefined, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    roleName: PhysicalName.GENERATE_IF_NEEDED, // the policies of a bucket in another account name it
    managedPolicies: vpc && [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole')],
  });
  document.addStatements(
    ...statements,
    new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
  );
  const handler = new lambda.Function(scope, 'Records', {
    description: `Reads and writes the records of batch inference (${scope.node.path})`.slice(0, 256),
    code: lambda.Code.fromAsset(path.join(__dirname, '..', '..', '..', 'assets', 'batch-inference', 'records', 'batch-records.lambda')),
    handler: 'index.handler',
    runtime: lambda.determineLatestNodeRuntime(scope),
    // The ids of some million records, and more CPU with more memory.
    memorySize: 2048,
    timeout: Duration.seconds(FUNCTION_TIMEOUT),
    role,
    logGroup,
    vpc,
    ...network,
  });
  handler.node.addDependency(...permissions);
  return handler;
}
