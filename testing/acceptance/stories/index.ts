import { failedImport } from './failed-import';
import { interrupted } from './interrupted';
import { platform } from './platform';
import type { Story } from './story';

/** All stories, in the order in which they are played. */
export const STORIES: readonly Story[] = [platform, failedImport, interrupted];
