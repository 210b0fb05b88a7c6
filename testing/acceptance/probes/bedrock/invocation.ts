import type { InvokeModelCommandOutput } from '@aws-sdk/client-bedrock-runtime';
import { firstModel, once, type Outcome, outcomeOf } from './imports';
import { createKey } from './keys';
import { tooExpensive } from './model-signals';
import type { Report } from '../../findings';
import type { Probe } from '../probe';
import { isOwnFault, judgeRefusal } from './judge-refusal';
import { createRole } from './roles';
import type { Clients, World } from '../../world';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const PROMPT = 'The capital of France is';
const LOADING = ['ModelNotReadyException', 'ThrottlingException'];

/** CHK-12 and NEW-3: how long a model may load, and how long it may take to answer. */
const ASSUMED_LOADING_MS = 15 * MINUTE;
const ASSUMED_ANSWER_MS = MINUTE;
/** SRI-3: how long a model is idle until it is unloaded. */
const ASSUMED_IDLE_MS = 5 * MINUTE;
/** How long a model is waited for, and a new permission. */
const LOADING_PATIENCE_MS = 30 * MINUTE;
const PERMISSION_PATIENCE_MS = 7 * MINUTE;
const MANY = 8;
const COPY_MINUTES = 45;
/** How often a call is repeated that was throttled. */
const THROTTLED_CALLS = 20;

const COMPLETION = { prompt: PROMPT, max_tokens: 16, temperature: 0 };

/** How an imported model answers. */
export const invocation: Probe = {
  name: 'invocation',
  title: 'Invoke the first model: while it is loaded, in each format, in parallel, with a role, and after it was idle',
  ids: ['SRI-1', 'SRI-2', 'SRI-3', 'SRI-4', 'SRI-5', 'SRI-6', 'SRI-8', 'SRI-9', 'NEW-3', 'CHK-10', 'CHK-11', 'CHK-12', 'CHK-14'],
  makes: `a role, a stack with a key; one model copy of one Custom Model Unit runs for up to ${COPY_MINUTES} minutes`,
  minutes: 60,
  cents: 400,
  async run(world, report) {
    const { modelArn, request } = await firstModel(world);
    const reason = await tooExpensive(world, modelArn, COPY_MINUTES, this.cents);
    if (reason !== undefined) {
      for (const id of this.ids) report.notObserved(id, reason);
      return;
    }
    const invoke = invoker(world.aws, modelArn);

    const early = await invoke('no JSON');
    judgeRefusal(report, 'SRI-6', 'ValidationException', early, 'a body that is no JSON, before the model is loaded');
    const body = await judgeLoading(world, report, invoke);

    await judgeFormats(world, report, invoke);
    await judgeBodies(world, report, invoke);
    judgeRefusal(report, 'SRI-1', 'ValidationException', await invoker(world.aws, request.importedModelName)(body), 'by the name of the model');
    await pause(world);
    await judgeConcurrency(report, invoke);
    await pause(world);
    await judgeRole(world, report, modelArn, body);
    await judgeIdle(world, report, invoke, body);
  },
};

type Answer = Outcome<InvokeModelCommandOutput>;
type Invoke = (body: object | string) => Promise<Answer>;

function invoker({ bedrockRuntime }: Clients, modelId: string): Invoke {
  return async body => outcomeOf(bedrockRuntime.invokeModel({
    modelId, body: typeof body === 'string' ? body : JSON.stringify(body), contentType: 'application/json', accept: 'application/json',
  }));
}

