import { firstModel, importRequest, outcomeOf, untilNoneRuns } from './imports';
import type { Probe } from '../probe';
import { judgeEarlierToken, judgeKind, judgeRefusal } from './judge-refusal';

/** What CreateModelImportJob does with tokens and names that were used before. */
export const create: Probe = {
  name: 'create',
  title: 'Repeat the request for the first model with the same token and the same names',
  ids: ['SRV-1', 'SRV-4', 'ASK-9', 'ASK-11', 'ASK-12'],
  makes: 'a role, a stack with a key, and the first model if no other probe has imported it; if a name can be used twice, up to two more import jobs and models',
  minutes: 60,
  cents: 5,
  async run(world, report) {
    const { bedrock } = world.aws;
    const { request, job: { jobArn } } = await firstModel(world);
    const { jobName, roleArn, importedModelName } = request;
    judgeEarlierToken(report, 'after the import', jobArn!, await outcomeOf(bedrock.createModelImportJob(request)));
    judgeKind(report, 'ASK-11', 'busy', await outcomeOf(bedrock.createModelImportJob(importRequest(world, roleArn!, { jobName }))));

    // AWS may have accepted what should be refused, and no other import can run meanwhile.
    await untilNoneRuns(world);
    const taken = await outcomeOf(bedrock.createModelImportJob(importRequest(world, roleArn!, { importedModelName })));
    judgeRefusal(report, 'SRV-4', 'ValidationException', taken);
    judgeKind(report, 'ASK-12', 'busy', taken);
    await untilNoneRuns(world);
  },
};
