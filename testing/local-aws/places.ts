import { join } from 'node:path';

export const REPOSITORY = join(__dirname, '..', '..');

/** Python environments, kept from run to run. Not in git. */
export const VENVS = join(REPOSITORY, '.local-aws', 'venv');

/** One directory for each run. Not in git. */
export const RUNS = join(REPOSITORY, '.local-aws', 'run');
