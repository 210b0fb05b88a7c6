import { CfnResource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Dependable, type IConstruct, type IDependable } from 'constructs';

/**
 * What has been added to a construct besides its own resource until the app is synthesized, like the rules of a security
 * group. Who refers to the construct waits for the resource itself, but for none of these.
 */
export function additionsTo(construct: IConstruct): IDependable {
  return lazily(() => construct.node.children.filter(child => child !== construct.node.defaultChild));
}

/**
 * The ways from a VPC to some AWS services: routes to the internet, and the VPC's endpoints for them. Who uses the network
 * must wait for them, and refers to none. Other endpoints do not matter, and may have a policy that names the model.
 */
export function waysTo(services: string[], vpc: ec2.IVpc, subnets: ec2.SelectedSubnets): IDependable[] {
  // com.amazonaws.us-east-1.bedrock, with tokens before and behind; not ...bedrock-runtime.
  const called = new RegExp(`\\.(${services.join('|')})(?![\\w-])`);
  const stack = Stack.of(vpc);
  const vpcId = JSON.stringify(stack.resolve(vpc.vpcId));
  // Wherever in the stack they are constructed, and by whichever copy of aws-cdk-lib.
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
