import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Dependable, type IConstruct, type IDependable } from 'constructs';

/**
 * What has been added to a construct besides its own resource, until the app is synthesized: the policies of a role, the
 * rules of a security group. Who refers to the construct waits for the resource itself, but for none of these.
 */
export function additionsTo(construct: IConstruct): IDependable {
  return lazily(() => construct.node.children.filter(child => child !== construct.node.defaultChild));
}

/**
 * The ways out of a VPC: routes to the internet, and the VPC endpoints that belong to it. Who uses the network must wait
 * for them, and refers to none.
 */
export function waysOut(vpc: ec2.IVpc, subnets: ec2.SelectedSubnets): IDependable[] {
  return [subnets.internetConnectivityEstablished, lazily(() => vpc.node.findAll().filter(child => child instanceof ec2.VpcEndpoint))];
}

function lazily(find: () => IConstruct[]): IDependable {
  const dependable = {};
  Dependable.implement(dependable, { get dependencyRoots() { return find(); } });
  return dependable as IDependable;
}
