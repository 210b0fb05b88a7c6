import { App, CfnOutput, CfnWaitCondition, CfnWaitConditionHandle, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { GatewayVpcEndpointAwsService, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { MODEL_FOLDER, QUESTION, SETTINGS, type StackSettings, WEIGHTS_BUCKET } from './settings';
import { ImportedModel, ModelEncryption, ModelFormatCheck, ModelImportProvider, ModelSource, ModelVerification, ReplacementStrategy } from '../../src';

class ModelStack extends Stack {
  constructor(scope: Construct, settings: StackSettings) {
    super(scope, settings.stack);
    const { version = 1, folder = MODEL_FOLDER, weights = `s3://${WEIGHTS_BUCKET}/${folder}/`, acknowledge, expect, keepPrevious, retain, team } = settings;
    const { importedModelName, deleteFirst, importTimeoutMinutes, waitWindowMinutes, failingSibling, publishTo } = settings;
    const model = new ImportedModel(this, 'Llama', {
      source: ModelSource.fromS3Uri(weights, { version: String(version) }),
      formatCheck: settings.unchecked ? ModelFormatCheck.disabled() : acknowledge && ModelFormatCheck.enabled({ acknowledge }),
      encryption: settings.keyAndVpc ? ModelEncryption.customerManaged() : undefined,
      vpc: settings.keyAndVpc ? this.isolatedVpc() : undefined,
      verification: expect === undefined ? undefined : ModelVerification.invoke({ prompt: QUESTION, expect: expect || undefined }),
      keepPrevious,
      importedModelName,
      removalPolicy: retain ? RemovalPolicy.RETAIN : undefined,
      importedModelTags: team === undefined ? undefined : { team },
      replacementStrategy: deleteFirst ? ReplacementStrategy.DELETE_FIRST : undefined,
      importTimeout: importTimeoutMinutes === undefined ? undefined : Duration.minutes(importTimeoutMinutes),
      provider: new ModelImportProvider(this, 'Provider'),
      _waitWindowMinutes: waitWindowMinutes,
    });
    // The key that the library makes, which AWS KMS would keep for 30 days after an acceptance test.
    for (const key of this.node.findAll().filter(one => one instanceof CfnKey)) key.pendingWindowInDays = 7;
    new CfnOutput(this, 'ModelArn', { value: model.modelArn });
    if (model.filesDigest) new CfnOutput(this, 'FilesDigest', { value: model.filesDigest });
    if (publishTo) model.publishArn(publishTo);
    if (failingSibling) this.addFailingSibling(model.node.findChild(failingSibling === 'after-model' ? 'Resource' : 'Import'));
  }

  /** The job reads the files through the gateway endpoint. */
  private isolatedVpc(): Vpc {
    return new Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 0,
      subnetConfiguration: [{ name: 'import', subnetType: SubnetType.PRIVATE_ISOLATED }],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    });
  }

  /** A wait condition that times out after one second. Its ID sorts first, so that it is created next. */
  private addFailingSibling(after: Construct): void {
    const handle = new CfnWaitConditionHandle(this, 'AHandle');
    const sibling = new CfnWaitCondition(this, 'ASibling', { handle: handle.ref, timeout: '1' });
    sibling.node.addDependency(after);
  }
}

/** Uses a model of another stack by the ARN in a parameter. */
class ConsumerStack extends Stack {
  constructor(scope: Construct, settings: StackSettings, parameterName: string) {
    super(scope, settings.stack);
    const model = ImportedModel.fromParameter(this, 'Llama', parameterName);
    const caller = new Role(this, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    model.grantInvoke(caller);
    new CfnOutput(this, 'ModelArn', { value: model.modelArn });
    new CfnOutput(this, 'CallerName', { value: caller.roleName });
  }
}

const app = new App();
for (const settings of JSON.parse(String(app.node.getContext(SETTINGS))) as StackSettings[]) {
  if (settings.readFrom) new ConsumerStack(app, settings, settings.readFrom);
  else new ModelStack(app, settings);
}
