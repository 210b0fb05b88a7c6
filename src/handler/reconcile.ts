import type { BedrockApi, ImportJob } from './bedrock-api';
import { type Call, decide, type End, type Facts, type Goal, type Step } from './decide';
import { identityOf } from './names';
import { refusalOf } from './refusal';

/**
 * One poll: carries out what `decide` asks for, call by call, until it comes to an end. After a call that starts or
 * deletes something the poll ends: the next one sees what has become of it.
 */
export async function reconcile(goal: Goal, bedrock: BedrockApi, now: () => number, log: (step: Step) => void): Promise<End> {
  let facts: Facts = { now: now() };
  for (;;) {
    const step = decide(goal, facts);
    log(step);
    if (step.do === 'wait' || step.do === 'succeed' || step.do === 'fail') return step;
    try {
      const learned = await call(step, bedrock);
      if (learned === undefined) return { do: 'wait', why: `${step.do} has been called` };
      facts = { ...facts, ...learned };
    } catch (error) {
      facts = { ...facts, now: now(), refusal: refusalOf(step.do, error) };
    }
  }
}

/** Calls Bedrock; returns what is known now, or undefined when what was known no longer holds. */
async function call(step: Call, bedrock: BedrockApi): Promise<Partial<Facts> | undefined> {
  switch (step.do) {
    case 'GetModelImportJob':
      return { [step.into]: await bedrock.getJob(step.jobName) };
    case 'GetImportedModel':
      return { model: await bedrock.getModel(step.modelName) };
    case 'ListModelImportJobs':
      return { [step.into]: await listJobs(step, bedrock) };
    case 'ListImportedModels':
      return { models: await bedrock.listModels() };
    case 'ListTagsForResource':
      return { [step.into]: await bedrock.getTags(step.resourceArn) };
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
      await bedrock.deleteModel(step.modelName);
      return undefined;
  }
}

async function listJobs(step: Call & { readonly do: 'ListModelImportJobs' }, bedrock: BedrockApi): Promise<ImportJob[]> {
  switch (step.into) {
    case 'running':
      return bedrock.listJobs({ statusEquals: step.status });
    case 'ownJobs': {
      // The list finds the owner anywhere in a name, also in a prefix that somebody else has chosen.
      const jobs = await bedrock.listJobs({ nameContains: step.owner });
      return jobs.filter(job => identityOf({ jobName: job.name })?.owner === step.owner);
    }
    case 'recent':
      return bedrock.listJobs({ creationTimeAfter: new Date(step.since) });
  }
}
