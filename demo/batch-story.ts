import assert from 'node:assert/strict';
import { BATCH_STACK } from './names';
import type { Stage } from './stage';
import type { Step, Steps } from './steps';
import type { ProcessGuard } from '../testing/local-aws/process-guard';
import { type Execution, startStepFunctions } from '../testing/step-functions/engine';

const QUESTIONS = [
  'What is the capital of France?', 'How many legs does a spider have?', 'Who wrote Faust?', 'What is the boiling point of water?', 'What is 17 times 4?',
  'Which planet is the largest?', 'What does HTTP stand for?', 'When did the Berlin Wall fall?', 'What is the longest river?', 'What colour is an emerald?',
];

/** The server refuses a record with this text, as Bedrock refuses what a model cannot process. */
const UNPROCESSABLE = 'unprocessable';

/** The factor for waits of Step Functions: a retry after 15 seconds comes after less than one. */
const WAIT_SCALE = 0.05;

/** The model is not loaded for this long after the first request. In AWS, it takes minutes. */
const COLD_START_MS = 2_000;

interface Line {
  readonly recordId: string;
  readonly modelInput: { readonly prompt: string };
  readonly modelOutput?: { readonly generation: string };
  readonly error?: { readonly errorCode: number; readonly errorMessage: string };
}

/** Runs the imported model for a file of records. */
export async function tellBatchStory(stage: Stage, steps: Steps, guard: ProcessGuard): Promise<void> {
  const { StateMachineArn: stateMachineArn, BucketName: bucket } = await steps.run(`cdk deploy ${BATCH_STACK}: a state machine for the model`, async (step) => {
    const outputs = await stage.deploy(step, BATCH_STACK);
    step.fact('state machine', outputs.StateMachineArn);
    return outputs;
  });

  const execution = await steps.run('Upload records and start an execution', async (step) => {
    const prompts = [...QUESTIONS, `This record is ${UNPROCESSABLE}`];
    const lines = prompts.map((prompt, index) => JSON.stringify({ recordId: `question-${index + 1}`, modelInput: { prompt, max_gen_len: 50 } }));
    await stage.api.putObject(bucket, 'in/questions.jsonl', Buffer.from(lines.join('\n')));
    step.fact('input', `${lines.length} records in s3://${bucket}/in/questions.jsonl`);
    return execute(stage, step, guard, stateMachineArn);
  });

  await steps.run('Read the results', async (step) => {
    const keys = (await stage.api.objectKeys(bucket, 'out/')).filter((key) => !key.startsWith('out/_work/'));
    const files = await Promise.all(keys.filter((key) => key.endsWith('.jsonl')).map(async (key) => stage.api.getObject(bucket, key)));
    const results = files.flatMap((text) => text.trim().split('\n').map((line) => JSON.parse(line) as Line));
    assert.equal(results.length, QUESTIONS.length + 1);
    results.sort((a, b) => a.recordId.localeCompare(b.recordId, 'en', { numeric: true }));
    step.fact('model', 'the Bedrock server of this repository, which repeats what it is asked');
    for (const { recordId, modelInput, modelOutput, error } of results) {
      step.fact(recordId, `${modelInput.prompt}  →  ${modelOutput?.generation ?? `error ${error!.errorCode}: ${error!.errorMessage.slice(0, 60)}...`}`);
    }
    const { successRecordCount, errorRecordCount, manifestUri } = JSON.parse(execution.output!) as Record<string, unknown>;
    assert.deepEqual({ successRecordCount, errorRecordCount }, { successRecordCount: QUESTIONS.length, errorRecordCount: 1 });
    step.fact('manifest', String(manifestUri));
    step.fact('records', `${QUESTIONS.length} with an output, 1 with an error, which this batch tolerates`);
  });
  await stage.api.emptyBucket(bucket);
}

/** Runs the state machine on the engine of the tests, because the emulator does not know all of its states. */
async function execute(stage: Stage, step: Step, guard: ProcessGuard, stateMachineArn: string): Promise<Execution> {
  const { aws, bedrock } = stage;
  const engine = await startStepFunctions({
    guard, dir: aws.dir, awsEndpoint: aws.endpoint, bedrockEndpoint: bedrock.url, waitScale: WAIT_SCALE, log: (line) => step.fact('setting up', line),
  });
  bedrock.bedrock.serving.reset(); // it was loaded for its verification
  bedrock.bedrock.serving.configure({ coldStartMs: COLD_START_MS });
  bedrock.bedrock.clearCalls();
  bedrock.bedrock.inference.poison(UNPROCESSABLE, 'ValidationException');
  const machine = await engine.createStateMachine('demo', await stage.api.stateMachineDefinition(stateMachineArn));
  const began = Date.now();
  const execution = await engine.ended(await engine.startExecution(machine, {}, 'demo'));
  assert.equal(execution.status, 'SUCCEEDED', `${execution.error}: ${execution.cause}`);
  const count = (outcome?: string) => bedrock.bedrock.countCalls('InvokeModel', outcome);
  step.fact('execution', `${execution.status} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  step.fact('InvokeModel', `${count()} calls, ${count('ModelNotReadyException')} of them before the model was loaded, 2 at a time`);
  return execution;
}
