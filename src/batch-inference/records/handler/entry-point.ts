import { collect } from './collect';
import { finish, type Metrics } from './finish';
import { InvalidInput } from './invalid-input';
import type { ObjectStore } from './object-store';
import { prepare } from './prepare';
import { S3Store } from './s3-store';
import {
  type CollectResponse, type FinishResponse, INVALID_INPUT, type InvalidInputResponse, METRICS, type PrepareResponse, type RecordsRequest,
} from '../../contract';

/** The handler with the store that Lambda runs it with. */
export function entryPoint(storeFor: (outputKeyId?: string) => ObjectStore = keyId => new S3Store(keyId), log: (line: string) => void = console.log) {
  return async (request: RecordsRequest): Promise<PrepareResponse | InvalidInputResponse | CollectResponse | FinishResponse> => {
    switch (request.action) {
      case 'prepare': return prepare(storeFor(request.settings.outputKeyId), request).catch(invalidInput);
      case 'collect': return collect(storeFor(request.run.outputKeyId), request);
      case 'finish': return finish(storeFor(request.run.outputKeyId), request, metricsTo(log));
    }
  };
}

function invalidInput(error: unknown): InvalidInputResponse {
  if (error instanceof InvalidInput) return { error: INVALID_INPUT, cause: error.message };
  throw error;
}

/**
 * Writes metrics to the log in the embedded metric format, which needs no permission.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function metricsTo(log: (line: string) => void): Metrics {
  return ({ jobNamePrefix }, { succeeded, failed }) => log(JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{
        Namespace: METRICS.namespace,
        Dimensions: [[METRICS.dimension]],
        Metrics: [{ Name: METRICS.succeeded, Unit: 'Count' }, { Name: METRICS.failed, Unit: 'Count' }],
      }],
    },
    [METRICS.dimension]: jobNamePrefix,
    [METRICS.succeeded]: succeeded,
    [METRICS.failed]: failed,
  }));
}
