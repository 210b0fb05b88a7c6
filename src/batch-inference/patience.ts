/**
 * Every duration of batch inference, in seconds, as Step Functions counts them.
 */

export const MINUTE = 60;
export const HOUR = 60 * MINUTE;

/** The waits between two polls of a job: each is twice the one before, until the last. A job takes hours. */
export const POLL = { first: 30, last: 32 * MINUTE };

/** How long a job may be missing in a list. AWS gives no time. */
export const LIST_LAG = MINUTE;

/** The time limit of a call of the control plane, so that a hanging call is retried. */
export const CALL_TIMEOUT = MINUTE;

/** The time limit of one invocation of a model: Bedrock itself limits it to less. */
export const INVOCATION_TIMEOUT = 15 * MINUTE;

/** The time limit of the function that reads and writes the records. The maximum of Lambda. */
export const FUNCTION_TIMEOUT = 15 * MINUTE;

/** Retries with waits that double up to `maxDelay`. With full jitter, each is between zero and that, so half of it on average. */
export interface RetryTimes {
  readonly interval: number;
  readonly maxDelay: number;
  readonly attempts: number;
}

/** Throttling, server errors and lost responses of the control plane: up to an hour and a half. */
export const BUSY: RetryTimes = { interval: 5, maxDelay: 5 * MINUTE, attempts: 20 };

/** The quota of jobs: up to three days, as long as other jobs may take. */
export const QUOTA: RetryTimes = { interval: MINUTE, maxDelay: 15 * MINUTE, attempts: 300 };

/** A role or a permission that is new: 9 minutes on average. AWS says "several minutes". */
export const PROPAGATION: RetryTimes = { interval: 10, maxDelay: MINUTE, attempts: 20 };

/** A model that is not loaded: up to half an hour. AWS says five minutes, and the first start of a model takes longer. */
export const COLD_START: RetryTimes = { interval: 15, maxDelay: MINUTE, attempts: 30 };

/** Throttling of InvokeModel: up to ten hours, because many requests may compete for a model that answers few. */
export const THROTTLED: RetryTimes = { interval: 2, maxDelay: 2 * MINUTE, attempts: 300 };

/** A model that fails or does not answer in time. */
export const MODEL_FAULT: RetryTimes = { interval: 5, maxDelay: MINUTE, attempts: 3 };

/** A crash of the function, or Amazon S3 having a bad day. */
export const FUNCTION_FAULT: RetryTimes = { interval: 10, maxDelay: 2 * MINUTE, attempts: 5 };
