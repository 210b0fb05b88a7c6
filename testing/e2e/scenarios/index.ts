import { competingStacks } from './competing-stacks';
import { exactName } from './exact-name';
import { failedImport } from './failed-import';
import { failedSibling } from './failed-sibling';
import { fullAccount } from './full-account';
import { interruptedCreate } from './interrupted';
import { longImport } from './long-import';
import { previousModel } from './previous-model';
import { refusedFiles } from './refused-files';
import { retainedModel } from './retained-model';
import { stories } from './stories';
import { storm } from './storm';
import { verifiedModel } from './verified-model';
import type { Scenario } from '../scenario';

/** In the order in which they start. Long ones are not last. */
export const SCENARIOS: Scenario[] = [
  ...stories, failedImport, failedSibling, fullAccount, interruptedCreate, longImport, competingStacks, storm, exactName,
  refusedFiles, verifiedModel, previousModel, retainedModel,
];
