/**
 * Every duration of an import, in milliseconds. docs/operations/timeouts.md has the same table, and a test compares the two.
 *
 * Construct and handler both read this file, so it imports neither CDK nor the AWS SDK.
 */

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

// --- Chosen by the user ---

/** The time an import may take (`importTimeout`). */
export const IMPORT_TIMEOUT = { min: MINUTE, max: 12 * HOUR, default: 2 * HOUR };

/** The time between two polls of a running import (`queryInterval`). */
export const QUERY_INTERVAL = { min: 5 * SECOND, max: 2 * MINUTE, default: 30 * SECOND };

// --- The chain of custom resources ---

/** The time that CloudFormation gives a custom resource. */
export const CUSTOM_RESOURCE_TIMEOUT = HOUR;

/** The time that one custom resource of the chain waits: less than an hour, so that the handler answers and not CloudFormation. */
export const WAIT_WINDOW = { min: MINUTE, max: 55 * MINUTE };

// --- Waiting for AWS ---

/** How long a new role, policy or grant may take to reach Bedrock before a refusal is final. AWS says "several minutes". */
export const PROPAGATION_PATIENCE = 10 * MINUTE;

/** How long a completed import may be listed before its model is visible. */
export const VISIBILITY_PATIENCE = 2 * MINUTE;

/** How long an import waits for the model quota: another stack may be about to delete its old model. */
export const FULL_ACCOUNT_PATIENCE = 15 * MINUTE;

/** How long a deployment tries to delete an orphaned model. A later deployment tries again. */
export const ORPHAN_PATIENCE = 5 * MINUTE;

/**
 * How long DELETE_FIRST tries to delete the old model: longer than a new permission needs to take effect. Not longer, because the waiter of a
 * deployment that CloudFormation has given up must not delete the model that a rollback has restored.
 */
export const GIVE_WAY_PATIENCE = PROPAGATION_PATIENCE + MINUTE;

/** How long after the end of an import job its model may still be invisible to a deletion. */
export const QUIET_TIME = 30 * SECOND;

/** The end of a deletion's window, in which it verifies that the import it waits for was started by this stack. */
export const FINAL_CHECKS = 10 * MINUTE;

/** How long a deployment tries to read the files of a model before it goes on without a check. A new permission takes effect within seconds. */
export const FILES_PATIENCE = MINUTE;

/** How long a new model may take to answer: it is loaded when it is first invoked, which takes minutes. */
export const VERIFICATION_PATIENCE = 15 * MINUTE;

// --- Looking back ---

/** The age at which a finished job no longer belongs to the request at hand. The links of a chain follow each other within seconds. */
export const STALE_JOB_AGE = 10 * MINUTE;

/** How far back the handler looks for imports that may have used up a quota. */
export const RECENT_JOBS = 24 * HOUR;

/** The tolerance for the start and the end of a request that CloudFormation has cancelled. */
export const CANCELLATION_MARGIN = MINUTE;

// --- One invocation of the function ---

/** The time to connect to Bedrock. */
export const CONNECTION_TIMEOUT = 5 * SECOND;

/** The time for one response of Bedrock. */
export const REQUEST_TIMEOUT = 15 * SECOND;

/** The time for one answer of the model, when it is verified. */
export const ANSWER_TIMEOUT = MINUTE;

/** The time between two polls within one invocation, during the first minute of a request. */
export const QUICK_INTERVAL = 5 * SECOND;

/** How long a request is polled at the quick interval. */
export const QUICK_PHASE = MINUTE;

/** The time after which an invocation begins no further poll. */
export const POLL_BUDGET = MINUTE;

/** The time after which the pending call of an invocation is aborted; the next invocation repeats it. */
export const CALL_BUDGET = 75 * SECOND;

/** The timeout of the function. An invocation that runs into it would fail the deployment, so every other limit ends before it. */
export const FUNCTION_TIMEOUT = 2 * MINUTE;
