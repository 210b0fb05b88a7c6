import { failedImport } from './failed-import';
import { integrationTest } from './integration-test';
import { interrupted } from './interrupted';
import { platform } from './platform';
import type { Story } from './story';

/** All stories, in the order in which they are played. */
export const STORIES: readonly Story[] = [integrationTest, platform, failedImport, interrupted];
