/** The invariants of every history, and the consequence when one does not hold. */
export const INVARIANTS = {
  'answered': 'a request without a response blocks the stack for an hour, then fails without a reason',
  'answered-once': 'a second response means that work continued after the request was complete',
  'answer-fits': 'CloudFormation drops a response that is too long or has no physical ID, and the stack waits for an hour',
  'attributes': 'Fn::GetAtt of a missing attribute fails the resources that use the model',
  'nothing-left': 'an orphaned model is charged every month and counts toward the quota of three models',
  'delete-verified': 'a deletion that is reported before it is complete leaves a model without an owner',
  'destroy-ends': 'a stack that cannot be deleted needs an operator',
  'arn-live': 'the stack refers to a model that does not exist or does not match the template',
  'tags': 'costs and permissions are assigned by tag',
  'rollback-restores': 'a rollback must restore the previous model, not import it again',
  'rollback-prompt': 'a rollback to a model that exists must not wait for an import that is no longer needed',
  'model-kept': 'the model in use, or the one that a rollback needs, was deleted',
  'retained': 'the user asked to retain this model; its weights might no longer exist',
  'genuine': 'the stack uses a model that another principal imported',
  'bound': 'a stack that the provider does not serve used its permissions',
  'hands-off': 'a model, job or tag of another owner was changed',
  'needless-import': 'an import can take hours and blocks all other imports of the account',
  'orphan-removed': 'the next successful deployment must delete what an interrupted replacement left behind',
  'needless-failure': 'a deployment failed because of a transient condition',
  'reason-given': 'without the reason in the stack events, the user has to search the logs of four functions',
  'bounded-patience': 'waiting for something that cannot happen wastes an hour and hides the reason',
  'fails-at-first-look': 'a final state must end the wait at once',
  'prompt': 'a model that exists but is not reported delays the deployment',
  'checked-first': 'an import of files that cannot be imported takes hours until it fails',
  'check-never-blocks': 'a check must not stop a rollback to a model that exists, nor an import of files that it cannot read',
  'unverified-never-serves': 'the stack uses a model that did not answer, although the user asked for a verification',
  'failed-model-deleted': 'a model that failed its verification occupies the quota of three models, and its name',
  'invoked-only-if-new': 'an invocation is billed for five minutes, and a bad answer of a model that serves must not stop a deployment',
  'previous-kept': 'consumers still use the former model, and going back to it must not need an import',
  'previous-removed': 'a former model that nobody removes is charged every month and counts toward the quota of three models',
  'one-call-per-poll': 'the API rate limit is shared by the account; a wait must not exhaust it',
  'within-time-out': 'Lambda terminates an invocation that times out, and the deployment fails',
  'terminates': 'something never ends',
} as const;

export type InvariantName = keyof typeof INVARIANTS;

/** The violation of an invariant. */
export class Violation extends Error {
  constructor(public readonly invariant: InvariantName, public readonly detail: string) {
    super(`${invariant}: ${detail}`);
    this.name = 'Violation';
  }
}
