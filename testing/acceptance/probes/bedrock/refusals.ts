import { randomBytes } from 'node:crypto';
import { importRequest, outcomeOf } from './imports';
import type { Probe } from '../probe';
import { absentRole, isOwnFault, judgeKind, judgeOrder, judgeRefusal } from './judge-refusal';

const BODY = JSON.stringify({ prompt: 'The capital of France is', max_tokens: 8 });

/** What Bedrock refuses, so that it costs nothing. */
export const refusals: Probe = {
  name: 'refusals',
  title: 'Send requests that must be refused: unknown models, a role that does not exist, requests that are wrong in two ways',
  ids: ['SRI-1', 'SRI-6', 'SRV-8', 'ASK-9', 'ASK-10'],
  makes: 'nothing',
  minutes: 1,
  cents: 0,
  async run(world, report) {
    const { account, partition, region, run } = world;
    const { bedrock, bedrockRuntime } = world.aws;

    const modelId = `arn:${partition}:bedrock:${region}:${account}:imported-model/${randomBytes(6).toString('hex')}`;
    const byArn = await outcomeOf(bedrockRuntime.invokeModel({ modelId, body: BODY }));
    const byName = await outcomeOf(bedrockRuntime.invokeModel({ modelId: `acceptance-${run}-absent`, body: BODY }));
    judgeRefusal(report, 'SRI-1', 'ResourceNotFoundException', byArn, 'by an ARN');
    judgeRefusal(report, 'SRI-1', 'ValidationException', byName, 'by a name');

    const malformed = await outcomeOf(bedrockRuntime.invokeModel({ modelId, body: 'no JSON' }));
    const evidence = `unknown model and a body that is no JSON: ${malformed.text}`;
    if (malformed.error && isOwnFault(malformed.error)) report.notObserved('SRI-6', evidence);
    else report.judge('SRI-6', malformed.text === byArn.text, evidence);

    judgeKind(report, 'ASK-10', 'role', await outcomeOf(bedrock.createModelImportJob(importRequest(world, absentRole(world)))));
    const modelDataSource = { s3DataSource: { s3Uri: `s3://${world.weights.bucket}/with space/` } }; // not allowed
    judgeOrder(report, 'shape', 'role', await outcomeOf(bedrock.createModelImportJob(importRequest(world, absentRole(world), { modelDataSource }))));
    const jobTags = [{ key: 'aws:acceptance', value: '' }];
    judgeOrder(report, 'tags', 'role', await outcomeOf(bedrock.createModelImportJob(importRequest(world, absentRole(world), { jobTags }))));
  },
};
