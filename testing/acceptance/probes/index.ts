import { cloudFormation } from './cloudformation';
import { create } from './create';
import { permissions } from './permissions';
import type { Probe } from '../probe';

/** All probes, in the order in which they run. */
export const PROBES: readonly Probe[] = [create, cloudFormation, permissions];
