import type { AnswerScript, FilesScript, Script } from './script';
import type { FilesToCheck } from '../../src/imported-model/provider/handler/decide/steps';
import type { Finding, ModelCheck } from '../../src/model-format';
import { ASSUMED } from '../bedrock-server/behaviour';
import { BedrockError, refusal } from '../bedrock-server/errors';

const MINUTE = 60_000;

/** The rule that the models of a history acknowledge, see chain.ts. */
export const ACKNOWLEDGED_RULE = 'unsupported-architecture';

/** The text that a verification expects, and the other one. */
export const EXPECTED = { on: 'Paris', other: 'Par' } as const;

/** Findings and answers are longer than the response to CloudFormation may be. Contains characters of more than one byte. */
const LONG_TEXT = ' "\u00e9\u4e16\\" '.repeat(60);

/** The files in Amazon S3. */
export class Files {
  constructor(private readonly script: readonly FilesScript[] = [], private readonly began: number) {}

  /** The state of the files of a version of the weights at a time. */
  public stateOf(s3Uri: string, version: string | undefined, at: number): FilesScript['state'] | 'good' {
    const minute = (at - this.began) / MINUTE;
    return this.script.find(({ weights, version: ofVersion, fromMinute, minutes }) => s3Uri.includes(`weights-${weights}/`)
      && (ofVersion === undefined || String(ofVersion) === (version ?? '0')) && minute >= fromMinute && minute < fromMinute + minutes)?.state ?? 'good';
  }

  /** What a check finds. Throws if it cannot read the files. */
  public check({ acknowledgedRules, s3Uri }: FilesToCheck, version: string | undefined, at: number): ModelCheck {
    const state = this.stateOf(s3Uri, version, at);
    if (state === 'unreadable') throw Object.assign(new Error('Access Denied'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    const findings = FINDINGS[state].map((finding): Finding => ({ ...finding, acknowledged: acknowledgedRules.includes(finding.rule) }));
    const passed = findings.every(({ severity, acknowledged }) => severity !== 'error' || acknowledged);
    return { findings, passed, digest: `${state}-${version ?? '0'}`, files: 3, weightBytes: 1000 };
  }
}

const finding = (rule: string, severity: Finding['severity'], more = ''): Omit<Finding, 'acknowledged'> => (
  { rule, severity, file: 'config.json', message: `The value is wrong.${more}`, remedy: `Correct it.${more}`, source: 'https://docs.aws.amazon.com/' });

const FINDINGS = {
  good: [],
  odd: [finding('chat-template', 'warning')],
  bad: [finding(ACKNOWLEDGED_RULE, 'error'), finding('chat-template', 'warning')],
  worse: Array.from({ length: 20 }, (_, index) => finding(index === 0 ? ACKNOWLEDGED_RULE : `rule-${index}`, 'error', LONG_TEXT)),
} as const;

/** The models when they are invoked. */
export class Answers {
  private readonly scripts = new Map<string, Script['world']['imports'][number]['answers']>();
  private readonly invocations = new Map<string, number>();

  /** Determines the answers of the model that a job imports. */
  public plan(jobName: string, answers: readonly AnswerScript[] | undefined): void {
    this.scripts.set(jobName, answers);
  }

  /** The next answer of a model. */
  public next(jobName: string, modelArn: string): AnswerScript {
    const answers = this.scripts.get(jobName) ?? [];
    const number = this.invocations.get(modelArn) ?? 0;
    this.invocations.set(modelArn, number + 1);
    return answers[Math.min(number, answers.length - 1)] ?? { is: 'good', seconds: 1 };
  }
}

/** The body of an answer. Throws if the invocation fails. */
export function bodyOf({ is }: AnswerScript, loading = ASSUMED.loadingRefusal): string {
  switch (is) {
    case 'good': return JSON.stringify({ generation: 'The capital of France is Paris.' });
    case 'wrong': return JSON.stringify({ choices: [{ message: { content: `It is Lyon.${LONG_TEXT}` } }] });
    case 'empty': return JSON.stringify({ generation: '' });
    case 'refused': throw new BedrockError('ValidationException', `Malformed input request.${LONG_TEXT}`);
    case 'loading': throw refusal(loading);
    case 'failing': throw new BedrockError('ModelErrorException', 'The model failed to process the request');
  }
}

/** How an answer must be judged. */
export function verdictOf({ is }: AnswerScript): 'good' | 'bad' | 'refused' | 'late' {
  switch (is) {
    case 'good':
    case 'refused': return is;
    case 'loading':
    case 'failing': return 'late';
    default: return 'bad';
  }
}
