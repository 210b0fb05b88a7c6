/** What must hold in every history, and why it matters to somebody. */
export const INVARIANTS = {
  'answered': 'a request without an answer blocks the stack for an hour and fails it without a reason',
  'answered-once': 'a second answer means that something went on working after it was done',
  'answer-fits': 'CloudFormation drops an answer that is too long or has no id, and the stack waits for an hour',
  'attributes': 'Fn::GetAtt of a missing attribute fails the resources that use the model',
  'nothing-left': 'a model that is forgotten costs money every month, and takes one of three places',
  'delete-verified': 'a deletion that is reported before it has happened leaves the model to nobody',
  'destroy-ends': 'a stack that cannot be deleted needs an operator',
  'arn-live': 'the stack names a model that is not there, or is another one than the template asks for',
  'tags': 'tags are how costs and permissions are assigned',
  'rollback-restores': 'after a rollback everything must be as before: the same model, not another import of it',
  'rollback-prompt': 'a stack that goes back to a model that serves must not wait for an import that nobody wants any more',
  'model-kept': 'the model that serves, or that a rollback needs, was deleted',
  'retained': 'the user asked to keep this model; its weights may be gone',
  'genuine': 'the stack uses, and vouches for, a model that somebody else has made',
  'bound': 'a stack that the provider does not serve has used its power',
  'hands-off': 'a model, job or tag of another owner was touched',
  'needless-import': 'an import takes up to hours, and the only slot for imports of the account',
  'orphan-removed': 'what an interrupted replacement has left must go with the next success',
  'needless-failure': 'a deployment failed for something that passes by itself',
  'reason-given': 'a failure whose reason does not reach the user sends him to search the logs of four functions',
  'bounded-patience': 'waiting for what will never come wastes an hour, and then hides the reason',
  'fails-at-first-look': 'a fact that is final must end the wait at once',
  'prompt': 'a model that is there and not reported keeps the deployment waiting',
  'one-call-per-poll': 'the account shares few calls per second; a wait must not use them up',
  'within-time-out': 'Lambda kills an invocation that takes too long, and the deployment fails',
  'terminates': 'something goes on for ever',
} as const;

export type InvariantName = keyof typeof INVARIANTS;

/** An invariant does not hold. */
export class Violation extends Error {
  constructor(public readonly invariant: InvariantName, public readonly detail: string) {
    super(`${invariant}: ${detail}`);
    this.name = 'Violation';
  }
}
