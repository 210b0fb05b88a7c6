import type { IConstruct } from 'constructs';
import { app as batches } from './batch-app';
import { app as demo } from '../../demo/app';

/*
 * Checks the demo and batches with the AWS Solutions rules of cdk-nag. Fails for findings that are not acknowledged here, and for
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

const BATCHES = ['Batch/Map', 'Batch/Jobs'];
const JOB_ROLE = 'Batch/Jobs/Workflow/ServiceRolePolicy/Resource';
const ofBatches = (path: string) => BATCHES.map(batch => `${batch}/${path}`);
const STATE_MACHINES = ['MapStateMachine1A6C82C3', 'JobsStateMachineBAE459C1'];

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
    rule: wildcard('DemoWeights:ExportsOutputFnGetAttWeights79DEE8EFArn34D27ADE/tiny-llama/*'),
    resources: [`${PROVIDER}/RolePolicy/Resource`],
    reason: 'The check of the files reads the small ones, and the headers of the shards, whose names are not known at synthesis.',
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
  // --- Batch inference.
  {
    rule: wildcard('*'),
    resources: ofBatches('StateMachineRole/DefaultPolicy/Resource'),
    reason: 'As documented by Step Functions: the delivery of logs and traces has no resource types. Neither has bedrock:ListModelInvocationJobs.',
  },
  {
    rule: wildcard(inAccount('bedrock:model-invocation-job/*')),
    resources: ['Batch/Jobs/StateMachineRole/DefaultPolicy/Resource'],
    reason: 'Bedrock generates the ID of a job, so it is not known in advance.',
  },
  {
    rule: wildcard('arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0'),
    resources: ['Batch/Jobs/StateMachineRole/DefaultPolicy/Resource', JOB_ROLE],
    reason: 'One model, in the Regions of its inference profile, which AWS changes.',
  },
  ...['MapWorkflowRecordsF0514CAE', 'JobsWorkflowRecords811C70F4'].map((id, index) => ({
    rule: wildcard(`<${id}.Arn>:*`),
    resources: [`${BATCHES[index]}/StateMachineRole/DefaultPolicy/Resource`],
    reason: 'The versions of one function: a permission that CDK grants to who invokes it.',
  })),
  ...STATE_MACHINES.flatMap((id, index) => [':*', '/*'].map(executions => ({
    rule: wildcard(inAccount(`states:execution:<${id}.Name>${executions}`)),
    resources: [`${BATCHES[index]}/Workflow/MapRunsPolicy/Resource`],
    reason: 'The executions of this state machine, whose names are not known in advance.',
  }))),
  ...STATE_MACHINES.flatMap((id, index) => [':*', '/*:*'].map(executions => ({
    rule: wildcard(inAccount(`states:execution:{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${id}"}]}]}${executions}`)),
    resources: [`${BATCHES[index]}/StateMachine/DistributedMapPolicy/Resource`],
    reason: 'The same, granted by CDK.',
  }))),
  {
    rule: wildcard('<Data666C94C7.Arn>/in/*'),
    resources: ofBatches('Workflow/RecordsRolePolicy/Resource'),
    reason: 'All records below the prefix of the input: the user adds them.',
  },
  ...['map', 'jobs'].flatMap((prefix, index) => [
    {
      rule: wildcard(`<Data666C94C7.Arn>/${prefix}/*`),
      resources: [`${BATCHES[index]}/Workflow/RecordsRolePolicy/Resource`],
      reason: 'All results below the prefix of the output, in a folder for each execution.',
    },
    {
      rule: wildcard(`<Data666C94C7.Arn>/${prefix}/_work/*`),
      resources: [`${BATCHES[index]}/StateMachineRole/DefaultPolicy/Resource`, ...prefix === 'jobs' ? [JOB_ROLE] : []],
      reason: 'What engines read and write, in a folder for each execution. Not the results.',
    },
  ]),
  {
    rule: wildcard('*'),
    resources: [JOB_ROLE],
    reason: 'Only with a VPC, and as documented by Amazon Bedrock: ec2:Describe* have no resource types; changes are limited by subnet and by the tag of the job.',
  },
  {
    rule: wildcard(inAccount('ec2:network-interface/*')),
    resources: [JOB_ROLE],
    reason: 'Only with a VPC: the IDs of the network interfaces are not known in advance. Limited by their tags.',
  },
  {
    rule: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]',
    resources: ['Batch/Jobs/Workflow/RecordsRole/Resource'],
    reason: 'Only with a VPC: the managed policy for functions in a VPC.',
  },
  {
    rule: 'AwsSolutions-SF1',
    resources: ofBatches('StateMachine/Resource'),
    reason: 'The state machine logs errors, and no data: an event for each state of each record would cost more than the states.',
  },
  {
    rule: 'AwsSolutions-SF2',
    resources: ['Batch/Map/StateMachine/Resource'],
    reason: 'Tracing is an option: tracingEnabled.',
  },
  {
    rule: 'AwsSolutions-S1',
    resources: ['Batch/Data/Resource'],
    reason: 'The bucket is not part of the library.',
  },
  {
    rule: 'AwsSolutions-VPC7',
    resources: ['Batch/Vpc/Resource'],
    reason: 'The VPC is not part of the library.',
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
  const violations = [demo, batches].flatMap(app => {
    app.synth(); // aspects and lazy values, like tags and permissions, must be resolved
    return new AwsSolutionsChecks().validateScope(app).violations;
  });

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
