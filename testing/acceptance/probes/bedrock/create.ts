import { firstModel, importRequest, outcomeOf, runningImports } from './imports';
import type { Probe } from '../probe';
import { judgeEarlierToken, judgeKind, judgeRefusal } from './judge-refusal';
import type { World } from '../../world';

const LOOK_MS = 15_000;
/** How often an import is looked for that should not have started: for an hour. */
const LOOKS = 240;

/** What CreateModelImportJob does with tokens and names that were used before. */
export const create: Probe = {
  name: 'create',
  title: 'Repeat the request for the first model with the same token and the same names',
  ids: ['SRV-1', 'SRV-4', 'ASK-9', 'ASK-11', 'ASK-12'],
  makes: 'a role, a key, and the first model if no other probe has imported it; if a name can be used twice, up to two more import jobs and models',
  minutes: 60,
  cents: 5,
  async run(world, report) {
    const { bedrock } = world.aws;
    const { request, job: { jobArn } } = await firstModel(world);
    const { jobName, roleArn, importedModelName } = request;
    judgeEarlierToken(report, 'after the import', jobArn!, await outcomeOf(bedrock.createModelImportJob(request)));
    judgeKind(report, 'ASK-11', 'busy', await outcomeOf(bedrock.createModelImportJob(importRequest(world, roleArn!, { jobName }))));

    await noneRunning(world);
    const taken = await outcomeOf(bedrock.createModelImportJob(importRequest(world, roleArn!, { importedModelName })));
    judgeRefusal(report, 'SRV-4', 'ValidationException', taken);
    judgeKind(report, 'ASK-12', 'busy', taken);
    await noneRunning(world);
  },
};

/** Waits for imports that AWS has accepted although they should have been refused: no other can run. */
async function noneRunning(world: World): Promise<void> {
  for (let looks = 0; looks < LOOKS && await runningImports(world) > 0; looks += 1) await world.time.sleep(LOOK_MS);
}
