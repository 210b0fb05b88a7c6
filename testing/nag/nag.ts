import type { IConstruct } from 'constructs';
import { app } from '../../demo/app';

/*
 * Checks the demo with the AWS Solutions rules of cdk-nag. Fails for findings that are not acknowledged here, and for
 * acknowledged ones that no longer occur.
 */

interface Acknowledged {
  readonly rule: string;
  /** The construct paths of the resources. */
  readonly resources: readonly string[];
  readonly reason: string;
}

const PROVIDER = 'DemoModel/BedrockModelImportProvider';
const SERVICE_ROLE = 'DemoModel/Llama/ServiceRolePolicy/Resource';
const WAITER = `${PROVIDER}/Provider/waiter-state-machine`;

const wildcard = (resource: string) => `AwsSolutions-IAM5[Resource::${resource}]`;
const inAccount = (resource: string) => `arn:<AWS::Partition>:${resource.replace(':', ':<AWS::Region>:<AWS::AccountId>:')}`;

const ACKNOWLEDGED: readonly Acknowledged[] = [
  // --- The library.
  {
    rule: wildcard('*'),
    resources: [`${PROVIDER}/RolePolicy/Resource`],
    reason: 'bedrock:CreateModelImportJob, ListModelImportJobs and ListImportedModels have no resource types: an ARN would allow nothing.',
  },
  {
    rule: wildcard(inAccount('bedrock:model-import-job/*')),
    resources: [`${PROVIDER}/RolePolicy/Resource`],
    reason: 'Bedrock generates the ID of a job, so it is not known in advance.',
  },
  {
    rule: wildcard(inAccount('bedrock:imported-model/*')),
    resources: [`${PROVIDER}/RolePolicy/Resource`],
    reason: 'Bedrock generates the ID of a model, so it is not known in advance.',
  },
  {
    rule: wildcard('<BedrockModelImportProviderHandlerC5B7B4DE.Arn>:*'),
    resources: [`${PROVIDER}/OnEventRole/Resource`, `${PROVIDER}/CompleteRole/Resource`],
    reason: 'The versions of one function: a permission that the CDK provider framework grants itself.',
  },
  ...['frameworkisComplete33B428CA', 'frameworkonTimeoutD2D27AB9'].map(id => ({
    rule: wildcard(`<BedrockModelImportProvider${id}.Arn>:*`),
    resources: [`${WAITER}/Role/DefaultPolicy/Resource`],
    reason: 'The versions of one function: a permission that the CDK provider framework grants its state machine.',
  })),
  {
    rule: 'AwsSolutions-SF1',
    resources: [`${WAITER}/Resource`],
    reason: 'The functions log every step. Logging by the state machine would require ten actions of CloudWatch Logs on "*", and its input contains a presigned URL, which must not be logged.',
  },
  {
    rule: 'AwsSolutions-SF2',
    resources: [`${WAITER}/Resource`],
    reason: 'The state machine is part of the CDK provider framework, which has no option to trace it. It only polls one function.',
  },
  {
    rule: wildcard('DemoWeights:ExportsOutputFnGetAttWeights79DEE8EFArn34D27ADE/tiny-llama/*'),
    resources: [SERVICE_ROLE],
    reason: 'All files of the model below its prefix: only Bedrock determines which of them it reads.',
  },
  {
    rule: wildcard('*'),
    resources: [SERVICE_ROLE],
    reason: 'Only with a VPC, and as documented by Amazon Bedrock: ec2:Describe* have no resource types; changes are limited by subnet and by the tag of the job.',
  },
  {
    rule: wildcard(inAccount('ec2:network-interface/*')),
    resources: [SERVICE_ROLE],
    reason: 'Only with a VPC: the IDs of the network interfaces are not known in advance. Limited by their tags.',
  },
  // --- The demo.
  {
    rule: 'AwsSolutions-S1',
    resources: ['DemoWeights/Weights/Resource'],
    reason: 'The bucket of the demo is not part of the library and exists for minutes.',
  },
  {
    rule: 'AwsSolutions-VPC7',
    resources: ['DemoModel/Vpc/Resource'],
    reason: 'The VPC of the demo is not part of the library, exists for minutes and has no access to the internet.',
  },
];

/** The API of cdk-nag that is used. Not a dependency, because it requires a newer CDK than the minimum. .ci/run installs it with the newest CDK. */
interface CdkNag {
  readonly AwsSolutionsChecks: new () => { validateScope(scope: IConstruct): { readonly violations: readonly Violation[] } };
}

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly violatingResources: readonly { readonly constructPath: string }[];
}

const CDK_NAG: string = 'cdk-nag';

async function main(): Promise<void> {
  const { AwsSolutionsChecks } = await import(CDK_NAG) as CdkNag;
  app.synth(); // aspects and lazy values, like tags and permissions, must be resolved
  const { violations } = new AwsSolutionsChecks().validateScope(app);

  const open = new Map(ACKNOWLEDGED.flatMap(({ rule, resources, reason }) => resources.map(resource => [`${rule} ${resource}`, reason])));
  const acknowledged = open.size;
  let problems = 0;
  for (const { ruleName, description, violatingResources } of violations) {
    for (const { constructPath } of violatingResources) {
      const finding = `${ruleName} ${constructPath}`;
      const reason = open.get(finding);
      console.log(`${finding}\n    ${reason ? `acknowledged: ${reason}` : `NOT ACKNOWLEDGED: ${description}`}`);
      if (!open.delete(finding)) problems++;
    }
  }
  for (const finding of open.keys()) console.log(`${finding}\n    NO LONGER FOUND: remove it from the list`);
  problems += open.size;

  console.log(`${acknowledged} findings acknowledged, ${problems} problems`);
  process.exitCode = problems === 0 ? 0 : 1;
}

void main();
