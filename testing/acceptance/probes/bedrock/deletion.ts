import { firstModel, importEnded, importRequest, judgeLag, lagOf, outcomeOf, removeModel } from './imports';
import type { Probe } from '../probe';
import { isOwnFault, subjectOf } from './judge-refusal';

/** Between two attempts to delete a model, as the handler polls. */
const ATTEMPT_MS = 30_000;
const MAX_ATTEMPTS = 20;
/** RET-6: how long after its end a job is read again, at least. */
const READABLE_MS = 5 * 60_000;
/** CMI-4: how often a deletion is assumed to conflict. */
const ASSUMED_CONFLICTS = 3;

/** What the deletion of a model does to it, to its job and to its name. */
export const deletion: Probe = {
  name: 'deletion',
  title: 'Delete the first model, and import another one with its name',
  ids: ['SRV-5', 'SRV-10', 'SRV-12', 'SRV-13', 'CMI-1', 'CMI-4', 'RET-6'],
  makes: 'an import job and its model',
  minutes: 60,
  cents: 2,
  isLastWithItsModels: true,
  async run(world, report) {
    const { bedrock } = world.aws;
    const { request, job, modelArn } = await firstModel(world);
    const { jobArn, endTime } = job;
    await world.time.sleep(Math.max(0, endTime!.getTime() + READABLE_MS - world.time.now()));
    const read = await outcomeOf(bedrock.getModelImportJob({ jobIdentifier: jobArn }));
    const minutes = Math.round((world.time.now() - endTime!.getTime()) / 60_000);
    if (read.error && isOwnFault(read.error)) report.notObserved('RET-6', read.text);
    else report.judge('RET-6', read.result?.jobArn === jobArn, `GetModelImportJob ${minutes} minutes after the end of the job: ${read.result?.status ?? read.text}`);

    const texts: string[] = [];
    for (let attempt = 1; ; attempt += 1) {
      const { error, text } = await outcomeOf(bedrock.deleteImportedModel({ modelIdentifier: modelArn }));
      if (!error) break;
      if (error.name !== 'ConflictException' || attempt >= MAX_ATTEMPTS) throw error;
      texts.push(text);
      await world.time.sleep(ATTEMPT_MS);
    }
    const conflicts = `${texts.length} conflicts, ${ATTEMPT_MS / 1000} s apart${texts.length > 0 ? `: ${[...new Set(texts)].join('; ')}` : ''}`;
    report.judge('SRV-13', texts.length === 0, conflicts);
    report.judge('CMI-4', texts.length <= ASSUMED_CONFLICTS, conflicts);

    const again = await outcomeOf(bedrock.deleteImportedModel({ modelIdentifier: modelArn }));
    judgeLag(report, 'DeleteImportedModel', await lagOf(world, {
      GetImportedModel: async () => (await outcomeOf(bedrock.getImportedModel({ modelIdentifier: modelArn }))).error?.name === 'ResourceNotFoundException',
      ListImportedModels: async () => (await bedrock.listImportedModels({ nameContains: request.importedModelName })).modelSummaries?.length === 0,
    }));
    // A second deletion that is accepted says nothing: it may be idempotent.
    if (!again.error || isOwnFault(again.error)) report.notObserved('SRV-12', `a second deletion: ${again.text}`);
    else report.judge('SRV-12', again.error.name === 'ResourceNotFoundException', `a second deletion at once: ${again.text}`);

    const { status, importedModelArn } = await bedrock.getModelImportJob({ jobIdentifier: jobArn });
    report.judge('SRV-10', status === 'Completed' && importedModelArn === modelArn, `${status}, importedModelArn ${importedModelArn}`);

    const sameName = importRequest(world, request.roleArn!, { importedModelName: request.importedModelName });
    const reused = await outcomeOf(bedrock.createModelImportJob(sameName));
    if (reused.error && subjectOf(reused.error) !== 'name') report.notObserved('SRV-5', reused.text);
    else report.judge('SRV-5', !reused.error, `the name of a model that was deleted: ${reused.text}`);
    if (reused.result) {
      // The next probes need its place.
      const { importedModelArn: secondArn } = await importEnded(world, reused.result.jobArn!);
      if (secondArn !== undefined) await removeModel(world, secondArn);
    }
  },
};
