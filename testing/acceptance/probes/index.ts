import { batchJobs } from './batch-jobs';
import { batchRequests } from './batch-requests';
import { cloudFormation } from './cloudformation';
import { create } from './create';
import { deletion } from './deletion';
import { importOne } from './import';
import { invocation } from './invocation';
import { models } from './models';
import { permissions } from './permissions';
import { refusals } from './refusals';
import { services } from './services';
import { stateMachine } from './state-machine';
import { stepFunctions } from './step-functions';
import type { Probe } from '../probe';

/** All probes, in the order in which they run. */
export const PROBES: readonly Probe[] = [
  // They share the first model, and the last one deletes it.
  refusals, importOne, create, models, invocation, deletion,
  cloudFormation, services, stepFunctions, permissions,
  batchRequests, batchJobs, stateMachine,
];