/** Invokes a model until it answers. Returns the body that it accepts. */
async function judgeLoading(world: World, report: Report, invoke: Invoke): Promise<object> {
  const began = world.time.now();
  const seen: string[] = [];
  let body: object = COMPLETION;
  let answerMs = 0;
  let last: Answer;
  for (;;) {
    const asked = world.time.now();
    last = await invoke(body);
    answerMs = world.time.now() - asked;
    const seconds = Math.round((asked - began) / SECOND);
    if (!seen[seen.length - 1]?.endsWith(last.text)) seen.push(`${seconds} s: ${last.text}`);
    if (last.error?.name === 'ValidationException' && body === COMPLETION) {
      report.judge('CHK-11', false, `${JSON.stringify(COMPLETION)}: ${last.text}`);
      body = { prompt: PROMPT, max_gen_len: 16 };
    } else if (!last.error || asked - began > LOADING_PATIENCE_MS) {
      break;
    } else if (['AccessDeniedException', 'ValidationException'].includes(last.error.name)) {
      throw last.error; // of the person, or of the body
    } else {
      await world.time.sleep(5 * SECOND);
    }
  }
  const loadingMs = world.time.now() - began;
  const evidence = seen.join('; ');
  if (!last.result) {
    if (!isOwnFault(last.error!)) report.judge('CHK-12', false, evidence);
    throw last.error!;
  }
  if (body === COMPLETION) report.judge('CHK-11', true, `${JSON.stringify(COMPLETION)}: accepted`);
  const refused = seen.filter(text => !text.endsWith('accepted') && !text.includes('ValidationException'));
  const onlyLoading = refused.every(text => LOADING.some(name => text.includes(`${name}:`)));
  report.judge('SRI-2', refused.length > 0, evidence);
  report.judge('CHK-12', onlyLoading && loadingMs <= ASSUMED_LOADING_MS, evidence);
  report.judge('NEW-3', onlyLoading && answerMs <= ASSUMED_ANSWER_MS, `${evidence}; the first answer took ${answerMs} ms`);
  if (refused.length > 0) report.judge('SRI-4', loadingMs < 100 * SECOND, `loaded after ${Math.round(loadingMs / SECOND)} s`);
  else report.notObserved('SRI-4', 'the model was loaded');
  return body;
}

/** The formats of requests, and where the text of the answer is. */
const FORMATS: readonly (readonly [name: string, body: object, text: (answer: Body) => unknown])[] = [
  ['BedrockCompletion', { prompt: PROMPT, max_gen_len: 16 }, ({ generation }) => generation],
  ['OpenAICompletion', { prompt: PROMPT, max_tokens: 16 }, ({ choices }) => choices?.[0]?.text],
  ['OpenAIChatCompletion', { messages: [{ role: 'user', content: PROMPT }], max_tokens: 16 }, ({ choices }) => choices?.[0]?.message?.content],
  ['Mistral', { prompt: `<s>[INST] ${PROMPT} [/INST]`, max_tokens: 16, top_k: 1 }, ({ outputs, choices }) => outputs?.[0]?.text ?? choices?.[0]?.text],
];

interface Body {
  readonly generation?: unknown;
  readonly choices?: readonly { readonly text?: unknown; readonly message?: { readonly content?: unknown } }[];
  readonly outputs?: readonly { readonly text?: unknown }[];
}

/** SRI-9, CHK-10: each format has an answer of its own. */
async function judgeFormats(world: World, report: Report, invoke: Invoke): Promise<void> {
  for (const [name, body, text] of FORMATS) {
    await pause(world);
    const { result, text: outcome } = await invoke(body);
    if (!result) {
      // Not every model has every format.
      for (const id of ['SRI-9', 'CHK-10']) report.notObserved(id, `${name}: ${outcome}`);
      continue;
    }
    const answer = Buffer.from(result.body).toString();
    const evidence = `${name}: ${answer.slice(0, 200)}`;
    const parsed = parse(answer);
    report.judge('SRI-9', typeof text(parsed) === 'string', evidence);
    report.judge('CHK-10', FORMATS.some(([, , one]) => typeof one(parsed) === 'string'), evidence);
  }
}

