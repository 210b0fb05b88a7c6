import { once } from 'node:events';
import { Arguments, parseArguments, USAGE } from './arguments';
import { tellBatchStory } from './batch-story';
import { MODEL_STACK } from './names';
import { APP, CommandError, Stage } from './stage';
import { Step, Steps } from './steps';
import { tellStory } from './story';
import { SystemClock } from '../testing/bedrock-server/clock';
import { startBedrockServer } from '../testing/bedrock-server/server';
import { LocalEnforcement } from '../testing/iam/local-enforcement';
import { lastLines } from '../testing/local-aws/command';
import { ACCOUNT, REGION } from '../testing/local-aws/environment';
import { startLocalAws } from '../testing/local-aws/local-aws';
import { ProcessGuard } from '../testing/local-aws/process-guard';

/** Shorter than in AWS, where roles propagate in minutes and the import in the sample of the API reference takes sixteen minutes. */
const ROLE_PROPAGATION_MS = 2_000;
const IMPORT_MS = 5_000;

const INTRODUCTION = `A real deployment: the CDK CLI, the templates and the code of the Lambda functions are the same as in a real account.
AWS is an emulator, and Bedrock is a server of this repository; nothing leaves this machine.`;

async function main(): Promise<number> {
  let args: Arguments;
  try {
    args = parseArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (args.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  return run(args);
}

async function run({ batch, keep, verbose }: Arguments): Promise<number> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  const steps = new Steps(process.stdout, verbose);
  steps.print(INTRODUCTION);
  const guard = new ProcessGuard();
  let stage: Stage | undefined;
  let kept = false;
  try {
    stage = await steps.run('Start a local AWS and a Bedrock server', async (step) => startStage(step, stop.signal, batch));
    await tellStory(stage, steps, async () => {
      if (!keep) return;
      kept = true;
      steps.print(lookAround(stage!));
      await once(stop.signal, 'abort');
      stop.signal.throwIfAborted();
    }, batch ? async () => tellBatchStory(stage!, steps, guard) : undefined);
    await guard.stop();
    await stage.stop();
    steps.success('nothing left');
    return 0;
  } catch (error) {
    const interrupted = stop.signal.aborted;
    if (!interrupted) explain(steps, error as Error, stage);
    await guard.stop();
    await stage?.stop({ keepFiles: !interrupted });
    if (interrupted) steps.print('\nStopped, including all started processes.');
    return !interrupted ? 1 : kept ? 0 : 130;
  }
}

async function startStage(step: Step, signal: AbortSignal, batch: boolean): Promise<Stage> {
  const iam = new LocalEnforcement();
  const bedrock = await startBedrockServer({
    account: ACCOUNT,
    region: REGION,
    clock: new SystemClock(), // real time, because the handler compares its clock with the times of Bedrock
    rolePropagationMs: ROLE_PROPAGATION_MS,
    authorize: iam.authorize,
    // Not the state machine of a batch: it runs on an engine that assumes no role, and testing/iam shows its permissions.
    authorizeInvocation: iam.authorizeInvocation,
    coldStartMs: 0,
    planImport: request => ({ durationMs: IMPORT_MS, ...iam.planImport(request) }),
  });
  const aws = await startLocalAws({ bedrockEndpoint: bedrock.url, nodeOptions: iam.nodeOptions, log: (line) => step.fact('setting up', line), signal });
  iam.connect(aws.endpoint, bedrock.bedrock);
  step.fact('AWS', aws.endpoint);
  step.fact('Bedrock', bedrock.url);
  if (iam.isOn) step.fact('IAM', 'the policies of the stacks are enforced for every Bedrock call');
  return new Stage(aws, bedrock, iam, batch);
}

function explain(steps: Steps, error: Error, stage?: Stage): void {
  steps.failure(error.message);
  if (error.cause instanceof CommandError) steps.print(`The end of its output:\n\n${lastLines(error.cause.output)}`);
  if (stage) steps.print(`\nLog of the local AWS and the Lambda functions: ${stage.aws.logFile}`);
}

function lookAround({ aws, bedrock }: Stage): string {
  return `
Everything is running. To explore it, run in another shell:

${Object.entries(aws.variables).map(([name, value]) => `  export ${name}=${value}`).join('\n')}

  npx cdk diff --app '${APP}' --context weightsVersion=3
  npx cdk deploy ${MODEL_STACK} --app '${APP}' --context weightsVersion=3     # imports again
  aws cloudformation describe-stack-resources --stack-name ${MODEL_STACK}     # requires the AWS CLI
  aws bedrock list-imported-models
  curl ${bedrock.url}/_control/state     # state of Bedrock
  curl ${bedrock.url}/_control/calls     # calls of Bedrock
  less ${aws.logFile}     # log of the local AWS and the Lambda functions

Ctrl-C stops everything.`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
