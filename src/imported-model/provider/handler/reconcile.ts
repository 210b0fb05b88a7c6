import type { BedrockApi, ImportJob } from './bedrock-api';
import { type Call, decide, type End, type Facts, type Goal, type Step } from './decide';
import { identityOfJob } from './names';
import { refusalOf } from './refusal';

/**
 * One poll: carries out what `decide` asks for, call by call, until it comes to an end. After a deletion nothing counts that was known
 * before; after the start of an import the poll ends, for there is nothing to see yet.
 */
export async function reconcile(goal: Goal, bedrock: BedrockApi, now: () => number, log: (step: Step) => void): Promise<End> {
  let facts: Facts = { now: now() };
  for (;;) {
    const step = decide(goal, facts);
    log(step);
    if (step.do === 'wait' || step.do === 'succeed' || step.do === 'fail') return step;
    try {
      const news = await call(step, facts, bedrock);
      if (news === undefined) return { do: 'wait', why: `${step.do} has been called` };
      facts = news.deleted ? { now: now(), ...news } : { ...facts, ...news };
    } catch (error) {
      facts = { ...facts, now: now(), refusal: refusalOf(step.do, error) };
    }
  }
}

/** Calls Bedrock; returns what is known now, or undefined when the poll is over. */
async function call(step: Call, facts: Facts, bedrock: BedrockApi): Promise<Partial<Facts> | undefined> {
  switch (step.do) {
    case 'GetModelImportJob':
      return learned(facts, step.into, step.jobName, await bedrock.getJob(step.jobName));
    case 'GetImportedModel':
      return learned(facts, step.into, step.modelName, await bedrock.getModel(step.modelName));
    case 'ListModelImportJobs':
      return { [step.into]: await listJobs(step, bedrock) };
    case 'ListImportedModels':
      return { models: await bedrock.listModels() };
    case 'ListTagsForResource':
      return learned(facts, 'tags', step.resourceArn, await bedrock.getTags(step.resourceArn));
    case 'TagResource':
      for (const { resourceArn, put, remove } of step.changes) {
        if (put.length > 0) await bedrock.tag(resourceArn, put);
        if (remove.length > 0) await bedrock.untag(resourceArn, remove);
      }
      return { retagged: true };
    case 'CreateModelImportJob':
      await bedrock.createJob(step.jobName, step.names, step.request);
      return undefined;
    case 'DeleteImportedModel':
      await bedrock.deleteModel(step.modelArn);
      return learned(facts, 'deleted', step.modelArn, true);
  }
}

/** A fact of its own, or one of those that are kept by ARN. */
function learned(facts: Facts, into: keyof Facts, arn: string, value: object | string | true): Partial<Facts> {
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

async function listJobs(step: Call & { readonly do: 'ListModelImportJobs' }, bedrock: BedrockApi): Promise<ImportJob[]> {
  switch (step.into) {
    case 'running':
      return bedrock.listJobs({ statusEquals: step.status });
    case 'ownJobs': {
      // The list finds the owner anywhere in a name, also in a prefix that somebody else has chosen.
      const jobs = await bedrock.listJobs({ nameContains: step.owner });
      return jobs.filter(job => identityOfJob(job.name)?.owner === step.owner);
    }
    case 'recent':
      return bedrock.listJobs({ creationTimeAfter: new Date(step.since) });
  }
}
