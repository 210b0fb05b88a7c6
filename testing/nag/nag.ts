import type { IConstruct } from 'constructs';
import { app } from '../../demo/app';

/*
 * What the AWS Solutions rules of cdk-nag say of the demo. A finding that is not acknowledged here fails, and so does an
 * acknowledged one that is no longer found.
 */

interface Acknowledged {
  readonly rule: string;
  /** Paths of the resources in the app. */
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
    reason: 'Bedrock chooses the id of a job; nobody knows it before.',
  },
  {
    rule: wildcard(inAccount('bedrock:imported-model/*')),
    resources: [`${PROVIDER}/RolePolicy/Resource`],
    reason: 'Bedrock chooses the id of a model; nobody knows it before.',
  },
  {
    rule: wildcard('<BedrockModelImportProviderHandlerC5B7B4DE.Arn>:*'),
    resources: [`${PROVIDER}/OnEventRole/Resource`, `${PROVIDER}/CompleteRole/Resource`],
    reason: 'The versions of one function: what the provider framework of CDK grants itself.',
  },
  ...['frameworkisComplete33B428CA', 'frameworkonTimeoutD2D27AB9'].map(id => ({
    rule: wildcard(`<BedrockModelImportProvider${id}.Arn>:*`),
    resources: [`${WAITER}/Role/DefaultPolicy/Resource`],
    reason: 'The versions of one function: what the provider framework of CDK grants its state machine.',
  })),
  {
    rule: 'AwsSolutions-SF1',
    resources: [`${WAITER}/Resource`],
    reason: 'The functions log every step. To log its own, the state machine would need ten actions of CloudWatch Logs on "*"; its input, a pre-signed URL, is no matter for logs.',
  },
  {
    rule: 'AwsSolutions-SF2',
    resources: [`${WAITER}/Resource`],
    reason: 'The state machine belongs to the provider framework of CDK, which cannot trace it. It only asks one function again and again.',
  },
  {
    rule: wildcard('DemoWeights:ExportsOutputFnGetAttWeights79DEE8EFArn34D27ADE/tiny-llama/*'),
    resources: [SERVICE_ROLE],
    reason: 'All files of the model, below its prefix: only Bedrock knows which it reads.',
  },
  {
    rule: wildcard('*'),
    resources: [SERVICE_ROLE],
    reason: 'Only with a VPC, and as documented by Amazon Bedrock: ec2:Describe* have no resource types; changes are limited by subnet and by the tag of the job.',
  },
  {
    rule: wildcard(inAccount('ec2:network-interface/*')),
    resources: [SERVICE_ROLE],
    reason: 'Only with a VPC: Bedrock chooses the ids of the network interfaces. Limited by the tags that they are made with.',
  },
  // --- The demo around it.
  {
    rule: 'AwsSolutions-S1',
    resources: ['DemoWeights/Weights/Resource'],
    reason: 'The bucket of the demo is no part of the library, and lives for minutes.',
  },
  {
    rule: 'AwsSolutions-VPC7',
    resources: ['DemoModel/Vpc/Resource'],
    reason: 'The VPC of the demo is no part of the library, lives for minutes and has no way to the internet.',
  },
];

/** The part of cdk-nag that is used. It is no dependency, for it needs a newer CDK than the lowest: .ci/run adds it to the newest. */
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
  app.synth(); // what comes late, like tags and permissions, must be there
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
