import { checkRecords } from './check-records';
import { inputFiles } from './input';
import type { ObjectStore } from './object-store';
import { claimResults, runOf } from './options';
import { assertFewParts, writeParts } from './split-records';
import type { PrepareRequest, PrepareResponse, Run } from '../../contract';

/**
 * The first state of an execution: checks everything that it was given, and splits the records into parts. Reads the records twice, so that
 * nothing is written if one of them is wrong.
 */
export async function prepare(store: ObjectStore, request: PrepareRequest): Promise<PrepareResponse> {
  const checked = runOf(request);
  const files = await inputFiles(store, checked.input);
  const { count, bytes } = await checkRecords(store, checked, files);
  const run: Run = { ...checked, totalRecordCount: count };
  assertFewParts(run, bytes);
  await claimResults(store, run);
  return { run, parts: await writeParts(store, run, files, bytes) };
}