async function judgeBodies(world: World, report: Report, invoke: Invoke): Promise<void> {
  const outcomes = [];
  for (const body of ['no JSON', '[]']) {
    await pause(world);
    outcomes.push(await invoke(body));
  }
  const fault = outcomes.find(({ error }) => error && isOwnFault(error));
  const empty = await invoke({}); // for the evidence only
  const evidence = `no JSON: ${outcomes[0].text}; []: ${outcomes[1].text}; {}: ${empty.text}`;
  if (fault) report.notObserved('SRI-8', evidence);
  else report.judge('SRI-8', outcomes.every(({ error }) => error?.name === 'ValidationException'), evidence);
}

/** SRI-5: how many of many requests at the same time are accepted. */
async function judgeConcurrency(report: Report, invoke: Invoke): Promise<void> {
  const answers = await Promise.all(Array.from({ length: MANY }, async () => invoke({ prompt: PROMPT, max_gen_len: 64 })));
  const other = answers.find(({ error }) => error && error.name !== 'ThrottlingException');
  const accepted = answers.filter(({ result }) => result).length;
  if (other) report.notObserved('SRI-5', other.text);
  else report.judge('SRI-5', accepted <= 2, `${accepted} of ${MANY} requests at the same time were accepted`);
}

/** CHK-14: a role with the permissions that the library gives to the provider. */
async function judgeRole(world: World, report: Report, modelArn: string, body: object): Promise<void> {
  const { account, partition, region } = world;
  const Resource = await once(world, 'key', async () => createKey(world, 'model'));
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:${partition}:iam::${account}:root` } } as const;
  const roleArn = await createRole(world, 'invoker', trust, [
    { Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: `arn:${partition}:bedrock:${region}:${account}:imported-model/*` },
    { Effect: 'Allow', Action: ['kms:Decrypt'], Resource },
  ]);
  const invoke = invoker(await world.as(roleArn), modelArn);
  const began = world.time.now();
  for (;;) {
    const { result, error, text } = await invoke(body);
    const seconds = Math.round((world.time.now() - began) / SECOND);
    const isDenied = error?.name === 'AccessDeniedException';
    if (isDenied && seconds * SECOND < PERMISSION_PATIENCE_MS) {
      await world.time.sleep(15 * SECOND);
      continue;
    }
    if (result || isDenied) report.judge('CHK-14', result !== undefined, `bedrock:InvokeModel and kms:Decrypt, after ${seconds} s: ${text}`);
    else report.notObserved('CHK-14', text);
    return;
  }
}

/** SRI-3: a model is loaded while it is idle for less than five minutes, and not after more. */
async function judgeIdle(world: World, report: Report, invoke: Invoke, body: object): Promise<void> {
  const isLoaded = async () => {
    let answer = await invoke(body);
    // A model that is loaded is throttled as well.
    for (let calls = 1; answer.error?.name === 'ThrottlingException' && calls < THROTTLED_CALLS; calls += 1) {
      await pause(world);
      answer = await invoke(body);
    }
    if (answer.error && answer.error.name !== 'ModelNotReadyException') throw answer.error;
    return answer.result !== undefined;
  };
  for (let looks = 0; looks < 40 && !await isLoaded(); looks += 1) await world.time.sleep(15 * SECOND);
  await world.time.sleep(ASSUMED_IDLE_MS - MINUTE);
  const before = await isLoaded();
  await world.time.sleep(ASSUMED_IDLE_MS + 2 * MINUTE);
  const after = await isLoaded();
  report.judge('SRI-3', before && !after, `after 4 minutes ${before ? 'loaded' : 'not loaded'}, after 7 more ${after ? 'loaded' : 'not loaded'}`);
}

/** Lets earlier requests end. */
async function pause(world: World): Promise<void> {
  await world.time.sleep(5 * SECOND);
}

function parse(answer: string): Body {
  try {
    return (JSON.parse(answer) ?? {}) as Body;
  } catch {
    return {};
  }
}
