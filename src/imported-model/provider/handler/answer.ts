import { refusalOf } from './bedrock-error';
import type { Answer } from './decide/steps';
import type { Verification } from './request';

/** How much of a prompt or an answer is part of a message. */
const EXCERPT = 200;

/**
 * Judges what a model has answered: it must be text and, if that is asked for, contain another. Bedrock answers with JSON, so anything else is the
 * beginning of an answer: the SDK does not notice that a stream of HTTP/2 ends early.
 */
export function judge({ body, expect }: Verification, answer: string): Answer {
  if (parse(answer) === undefined) return { is: 'late', why: `its answer to ${excerpt(body)} is incomplete: ${excerpt(answer)}` };
  const text = textOf(answer);
  if (text.trim() === '') return { is: 'bad', why: `its answer to ${excerpt(body)} has no text: ${excerpt(answer)}` };
  if (expect !== undefined && !text.includes(expect)) {
    return { is: 'bad', why: `its answer to ${excerpt(body)} does not contain ${JSON.stringify(expect)}: ${excerpt(text)}` };
  }
  return { is: 'good' };
}

/** Judges a call that has failed. */
export function judgeError({ body }: Verification, error: unknown): Answer {
  const { kind, message } = refusalOf('InvokeModel', error);
  const isFinal = kind === 'final' && isAnswered(error) && !isFailureOfModel(error);
  return { is: isFinal ? 'refused' : 'late', why: `InvokeModel with ${excerpt(body)} was refused: ${message}` };
}

/** A connection of HTTP/2 that is lost is an error without a code. */
function isAnswered(error: unknown): boolean {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode !== undefined;
}

/** A model that has just been loaded can fail or be too slow at first. */
function isFailureOfModel(error: unknown): boolean {
  return ['ModelErrorException', 'ModelTimeoutException'].includes((error as Error).name);
}

/**
 * The text of an answer, in each of the formats of imported models: BedrockCompletion, OpenAICompletion and OpenAIChatCompletion, and that of
 * Mistral. The whole answer, if it has another format.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
 */
function textOf(answer: string): string {
  const { choices, generation, outputs } = parse(answer) ?? {};
  if (typeof generation === 'string') return generation;
  const parts = [choices, outputs].flatMap(list => Array.isArray(list) ? list as Part[] : []).map(part => part?.message?.content ?? part?.text);
  return parts.length === 0 ? answer : parts.filter(part => typeof part === 'string').join('\n');
}

interface Part {
  readonly text?: unknown;
  readonly message?: { readonly content?: unknown };
}

/** Undefined if it is no JSON. */
function parse(answer: string): { readonly generation?: unknown; readonly choices?: unknown; readonly outputs?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(answer);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length <= EXCERPT ? text : `${text.slice(0, EXCERPT)}...`);
}
