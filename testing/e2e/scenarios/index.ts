import { competingStacks } from './competing-stacks';
import { exactName } from './exact-name';
import { failedImport } from './failed-import';
import { failedSibling } from './failed-sibling';
import { fullAccount } from './full-account';
import { interruptedCreate, interruptedUpdate } from './interrupted';
import { longImport } from './long-import';
import { previousModel } from './previous-model';
import { refusedFiles } from './refused-files';
import { retainedModel } from './retained-model';
import { sharedModel } from './shared-model';
import { storm } from './storm';
import { verifiedModel } from './verified-model';
import type { Scenario } from '../scenario';

/** In the order in which they start. Long ones are not last. */
export const SCENARIOS: Scenario[] = [
  failedImport, failedSibling, fullAccount, interruptedUpdate, interruptedCreate, longImport, competingStacks, storm, exactName,
  refusedFiles, verifiedModel, sharedModel, previousModel, retainedModel,
];
