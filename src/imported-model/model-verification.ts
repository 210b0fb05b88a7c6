import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { checkBody } from './provider/library-limits';
import { assertValid } from '../shared/constructs/validation';
import { complaint } from '../shared/validation/complaint';

/**
 * Options for the verification of a model by an invocation. Exactly one of `prompt` and `body` is required.
 */
export interface ModelInvocationOptions {
  /**
   * The prompt. The body of the request is then `{"prompt": ..., "max_tokens": 64, "temperature": 0}`, which needs no chat template.
   *
   * @default - `body` is used
   */
  readonly prompt?: string;

  /**
   * The body of the request: a JSON object of at most 4096 bytes, for example `{ messages: [...] }` for a model with a chat template.
   *
   * It is part of the template, so it must contain no secret.
   *
   * @default - a body with the prompt
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/invoke-imported-model.html
   */
  readonly body?: { [key: string]: any }; // eslint-disable-line @typescript-eslint/no-explicit-any -- jsii knows no `unknown`

  /**
   * A text that the answer must contain: at most 256 characters, in the same case.
   *
   * @default - the answer must contain any text
   */
  readonly expect?: string;
}

/**
 * The verification of a new model after its import, before it replaces the old one.
 *
 * If it fails, the new model is deleted, the deployment fails with what was sent and received, and the stack rolls back to the old model, which has
 * served all along. Only a model that is new to the stack is verified: changing the verification alone invokes nothing.
 *
 * An invocation starts billing: Bedrock loads a model copy, and bills each of its custom model units for at least five minutes.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-calculate-cost.html
 *
 * @example
 * declare const source: ModelSource;
 *
 * new ImportedModel(this, 'Llama', {
 *   source,
 *   verification: ModelVerification.invoke({ prompt: 'The capital of France is', expect: 'Paris' }),
 * });
 */
export abstract class ModelVerification {
  /**
   * Invokes the new model, and waits up to 15 minutes until it is loaded and answers.
   *
   * @param options What the model is asked, and what it must answer
   */
  public static invoke(options: ModelInvocationOptions): ModelVerification {
    return new InvocationVerification(options);
  }

  /**
   * Binds the verification to a model.
   *
   * @internal
   */
  public abstract _bind(scope: Construct): ModelVerificationConfig;
}

/**
 * A verification, bound to a model.
 *
 * @internal
 */
export interface ModelVerificationConfig {
  readonly body: string;
  readonly expect?: string;
}

/** Enough for a sentence, or for the answer to a question. */
const MAX_TOKENS = 64;

const MAX_EXPECTED_LENGTH = 256;

class InvocationVerification extends ModelVerification {
  constructor(private readonly options: ModelInvocationOptions) {
    super();
  }

  public _bind(scope: Construct): ModelVerificationConfig {
    const { body, expect, prompt } = this.options;
    assertValid(scope, checkOneOf(this.options), checkExpected(expect));
    const stack = Stack.of(scope);
    const rendered = stack.toJsonString(withSortedKeys(body) ?? { prompt, max_tokens: MAX_TOKENS, temperature: 0 });
    const known: unknown = stack.resolve(rendered);
    if (typeof known === 'string') assertValid(scope, checkBody('verification.body', known));
    return { body: rendered, expect };
  }
}

/** Maps have another order in each language, and in Java in each run; the template is always the same. Tokens are left alone. */
function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null || Token.isUnresolved(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1).map(([key, item]) => [key, withSortedKeys(item)]));
}

function checkOneOf({ body, prompt }: ModelInvocationOptions): string | undefined {
  const remedy = 'Pass a prompt, or the complete body of the request';
  if (prompt === '') return complaint('verification.prompt', prompt, 'a text', remedy);
  return (body === undefined) === (prompt === undefined) ? complaint('verification', { body, prompt }, 'either a prompt or a body', remedy) : undefined;
}

function checkExpected(expect: string | undefined): string | undefined {
  if (expect === undefined || Token.isUnresolved(expect)) return undefined;
  return expect.length >= 1 && expect.length <= MAX_EXPECTED_LENGTH ? undefined : complaint(
    'verification.expect', expect, `1 to ${MAX_EXPECTED_LENGTH} characters`, 'Use a word that every good answer contains, or omit it');
}
