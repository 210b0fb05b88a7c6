import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { judge, judgeError } from './answer';
import type { NewModel } from './new-model';
import { checkModel } from '../../../model-format';
import { parseTemplate } from '../../../model-format/folders/chat-template';
import { S3Folder } from '../../../model-format/folders/s3-folder';
import { ANSWER_TIMEOUT, CONNECTION_TIMEOUT, REQUEST_TIMEOUT } from '../patience';

/** Amazon S3 and Bedrock, as Lambda calls them. */
export function s3AndBedrock({ answerTimeout = ANSWER_TIMEOUT, region = process.env.AWS_REGION } = {}): NewModel {
  // The next poll is the retry: a model that is being loaded refuses for minutes.
  const runtime = new BedrockRuntimeClient({ maxAttempts: 1, requestHandler: timeouts(answerTimeout) });
  return {
    async checkFiles({ acknowledgedRules, s3Uri }, abortSignal) {
      const [, bucket, prefix] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(s3Uri) ?? [];
      const folder = new S3Folder({ bucket, prefix }, { requestHandler: timeouts(REQUEST_TIMEOUT) });
      return unlessAborted(abortSignal, async () => {
        await folder.list(); // then its Region is known
        const { bucketRegion } = folder;
        return checkModel(folder, { region, bucketRegion, acknowledged: acknowledgedRules, parseTemplate });
      });
    },
    async verify(modelId, verification, abortSignal) {
      const request = new InvokeModelCommand({ modelId, body: verification.body, contentType: 'application/json', accept: 'application/json' });
      try {
        const { body } = await runtime.send(request, { abortSignal });
        return judge(verification, Buffer.from(body).toString());
      } catch (error) {
        return judgeError(verification, error);
      }
    },
  };
}

function timeouts(requestTimeout: number) {
  return { connectionTimeout: CONNECTION_TIMEOUT, requestTimeout, throwOnRequestTimeout: true, socketTimeout: requestTimeout };
}

/** The reads of a folder take no signal, so they are left behind when the time of the invocation is over. */
async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('The files could not be read in time')), { once: true });
  });
  return Promise.race([work(), aborted]);
}
