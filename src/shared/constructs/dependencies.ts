import { CfnResource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Dependable, type IConstruct, type IDependable } from 'constructs';

/**
 * The resources that are added to a construct until synthesis, like the rules of a security group. A reference to the construct depends on its own
 * resource, but not on these.
 */
export function additionsTo(construct: IConstruct): IDependable {
  return lazily(() => construct.node.children.filter(child => child !== construct.node.defaultChild));
}

/**
 * The routes from a VPC to AWS services: internet connectivity, and the VPC endpoints of these services. Users of the network depend on them
 * without a reference. Other endpoints are left out, because their policies may refer to the model.
 */
export function routesTo(services: string[], vpc: ec2.IVpc, subnets: ec2.SelectedSubnets): IDependable[] {
  // com.amazonaws.us-east-1.bedrock, possibly with tokens, but not ...bedrock-runtime.
  const called = new RegExp(`\\.(${services.join('|')})(?![\\w-])`);
  const stack = Stack.of(vpc);
  const vpcId = JSON.stringify(stack.resolve(vpc.vpcId));
  // Anywhere in the stack, and from any copy of aws-cdk-lib.
  const serves = (child: IConstruct) => isVpcEndpoint(child) && called.test(child.serviceName ?? '') && JSON.stringify(stack.resolve(child.vpcId)) === vpcId;
  return [
    subnets.internetConnectivityEstablished,
    lazily(() => stack.node.findAll().filter(child => Stack.of(child) === stack && serves(child))),
  ];
}

function isVpcEndpoint(construct: IConstruct): construct is ec2.CfnVPCEndpoint {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::EC2::VPCEndpoint';
}

function lazily(find: () => IConstruct[]): IDependable {
  const dependable = {};
  Dependable.implement(dependable, { get dependencyRoots() { return find(); } });
  return dependable as IDependable;
}
