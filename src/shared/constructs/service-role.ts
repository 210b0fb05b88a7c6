import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { JobNetwork } from './job-network';

/** The types of jobs, as in their ARNs, and the tag with that ARN that Bedrock gives to the network interfaces of a job. */
const INTERFACE_TAGS = {
  'model-import-job': 'BedrockModelImportJobArn',
  'model-invocation-job': 'BedrockModelInvocationJobArn',
};

/** The type of a job that assumes a service role. */
export type JobType = keyof typeof INTERFACE_TAGS;

/**
 * The principal of the trust policy of a service role: Bedrock, for jobs of this type, account and Region.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-import-iam-role.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-iam-sr.html
 */
export function bedrockJobs(scope: Construct, type: JobType): iam.IPrincipal {
  return new iam.ServicePrincipal('bedrock.amazonaws.com', {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ArnEquals: { 'aws:SourceArn': everyJob(scope, type) },
    },
  });
}

/**
 * The permissions of a service role to run a job in a VPC, as AWS documents them.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-custom-model-import.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-vpc.html
 */
export function networkStatements(scope: Construct, type: JobType, { subnetIds, securityGroupIds }: JobNetwork): iam.PolicyStatement[] {
  const tag = INTERFACE_TAGS[type];
  const ec2Arn = (resource: string, resourceName: string) => Stack.of(scope).formatArn({ service: 'ec2', resource, resourceName });
  const subnets = subnetIds.map(id => ec2Arn('subnet', id));
  const securityGroups = securityGroupIds.map(id => ec2Arn('security-group', id));
  // Bedrock creates the network interfaces.
  const everyInterface = ec2Arn('network-interface', '*');
  return [
    new iam.PolicyStatement({
      actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeVpcs', 'ec2:DescribeDhcpOptions', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups'],
      // Describe actions of EC2 have no resource types.
      resources: ['*'],
    }),
    // Request tags are a condition of the network interface, but not of its subnet and security group: one statement for all three would deny
    // the call.
    new iam.PolicyStatement({
      actions: ['ec2:CreateNetworkInterface'],
      resources: [everyInterface],
      conditions: {
        StringEquals: { 'aws:RequestTag/BedrockManaged': ['true'] },
        ArnEquals: { [`aws:RequestTag/${tag}`]: [everyJob(scope, type)] },
      },
    }),
    new iam.PolicyStatement({ actions: ['ec2:CreateNetworkInterface'], resources: [...subnets, ...securityGroups] }),
    new iam.PolicyStatement({
      actions: ['ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface', 'ec2:DeleteNetworkInterfacePermission'],
      // As documented: the conditions limit the subnets and the tag of the job instead.
      resources: ['*'],
      conditions: {
        ArnEquals: {
          'ec2:Subnet': subnets,
          [`ec2:ResourceTag/${tag}`]: [everyJob(scope, type)],
        },
        StringEquals: { 'ec2:ResourceTag/BedrockManaged': 'true' },
      },
    }),
    new iam.PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: [everyInterface],
      conditions: {
        'StringEquals': { 'ec2:CreateAction': ['CreateNetworkInterface'] },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['BedrockManaged', tag] },
      },
    }),
  ];
}

/** The ARN of all jobs of a type: Bedrock chooses the id of a job. */
export function everyJob(scope: Construct, type: JobType): string {
  return Stack.of(scope).formatArn({ service: 'bedrock', resource: type, resourceName: '*' });
}
