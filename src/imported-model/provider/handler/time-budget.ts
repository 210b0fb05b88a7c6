const SECOND = 1000;

/**
 * How an invocation stays within the time-out of its function, whatever Bedrock does: Lambda kills one that does not, and the provider
 * framework then fails the deployment, also one of a twelve-hour import. In milliseconds, from the beginning of the invocation.
 */
export const TIME_BUDGET = {
  /** How long a connection, and how long an answer may take. */
  connection: 5 * SECOND,
  answer: 15 * SECOND,
  /** How often the SDK tries a call: the next poll is the retry. */
  attempts: 2,
  /** No further look begins after this time. */
  looks: 60 * SECOND,
  /** A call that is still under way is aborted, and the look ends as "not yet". Looks take less, unless Bedrock hangs. */
  calls: 75 * SECOND,
  /** The time-out of the function, far enough behind. */
  function: 120 * SECOND,
};
