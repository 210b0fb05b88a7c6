import { join } from 'node:path';

export const REPOSITORY = join(__dirname, '..', '..');

/** The directory of Python environments, kept between runs. Not in git. */
export const VENVS = join(REPOSITORY, '.local-aws', 'venv');

/** The parent of the directories of each run. Not in git. */
export const RUNS = join(REPOSITORY, '.local-aws', 'run');
