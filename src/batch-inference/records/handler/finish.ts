import { type ObjectStore, uriOf } from './object-store';
import { type FinishedPart, type FinishRequest, type FinishResponse, JOB_FAILED, RECORDS_FAILED, type Run } from '../../contract';

/** Logs the numbers of records, which become metrics. */
export type Metrics = (run: Run, counts: { readonly succeeded: number; readonly failed: number }) => void;

/** The last state of an execution: writes the manifest, and decides whether the execution succeeds. */
export async function finish(store: ObjectStore, { run, parts }: FinishRequest, metrics: Metrics): Promise<FinishResponse> {
  const sum = (count: (part: FinishedPart) => number) => parts.reduce((total, part) => total + count(part), 0);
  const counts = {
    totalRecordCount: run.totalRecordCount,
    processedRecordCount: sum(part => part.successRecordCount + part.errorRecordCount),
    successRecordCount: sum(part => part.successRecordCount),
    errorRecordCount: sum(part => part.errorRecordCount),
  };
  const { bucket, bucketOwner } = run.output;
  const manifest = { bucket, bucketOwner, key: `${run.results}manifest.json` };
  const failures = parts.map(({ failure }) => failure).filter(failure => failure !== '');
  await store.writeText(manifest, JSON.stringify({
    executionArn: run.executionArn,
    modelId: run.modelId,
    startTime: run.startTime,
    input: uriOf(run.input),
    ...counts,
    // Those of the jobs only.
    inputTokenCount: sum(part => part.inputTokenCount),
    outputTokenCount: sum(part => part.outputTokenCount),
    modelInvocationJobs: sum(part => part.jobs),
    mapRuns: sum(part => part.mapRuns),
    failures,
    files: parts.flatMap(({ files }) => files.map(name => uriOf({ bucket, key: `${run.results}${name}` }))),
  }, undefined, 2));
  metrics(run, { succeeded: counts.successRecordCount, failed: counts.errorRecordCount });

  const resultsUri = uriOf({ bucket, key: run.results });
  const [error, cause] = problemOf(run, failures, counts.errorRecordCount, resultsUri) ?? ['', ''];
  return { succeeded: error === '', error, cause, result: { manifestUri: uriOf(manifest), resultsUri, ...counts } };
}

function problemOf(run: Run, failures: string[], failed: number, resultsUri: string): [error: string, cause: string] | undefined {
  if (failures.length > 0) {
    return [JOB_FAILED, `${failures.slice(0, 3).join('. ')}${failures.length > 3 ? `, and ${failures.length - 3} more jobs` : ''}. `
      + `${run.totalRecordCount - failed} of ${run.totalRecordCount} records have a result in ${resultsUri}.`];
  }
  const { toleratedFailureCount, toleratedFailurePercentage = 0, totalRecordCount } = run;
  const tolerated = toleratedFailureCount ?? Math.floor(toleratedFailurePercentage / 100 * totalRecordCount);
  if (failed <= tolerated) return undefined;
  return [RECORDS_FAILED, `${failed} of ${totalRecordCount} records have no output, and ${tolerated} are tolerated. All lines are in ${resultsUri}; those of the failed `
    + 'records have an "error". Raise toleratedFailureCount or toleratedFailurePercentage if this is expected.'];
}
