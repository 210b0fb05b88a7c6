import { randomUUID } from 'node:crypto';
import type { Outcome } from './imports';
import { refusalOf, type RefusalKind } from '../../../../src/imported-model/provider/handler/bedrock-error';
import type { Report } from '../../findings';
import type { World } from '../../world';

/** What the handler makes of an error of CreateModelImportJob. */
export function kindOf(error: Error): RefusalKind {
  return refusalOf('CreateModelImportJob', error).kind;
}

/** Whether a call failed for a reason that says nothing about an assumption: throttling, the network, or a permission of the person who runs this. */
export function isOwnFault(error: Error): boolean {
  if (error.name === 'ModelNotReadyException') return false;
  return kindOf(error) === 'transient' || /not authorized to perform:? (bedrock:|iam:PassRole)|token .*(expired|invalid)/i.test(error.message);
}

/** Judges whether the handler takes a refusal for what it is: an assumption of its own, and a part of ASK-9. */
export function judgeKind(report: Report, id: string, expected: RefusalKind, { error, text }: Outcome<unknown>): void {
  if (!error || isOwnFault(error)) {
    report.notObserved(id, text);
    return;
  }
  const kind = kindOf(error);
  for (const one of [id, 'ASK-9']) report.judge(one, kind === expected, `${text} (for the handler: ${kind}, expected: ${expected})`);
}

/** Judges whether a call that must be refused is refused with an error of this name. */
export function judgeRefusal(report: Report, id: string, expected: string, { error, text }: Outcome<unknown>, what = ''): void {
  const evidence = what === '' ? text : `${what}: ${text}`;
  if (error && isOwnFault(error)) report.notObserved(id, evidence);
  else report.judge(id, error?.name === expected, evidence);
}

/** SRV-1: judges the response to a request that has started an import before. */
export function judgeEarlierToken(report: Report, when: string, jobArn: string, outcome: Outcome<{ readonly jobArn?: string }>): void {
  const { result, error, text } = outcome;
  if (error && isOwnFault(error)) report.notObserved('SRV-1', text);
  else report.judge('SRV-1', result?.jobArn === jobArn, `${when}: ${text}${result ? `, ${result.jobArn === jobArn ? 'the same' : 'another'} jobArn` : ''}`);
}

/** What CreateModelImportJob can refuse. */
export type Subject = 'shape' | 'tags' | 'token' | 'role' | 'name' | 'quota';

/** What a refusal is about. Undefined if it cannot be told. */
export function subjectOf({ name, message }: Error): Subject | undefined {
  if (name === 'ServiceQuotaExceededException') return 'quota';
  if (name === 'TooManyTagsException' || /\btags?\b|aws:/i.test(message)) return 'tags';
  if (/token/i.test(message)) return 'token';
  if (/constraint|validation error/i.test(message)) return 'shape';
  if (/\brole/i.test(message)) return 'role';
  return /\bname\b/i.test(message) ? 'name' : undefined;
}

export function isOfQuota(error: Error): boolean {
  return kindOf(error) === 'quota' || subjectOf(error) === 'quota';
}

/** SRV-3: whether a refusal may be that of a token that was used before. A refusal that the handler knows to pass has another cause. */
export function isOfToken(error: Error): boolean {
  const subject = subjectOf(error);
  return subject === 'token' || subject === undefined && kindOf(error) === 'final';
}

/** Whether an import has failed for a reason that would make any weights fail. */
export function saysNothingOfWeights(failureMessage = ''): boolean {
  return /access|permission|\brole\b|\bkms\b|internal/i.test(failureMessage);
}

/** SRV-8: judges the refusal of a request that is wrong in two ways. */
export function judgeOrder(report: Report, first: Subject, second: Subject, { error, text }: Outcome<unknown>): void {
  const subject = error && subjectOf(error);
  const evidence = `wrong in ${first} and ${second}: ${text}`;
  if (subject === first || subject === second) report.judge('SRV-8', subject === first, evidence);
  else report.notObserved('SRV-8', evidence);
}

/** The ARN of a role that does not exist, another one for each request. */
export function absentRole({ account, partition, run }: World): string {
  return `arn:${partition}:iam::${account}:role/acceptance-${run}-absent-${randomUUID().slice(0, 8)}`;
}
