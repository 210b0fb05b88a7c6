import { CfnResource, Duration, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as cr from 'aws-cdk-lib/custom-resources';
import type { Construct, IConstruct } from 'constructs';
import { SECOND, WAIT_WINDOW } from './patience';
import { InlineRole } from '../../shared/constructs/role-permissions';

/** Properties for defining the provider framework. */
export interface ProviderFrameworkProps {
  readonly handler: lambda.IFunction;
  readonly functionRole: iam.RoleProps;
  readonly queryInterval: Duration;
  readonly logGroup: logs.ILogGroup;
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/** Connects the handler to CloudFormation through the provider framework of CDK. Returns the service token. */
export function providerFramework(scope: Construct, { functionRole, handler, queryInterval, ...props }: ProviderFrameworkProps): string {
  // Two roles instead of one for each of the three functions. It cannot be one: the first starts the waiter, whose functions have the second, so
  // each would have to exist before the other.
  const frameworkOnEventRole = new InlineRole(scope, 'OnEventRole', functionRole);
  const frameworkCompleteAndTimeoutRole = new InlineRole(scope, 'CompleteRole', functionRole);
  props.logGroup.grantWrite(frameworkOnEventRole);
  props.logGroup.grantWrite(frameworkCompleteAndTimeoutRole);

  const provider = new cr.Provider(scope, 'Provider', {
    // One function for both events: they share names and permissions.
    onEventHandler: handler,
    isCompleteHandler: handler,
    queryInterval,
    totalTimeout: frameworkTimeout(queryInterval),
    frameworkOnEventRole,
    frameworkCompleteAndTimeoutRole,
    // The input of the waiter contains the pre-signed response URL.
    disableWaiterStateMachineLogging: true,
    ...props,
  });
  for (const resource of pollingFunctions(provider)) silence(resource);
  return provider.serviceToken;
}

/** The functions of the framework that poll: all but the one that CloudFormation invokes. */
function pollingFunctions(provider: cr.Provider): CfnResource[] {
  const stack = Stack.of(provider);
  const serviceToken = JSON.stringify(stack.resolve(provider.serviceToken));
  return provider.node.findAll().filter(isFunctionResource).filter(resource => JSON.stringify(stack.resolve(resource.getAtt('Arn'))) !== serviceToken);
}

function isFunctionResource(construct: IConstruct): construct is CfnResource {
  return CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::Lambda::Function';
}

/**
 * Silences the log of a function. Each "not yet" of the framework is an error whose message is the event, and Lambda logs it with the pre-signed
 * response URL: a reader of the log could answer CloudFormation in our name. The handler logs what matters.
 *
 * @see https://github.com/aws/aws-cdk/issues/21224
 */
function silence(resource: CfnResource): void {
  resource.addPropertyOverride('LoggingConfig.LogFormat', 'JSON');
  resource.addPropertyOverride('LoggingConfig.ApplicationLogLevel', 'FATAL');
}

/** The timeout of the framework, in case the handler does not answer: after the handler's own deadline, and divisible by the interval. */
function frameworkTimeout(queryInterval: Duration): Duration {
  const interval = queryInterval.toSeconds();
  return Duration.seconds(Math.ceil(WAIT_WINDOW.max / SECOND / interval) * interval);
}
