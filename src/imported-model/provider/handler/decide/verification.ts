import { deleteOne } from './ownership';
import type { Facts, Present, Step } from './steps';
import { valueOf } from './tags';
import { fail, wait } from './wait';
import { VERIFICATION_TAG } from '../../contract';
import { VERIFICATION_PATIENCE, WAIT_WINDOW } from '../../patience';
import type { Model } from '../bedrock-api';

/**
 * Verifies that a new model answers, before it replaces the old one. Undefined if it does, or if it need not be asked: it was the model of the
 * stack before this request, or has been verified.
 */
export function verifyAnswer(goal: Present, model: Model, facts: Facts): Step | undefined {
  const { verification } = goal.request;
  if (verification === undefined) return undefined;
  const tags = facts.tags?.[model.arn];
  if (tags === undefined) return { do: 'ListTagsForResource', resourceArn: model.arn };
  if (tags === 'absent') return wait(withTimeToAnswer(goal), facts.now, `Model ${model.arn} is being deleted`);
  const state = valueOf(tags, VERIFICATION_TAG.key);
  // The former request asked for the same model, whichever link has started its job. A model whose verification is pending was never in use.
  const wasInUse = state !== VERIFICATION_TAG.pending && goal.verifiedJobName !== undefined;
  if (wasInUse || state === VERIFICATION_TAG.passed) return undefined;

  const { answer, now, refusal } = facts;
  if (answer === undefined) return { do: 'InvokeModel', modelArn: model.arn, verification };
  if (answer.is === 'good') return undefined;
  if (answer.is === 'late' && now < answerDeadline(goal, model)) return { do: 'wait', why: `Model ${model.arn} has not answered yet: ${answer.why}` };
  // The tags were read after the answer: another poll may have had a better one.
  const mayDelete = state === VERIFICATION_TAG.pending && !goal.request.retain && refusal === undefined;
  return (mayDelete ? deleteOne(facts, [model]) : undefined) ?? failVerification(goal, answer.why, false);
}

/** The end of a verification after which the model has been deleted. Undefined if there is none. */
export function afterDeletion(goal: Present, { answer, deleted }: Facts): Step | undefined {
  return deleted && answer && answer.is !== 'good' ? failVerification(goal, answer.why, true) : undefined;
}

/** The goal of a request that may still verify its model when the window of the import has elapsed: a refused call must not end it before. */
export function withTimeToAnswer(goal: Present): Present {
  if (goal.request.verification === undefined) return goal;
  return { ...goal, deadline: Math.min(goal.deadline + VERIFICATION_PATIENCE, goal.startedAt + WAIT_WINDOW.max) };
}

/** Later than the deadline of the import, because a model that was imported at the last minute needs the time as well. */
function answerDeadline({ startedAt }: Present, { creationTime }: Model): number {
  return Math.min(Math.max(startedAt, creationTime) + VERIFICATION_PATIENCE, startedAt + WAIT_WINDOW.max);
}

function failVerification({ names }: Present, why: string, deleted: boolean): Step {
  return fail(`verification: model "${names.modelName}" was imported, but ${why}. ${deleted
    ? 'It has been deleted, so that it replaces no model.' : 'It has not been deleted, but it replaces no model.'} `
    + `Correct the model or the verification, then deploy again${deleted ? ': that starts a new job' : ''}.`);
}
