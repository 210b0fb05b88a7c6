import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IDependable } from 'constructs';
import { additionsTo, routesTo } from './dependencies';
import { assertValid } from './validation';
import { SECURITY_GROUPS, SUBNETS } from '../validation/api-constraints';
import { checkCount, complaint } from '../validation/complaint';

/** The network of a Bedrock job in a VPC. */
export interface JobNetwork {
  readonly subnetIds: string[];
  readonly securityGroupIds: string[];
  readonly connections: ec2.Connections;
  /** What must exist before the job can reach Amazon S3. */
  readonly dependencies: IDependable[];
}

/** The network properties of a construct. */
export interface NetworkProps {
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/**
 * Selects the subnets and security groups of a job. Undefined without a VPC: the job then runs in the network of Bedrock.
 *
 * @param job What the job does, for the description of the security group
 */
export function selectNetwork(scope: Construct, { vpc, vpcSubnets, securityGroups: given }: NetworkProps, job: string): JobNetwork | undefined {
  if (!vpc) return undefined;
  const subnets = vpc.selectSubnets(vpcSubnets);
  const { subnetIds } = subnets;
  const securityGroups = given ?? [egressOnly(scope, vpc, job)];
  assertValid(
    scope,
    Token.isUnresolved(subnetIds)
      ? complaint('vpcSubnets', 'one token', 'a list with a known number of subnets', 'Give their number with Fn.split() or Fn.importListValue(), because a policy names each of them')
      : checkCount('vpcSubnets', subnetIds.length, 'subnets', SUBNETS, 'Select other subnets with vpcSubnets; one in each Availability Zone is enough'),
    checkCount('securityGroups', securityGroups.length, 'security groups', SECURITY_GROUPS, 'Combine the rules in fewer groups, or omit the property'),
  );
  return {
    subnetIds,
    securityGroupIds: securityGroups.map(group => group.securityGroupId),
    connections: new ec2.Connections({ securityGroups }),
    dependencies: [...routesTo(['s3'], vpc, subnets), ...securityGroups.map(additionsTo)],
  };
}

/** Subnets and security groups without a VPC. Returns a message, or undefined. */
export function checkNeedsVpc({ vpc, vpcSubnets, securityGroups }: NetworkProps): string | undefined {
  if (vpc) return undefined;
  const rule = ['used together with vpc', 'Set vpc as well, or remove the property'] as const;
  if (vpcSubnets) return complaint('vpcSubnets', vpcSubnets.subnetType ?? vpcSubnets.subnetGroupName ?? 'a selection', ...rule);
  if (securityGroups) return complaint('securityGroups', `${securityGroups.length} groups`, ...rule);
  return undefined;
}

function egressOnly(scope: Construct, vpc: ec2.IVpc, job: string): ec2.ISecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    // EC2 accepts ASCII only.
    description: `${job} ${scope.node.path}`.replace(/[^ -~]/g, '-').slice(0, 255),
    allowAllOutbound: false,
  });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Amazon S3 and other AWS APIs');
  return group;
}
