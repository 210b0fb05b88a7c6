import { BedrockError } from './errors';

export interface JsonObject {
  readonly [name: string]: unknown;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The output of a model. Pure: the same input has the same output. Can throw an error of the service. */
export type Respond = (modelInput: JsonObject, modelId: string) => JsonObject;

/** The errors for an input that a model cannot process. */
export const POISON_ERRORS = ['ValidationException', 'ModelErrorException', 'ModelTimeoutException'] as const;
export type PoisonError = typeof POISON_ERRORS[number];

/** The models: what InvokeModel returns for an input, and what batch inference writes for it. */
export class Inference {
  private readonly poisons = new Map<string, PoisonError>();

  public constructor(private readonly respond: Respond = echo) {}

  /** Makes every input whose JSON contains this text fail. */
  public poison(marker: string, error: PoisonError): void {
    this.poisons.set(marker, error);
  }

  public clearPoisons(): void {
    this.poisons.clear();
  }

  /** The output of a model. Throws the error of a poisoned input. */
  public answer(modelId: string, modelInput: JsonObject): JsonObject {
    const text = JSON.stringify(modelInput);
    for (const [marker, error] of this.poisons) {
      if (text.includes(marker)) throw new BedrockError(error, `The model cannot process the input, which contains '${marker}'`);
    }
    return this.respond(modelInput, modelId);
  }
}

/** Returns the prompt, in the response of the format of the request. */
export function echo(modelInput: JsonObject): JsonObject {
  const text = `Echo: ${promptOf(modelInput)}`;
  const [input, output] = [tokensOf(modelInput), tokensOf(text)];
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  if (Array.isArray(modelInput.messages)) {
    return { choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }], usage };
  }
  if ('max_tokens' in modelInput) return { choices: [{ index: 0, text, finish_reason: 'stop' }], usage };
  return { generation: text, prompt_token_count: input, generation_token_count: output, stop_reason: 'stop' };
}

/** The prompt of a completion, or the last message of a chat. */
function promptOf({ prompt, messages, inputText }: JsonObject): string {
  const last: unknown = Array.isArray(messages) ? (messages[messages.length - 1] as JsonObject | undefined)?.content : prompt ?? inputText;
  return typeof last === 'string' ? last : JSON.stringify(last ?? '');
}

/** A plausible number of tokens. */
export function tokensOf(value: unknown): number {
  return Math.ceil((typeof value === 'string' ? value : JSON.stringify(value)).length / 4);
}
