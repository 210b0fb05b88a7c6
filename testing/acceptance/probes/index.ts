import { batchJobs } from './batch-inference/jobs';
import { batchRequests } from './batch-inference/requests';
import { create } from './bedrock/create';
import { deletion } from './bedrock/deletion';
import { importOne } from './bedrock/import';
import { invocation } from './bedrock/invocation';
import { models } from './bedrock/models';
import { permissions } from './bedrock/permissions';
import { refusals } from './bedrock/refusals';
import { cloudFormation } from './cloudformation/cloudformation';
import { keyThroughS3 } from './key-through-s3';
import type { Probe } from './probe';
import { services } from './services';
import { stateMachine } from './state-machine/state-machine';
import { stepFunctions } from './step-functions';

/** All probes, in the order in which they run. */
export const PROBES: readonly Probe[] = [
  // They share the first model, and the last one deletes it.
  refusals, importOne, create, models, invocation, deletion,
  cloudFormation, services, keyThroughS3, stepFunctions, permissions,
  batchRequests, batchJobs, stateMachine,
];
