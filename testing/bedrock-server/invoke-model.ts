import type { InvokeModelRequest, InvokeModelResponse } from '@aws-sdk/client-bedrock-runtime';
import type { Clock } from './clock';
import { BedrockError, invalid, notFound } from './errors';
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
    private readonly models: { readonly exists: (arn: string) => boolean; readonly any: boolean },
    options: ServingOptions,
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
    const imported = isImportedModel(modelId);
    this.refuseUnknown(modelId, imported);
    const modelInput = jsonOf(body as Uint8Array | undefined);
    const copy = imported ? this.loaded(modelId) : undefined;
    const output = this.inference.answer(modelId, modelInput);
    copy?.busyUntil.push(this.clock.now() + this.options.invokeLatencyMs);
    return { body: Buffer.from(JSON.stringify(output)) as unknown as InvokeModelResponse['body'], contentType: 'application/json' };
  }

  private refuseUnknown(modelId: string, imported: boolean): void {
    if (this.models.any) return;
    if (imported && !this.models.exists(modelId)) throw notFound('imported model', modelId);
    if (!imported && !isCatalogueModel(modelId)) throw invalid('The provided model identifier is invalid.');
  }

  /** The copy of a model that can accept a request. Throws if it has to be loaded first, or is busy. */
  private loaded(arn: string): Copy {
    const now = this.clock.now();
    const { idleMs, coldStartMs, copyConcurrency } = this.options;
    let copy = this.copies.get(arn);
    if (!copy || now - Math.max(copy.readyTime, copy.lastInvocation) > idleMs) {
      copy = { readyTime: now + coldStartMs, lastInvocation: now, busyUntil: [] };
      this.copies.set(arn, copy);
    }
    if (now < copy.readyTime) {
      throw new BedrockError('ModelNotReadyException', 'Model is not ready for inference. Wait and try your request again.');
    }
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

/** The formats of requests differ between models, so only what they have in common is validated. */
function jsonOf(body: Uint8Array | undefined): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body ?? []).toString());
  } catch {
    value = undefined;
  }
  if (!isJsonObject(value)) throw invalid('Malformed input request, please reformat your input and try again.');
  return value;
}
