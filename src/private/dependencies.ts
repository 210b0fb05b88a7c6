import * as ec2 from 'aws-cdk-lib/aws-ec2';
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
  const serves = (endpoint: IConstruct) => called.test((endpoint.node.defaultChild as ec2.CfnVPCEndpoint).serviceName ?? '');
  return [
    subnets.internetConnectivityEstablished,
    lazily(() => vpc.node.findAll().filter(child => child instanceof ec2.VpcEndpoint && serves(child))),
  ];
}

function lazily(find: () => IConstruct[]): IDependable {
  const dependable = {};
  Dependable.implement(dependable, { get dependencyRoots() { return find(); } });
  return dependable as IDependable;
}
