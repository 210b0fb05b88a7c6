import type { Metric } from '@aws-sdk/client-cloudwatch';
import { outcomeOf } from './imports';
import type { World } from '../../world';

/*
 * What a model that was invoked shows: its answer, and its metrics in Amazon CloudWatch. The local AWS has no such metrics, so that their judgement is
 * tested with lists of both kinds.
 */

const LOOK_MS = 30_000;
const PATIENCE_MS = 15 * 60_000;
const NAMESPACE = 'AWS/Bedrock';

/** What a Custom Model Unit costs a minute, in US cents (January 2025). A copy of a small model has one. */
const CENTS_PER_MINUTE = 8;

/** Why a model must not be invoked: its copies have more units than the user has accepted to pay for. */
export async function tooExpensive({ aws }: World, modelIdentifier: string, minutes: number, cents: number): Promise<string | undefined> {
  const { customModelUnits } = await aws.bedrock.getImportedModel({ modelIdentifier });
  return costsMore(customModelUnits?.customModelUnitsPerModelCopy ?? 1, minutes, cents);
}

export function costsMore(units: number, minutes: number, cents: number): string | undefined {
  const needed = units * minutes * CENTS_PER_MINUTE;
  return units > 1 && needed > cents ? `the model has ${units} Custom Model Units: ${minutes} minutes of a copy cost US$ ${(needed / 100).toFixed(2)}, `
    + `and US$ ${(cents / 100).toFixed(2)} were accepted; a smaller model (--weights) has one` : undefined;
}

/** Asks a new model until it is loaded. */
export async function askModel({ aws, time }: World, modelId: string): Promise<{ readonly body?: string; readonly text: string }> {
  const deadline = time.now() + PATIENCE_MS;
  const body = JSON.stringify({ prompt: 'The capital of France is', max_tokens: 8, temperature: 0 });
  for (;;) {
    const { error, result, text } = await outcomeOf(aws.bedrockRuntime.invokeModel({ modelId, body, contentType: 'application/json' }));
    if (error === undefined) return { body: result!.body.transformToString(), text };
    if (!/NotReady|Throttling|Timeout|Unavailable|ModelError/.test(error.name) || time.now() > deadline) return { text };
    await time.sleep(LOOK_MS);
  }
}

/** Whether an answer has one of the formats in which the handler finds the text. */
export function judgeAnswer(body: string): { readonly holds: boolean; readonly evidence: string } {
  const evidence = `InvokeModel answers ${body.slice(0, 300)}`;
  let answer: { generation?: unknown; choices?: { text?: unknown; message?: { content?: unknown } }[]; outputs?: { text?: unknown }[] } | null;
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch {
    return { holds: false, evidence };
  }
  const texts = [answer?.generation, answer?.choices?.[0]?.text, answer?.choices?.[0]?.message?.content, answer?.outputs?.[0]?.text];
  return { holds: texts.some(text => typeof text === 'string'), evidence };
}

/** The metrics that could be those of a model, as soon as there are some with its ARN. */
export async function metricsOf({ aws: { cloudWatch }, time }: World, modelArn: string): Promise<Metric[]> {
  const deadline = time.now() + PATIENCE_MS;
  for (;;) {
    const found: Metric[] = [];
    for (let NextToken: string | undefined, page = 0; page === 0 || NextToken; page += 1) {
      const { Metrics = [], NextToken: next } = await cloudWatch.listMetrics({ Namespace: NAMESPACE, NextToken });
      found.push(...Metrics.filter(({ Dimensions = [] }) => Dimensions.some(({ Value }) => Value!.includes(idOf(modelArn)))));
      NextToken = next;
    }
    if (judgeMetrics(found, modelArn).holds || time.now() > deadline) return found;
    await time.sleep(LOOK_MS);
  }
}

/** Whether the metrics of a model have the dimension ModelId with its ARN. */
export function judgeMetrics(metrics: readonly Metric[], modelArn: string): { readonly holds?: boolean; readonly evidence: string } {
  const ofModel = metrics.filter(({ Dimensions = [] }) => Dimensions.some(({ Value }) => Value!.includes(idOf(modelArn))));
  if (ofModel.length === 0) return { evidence: `no metric of ${NAMESPACE} with the ID of the model within ${PATIENCE_MS / 60_000} minutes` };
  const shown = [...new Set(ofModel.map(({ MetricName, Dimensions = [] }) => `${MetricName} {${Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(', ')}}`))];
  return {
    holds: ofModel.some(({ Dimensions = [] }) => Dimensions.length === 1 && Dimensions[0].Name === 'ModelId' && Dimensions[0].Value === modelArn),
    evidence: shown.join('; '),
  };
}

function idOf(modelArn: string): string {
  return modelArn.replace(/^.*\//, '');
}
