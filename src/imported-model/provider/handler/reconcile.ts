import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { BedrockApi, ImportJob } from './bedrock-api';
import { refusalOf } from './bedrock-error';
import { decide } from './decide/decide';
import type { Call, End, Facts, Goal, Step, Unreadable } from './decide/steps';
import { clientRequestTokenOf, identityOfJob } from './names';
import type { LoadNewModel } from './new-model';
import { VERIFICATION_TAG } from '../contract';

/** What a poll calls. */
export interface Apis {
  readonly bedrock: BedrockApi;
  readonly newModel: LoadNewModel;
  /** Ends the calls when the time of the invocation is over. */
  readonly abortSignal?: AbortSignal;
}

/**
 * One poll: makes the calls that `decide` asks for, until it comes to an end. A deletion invalidates everything that was known before, and so does
 * an answer of the model, for which a poll may have waited a minute. The start of an import ends the poll, because nothing is visible yet.
 */
export async function reconcile(goal: Goal, apis: Apis, now: () => number, log: (step: Step) => void): Promise<End> {
  let facts: Facts = { now: now() };
  for (;;) {
    const step = decide(goal, facts);
    log(step);
    if (step.do === 'wait' || step.do === 'succeed' || step.do === 'fail') return step;
    try {
      const learned = await call(step, facts, apis);
      if (learned === undefined) return { do: 'wait', why: `${step.do} has been called` };
      facts = learned.deleted || learned.answer ? { now: now(), answer: facts.answer, ...learned } : { ...facts, ...learned };
    } catch (error) {
      facts = { ...facts, now: now(), refusal: refusalOf(step.do, error) };
    }
  }
}

/** Calls Bedrock. Returns the new facts, or undefined if the poll ends. */
async function call(step: Call, facts: Facts, { abortSignal, bedrock, newModel }: Apis): Promise<Partial<Facts> | undefined> {
  switch (step.do) {
    case 'CheckModelFiles':
      return { files: await newModel().then(async api => api.checkFiles(step.files, abortSignal)).catch(unreadable) };
    case 'InvokeModel':
      return { answer: await (await newModel()).verify(step.modelArn, step.verification, abortSignal) };
    case 'GetModelImportJob':
      return withFact(facts, step.into, step.jobName, await bedrock.getJob(step.jobName));
    case 'GetImportedModel':
      return withFact(facts, step.into, step.modelName, await bedrock.getModel(step.modelName));
    case 'ListModelImportJobs':
      return { [step.into]: await listJobs(step, bedrock) };
    case 'ListImportedModels':
      return { models: await bedrock.listModels() };
    case 'ListTagsForResource':
      return withFact(facts, 'tags', step.resourceArn, await bedrock.getTags(step.resourceArn));
    case 'TagResource':
      for (const { resourceArn, put, remove } of step.changes) {
        if (put.length > 0) await bedrock.tag(resourceArn, put);
        if (remove.length > 0) await bedrock.untag(resourceArn, remove);
      }
      return { retagged: true };
    case 'CreateModelImportJob':
      await bedrock.createJob(inputOf(step));
      return undefined;
    case 'DeleteImportedModel':
      await bedrock.deleteModel(step.modelArn);
      return withFact(facts, 'deleted', step.modelArn, true);
  }
}

/** A check is an additional service: whatever goes wrong with it, the import goes on. */
function unreadable(error: unknown): Unreadable {
  return { unreadable: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

/** A single fact, or one of those that are kept by ARN. */
function withFact(facts: Facts, into: keyof Facts, arn: string, value: object | string | true): Partial<Facts> {
  switch (into) {
    case 'jobs':
    case 'looked':
    case 'tags':
    case 'deleted':
      return { [into]: { ...facts[into], [arn]: value } };
    default:
      return { [into]: value };
  }
}

function inputOf({ jobName, names, request }: Call & { readonly do: 'CreateModelImportJob' }): CreateModelImportJobRequest {
  return {
    jobName,
    importedModelName: names.modelName,
    clientRequestToken: clientRequestTokenOf(names, jobName),
    roleArn: request.roleArn,
    modelDataSource: { s3DataSource: { s3Uri: request.s3Uri } },
    importedModelKmsKeyId: request.importedModelKmsKeyId,
    vpcConfig: request.vpcConfig,
    importedModelTags: request.verified
      ? [...request.importedModelTags, { key: VERIFICATION_TAG.key, value: VERIFICATION_TAG.pending }]
      : request.importedModelTags,
    jobTags: request.jobTags,
  };
}

async function listJobs(step: Call & { readonly do: 'ListModelImportJobs' }, bedrock: BedrockApi): Promise<ImportJob[]> {
  switch (step.into) {
    case 'running':
      return bedrock.listJobs({ statusEquals: step.status });
    case 'ownJobs': {
      // The filter matches the owner anywhere in a name, also in a prefix that somebody else has chosen.
      const jobs = await bedrock.listJobs({ nameContains: step.owner });
      return jobs.filter(job => identityOfJob(job.name)?.owner === step.owner);
    }
    case 'recent':
      return bedrock.listJobs({ creationTimeAfter: new Date(step.since) });
  }
}
