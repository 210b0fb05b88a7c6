import { CfnResource, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';

/** How the naive provider polls: once a minute, for as long as an import usually takes and some more. */
export const NAIVE_INTERVAL_MINUTES = 1;
export const NAIVE_TIMEOUT_HOURS = 2;

const BUCKET = 'amzn-s3-demo-bucket';

/** A model as people write it: a custom resource of a bare provider, with two functions that may do everything. */
export class NaiveModel extends Construct {
  constructor(scope: Construct, id: string, folder: string) {
    super(scope, id);
    const role = new iam.Role(this, 'ServiceRole', { assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com') });
    Bucket.fromBucketName(this, 'Weights', BUCKET).grantRead(role);
    new CustomResource(this, 'Resource', {
      resourceType: 'Custom::NaiveModel',
      serviceToken: naiveProvider(Stack.of(this)).serviceToken,
      properties: { ModelName: id, RoleArn: role.roleArn, S3Uri: `s3://${BUCKET}/${folder}` },
    });
  }
}

function naiveProvider(stack: Stack): cr.Provider {
  const existing = stack.node.tryFindChild('Provider');
  if (existing) return existing as cr.Provider;
  const newFunction = (id: string, handler: string) => {
    const created = new lambda.Function(stack, id, {
      // The code makes no difference to a template.
      code: lambda.Code.fromAsset(__dirname), handler, runtime: lambda.Runtime.NODEJS_22_X, timeout: Duration.minutes(1),
    });
    created.addToRolePolicy(new iam.PolicyStatement({ actions: ['bedrock:*', 'iam:PassRole'], resources: ['*'] }));
    return created;
  };
  return new cr.Provider(stack, 'Provider', {
    onEventHandler: newFunction('OnEvent', 'naive.lambda.onEvent'),
    isCompleteHandler: newFunction('IsComplete', 'naive.lambda.isComplete'),
    queryInterval: Duration.minutes(NAIVE_INTERVAL_MINUTES),
    totalTimeout: Duration.hours(NAIVE_TIMEOUT_HOURS),
  });
}

/** A model as it would be if CloudFormation had a type for it: the resource, and the role that Bedrock assumes. */
export class NativeModel extends Construct {
  constructor(scope: Construct, id: string, folder: string) {
    super(scope, id);
    const role = new iam.Role(this, 'ServiceRole', {
      assumedBy: new iam.ServicePrincipal('bedrock.amazonaws.com'),
      inlinePolicies: {
        Weights: new iam.PolicyDocument({
          statements: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [`arn:aws:s3:::${BUCKET}/${folder}*`] })],
        }),
      },
    });
    new CfnResource(this, 'Resource', {
      type: 'AWS::Bedrock::ImportedModel',
      properties: { ImportedModelName: id, RoleArn: role.roleArn, S3Uri: `s3://${BUCKET}/${folder}` },
    });
  }
}
