import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * The principal of the trust policy of a service role: Bedrock, for import jobs of this account and Region.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-import-iam-role.html
 */
export function bedrockImportJobs(scope: Construct): iam.IPrincipal {
  return new iam.ServicePrincipal('bedrock.amazonaws.com', {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ArnEquals: { 'aws:SourceArn': everyImportJob(scope) },
    },
  });
}

/**
 * The permissions of a service role to run an import job in a VPC, as AWS documents them.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-custom-model-import.html
 */
export function networkStatements(scope: Construct, subnetIds: string[], securityGroupIds: string[]): iam.PolicyStatement[] {
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
        ArnEquals: { 'aws:RequestTag/BedrockModelImportJobArn': [everyImportJob(scope)] },
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
          'ec2:ResourceTag/BedrockModelImportJobArn': [everyImportJob(scope)],
        },
        StringEquals: { 'ec2:ResourceTag/BedrockManaged': 'true' },
      },
    }),
    new iam.PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: [everyInterface],
      conditions: {
        'StringEquals': { 'ec2:CreateAction': ['CreateNetworkInterface'] },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['BedrockManaged', 'BedrockModelImportJobArn'] },
      },
    }),
  ];
}

/** Bedrock chooses the id of a job. */
function everyImportJob(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'bedrock', resource: 'model-import-job', resourceName: '*' });
}
