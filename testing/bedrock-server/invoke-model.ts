import type { InvokeModelRequest, InvokeModelResponse } from '@aws-sdk/client-bedrock-runtime';
import type { Behaviour } from './behaviour';
import type { Clock } from './clock';
import { BedrockError, invalid, refusal } from './errors';
import { isCatalogueModel } from './identifiers';
import { isJsonObject, type Inference, type JsonObject } from './inference';
import type { Valid } from './resources';

/** How imported models are served. */
export interface ServingOptions {
  /** An imported model without an invocation for this time is unloaded. A new model is not loaded either. @default 5 minutes */
  readonly idleMs?: number;
  /** How long it takes to load an imported model, from the first invocation. @default 30 seconds */
  readonly coldStartMs?: number;
  /** How many invocations an imported model processes at the same time. @default 2 */
  readonly copyConcurrency?: number;
  /** How long an imported model takes for an invocation. @default 0 */
  readonly invokeLatencyMs?: number;
}

const MALFORMED = 'Malformed input request, please reformat your input and try again.';

/** The requests of a loaded model. */
interface Copy {
  /** When the model is loaded. */
  readonly readyTime: number;
  lastInvocation: number;
  /** When the requests in progress end. */
  busyUntil: number[];
}

/**
 * InvokeModel: a model that is unloaded when it is idle, and one copy of it with a limited number of requests at the same time.
 *
 * Without I/O and timers: the server delays the response by the latency.
 */
export class ModelServing {
  private options: Required<ServingOptions>;
  private copies = new Map<string, Copy>();

  public constructor(
    private readonly clock: Clock, private readonly inference: Inference,
    /** Any identifier is that of a model, or those whose ARN is found by their ARN or name. */
    private readonly models: { readonly find: (identifier: string) => string | undefined; readonly any: boolean },
    private readonly behaviour: Behaviour, options: ServingOptions,
  ) {
    this.options = {
      idleMs: options.idleMs ?? 5 * 60_000,
      coldStartMs: options.coldStartMs ?? 30_000,
      copyConcurrency: options.copyConcurrency ?? 2,
      invokeLatencyMs: options.invokeLatencyMs ?? 0,
    };
  }

  /** Changes how models are served from now on. */
  public configure(options: ServingOptions): void {
    this.options = { ...this.options, ...options };
  }

  public get latencyMs(): number {
    return this.options.invokeLatencyMs;
  }

  /** Unloads all models. */
  public reset(): void {
    this.copies = new Map();
  }

  public invoke({ modelId, body }: Valid<InvokeModelRequest>): InvokeModelResponse {
    const { bodyIsChecked, answers, maxTokensAreAccepted } = this.behaviour;
    const inputOf = () => this.jsonOf(body as Uint8Array | undefined);
    if (bodyIsChecked === 'first') inputOf();
    const imported = this.importedModel(modelId);
    if (bodyIsChecked === 'before loading') inputOf();
    const copy = imported === undefined ? undefined : this.loaded(imported);
    const modelInput = inputOf();
    if (!maxTokensAreAccepted && 'max_tokens' in modelInput) throw invalid(MALFORMED);
    const output = inFormat(answers, this.inference.answer(modelId, modelInput));
    copy?.busyUntil.push(this.clock.now() + this.options.invokeLatencyMs);
    return { body: Buffer.from(JSON.stringify(output)) as unknown as InvokeModelResponse['body'], contentType: 'application/json' };
  }

  /** The ARN of an imported model. Undefined for another model; throws if there is none. */
  private importedModel(modelId: string): string | undefined {
    const arn = isImportedModel(modelId) || this.behaviour.namesAreInvoked ? this.models.find(modelId) : undefined;
    if (arn !== undefined) return arn;
    if (this.models.any) return isImportedModel(modelId) ? modelId : undefined;
    if (isImportedModel(modelId)) throw refusal(this.behaviour.unknownModelRefusal, { name: modelId });
    if (!isCatalogueModel(modelId)) throw invalid('The provided model identifier is invalid.');
    return undefined;
  }

  /** The formats of requests differ between models, so only what they have in common is validated. */
  private jsonOf(body: Uint8Array | undefined): JsonObject {
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(body ?? []).toString());
    } catch {
      value = undefined;
    }
    if (isJsonObject(value)) return value;
    if (this.behaviour.bodiesAreObjects) throw invalid(MALFORMED);
    return { prompt: '' };
  }

  /** The copy of a model that can accept a request. Throws if it has to be loaded first, or is busy. */
  private loaded(arn: string): Copy {
    const now = this.clock.now();
    const { newModelsAreLoaded, leastIdleMinutes, leastColdStartSeconds, leastCopyConcurrency, loadingRefusal } = this.behaviour;
    const idleMs = Math.max(this.options.idleMs, leastIdleMinutes * 60_000);
    const coldStartMs = Math.max(this.options.coldStartMs, leastColdStartSeconds * 1000);
    const copyConcurrency = Math.max(this.options.copyConcurrency, leastCopyConcurrency);
    let copy = this.copies.get(arn);
    if (!copy || now - Math.max(copy.readyTime, copy.lastInvocation) > idleMs) {
      copy = { readyTime: newModelsAreLoaded && !copy ? now : now + coldStartMs, lastInvocation: now, busyUntil: [] };
      this.copies.set(arn, copy);
    }
    if (now < copy.readyTime) throw refusal(loadingRefusal);
    copy.lastInvocation = now;
    copy.busyUntil = copy.busyUntil.filter((time) => time > now);
    if (copy.busyUntil.length >= copyConcurrency) {
      throw new BedrockError('ThrottlingException', 'Too many requests, please wait before trying again.');
    }
    return copy;
  }
}

function isImportedModel(modelId: string): boolean {
  return /^arn:[^:]+:bedrock:[^:]+:[^:]+:imported-model\//.test(modelId);
}

/** The output of a model as it would be in another format. */
function inFormat(answers: Behaviour['answers'], output: JsonObject): JsonObject {
  switch (answers) {
    case 'in the format of the request': return output;
    case 'as a generation': return { generation: JSON.stringify(output), stop_reason: 'stop' };
    case 'in another format': return { results: [{ outputText: JSON.stringify(output) }] };
  }
}
