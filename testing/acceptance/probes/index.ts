import { batchJobs } from './batch-jobs';
import { batchRequests } from './batch-requests';
import { cloudFormation } from './cloudformation';
import { create } from './create';
import { permissions } from './permissions';
import { services } from './services';
import { stateMachine } from './state-machine';
import { stepFunctions } from './step-functions';
import type { Probe } from '../probe';

/** All probes, in the order in which they run. */
export const PROBES: readonly Probe[] = [create, cloudFormation, services, stepFunctions, permissions, batchRequests, batchJobs, stateMachine];
