import { randomUUID } from 'node:crypto';
import { importEnded, importRequest, outcomeOf, startImport } from '../imports';
import type { Probe } from '../probe';
import { createRole, readsWeights, trustOfBedrock } from '../roles';

/** What CreateModelImportJob does with tokens and names that were used before. */
export const create: Probe = {
  name: 'create',
  title: 'Repeat requests for an import with the same token and the same names',
  ids: ['SRV-1', 'SRV-4'],
  makes: 'a role, two import jobs and up to two models',
  minutes: 60,
  cents: 10,
  async run(world, report) {
    const { bedrock } = world.aws;
    const roleArn = await createRole(world, 'create', trustOfBedrock(world), readsWeights(world));
    const request = importRequest(world, roleArn);
    const jobArn = await startImport(world, request);

    const repeated = await outcomeOf(bedrock.createModelImportJob(request));
    report.judge('SRV-1', repeated.result?.jobArn === jobArn, `${repeated.text} ${repeated.result?.jobArn === jobArn ? 'with the same jobArn' : ''}`);

    const { status } = await importEnded(world, jobArn);
    if (status !== 'Completed') return;
    const sameModel = importRequest(world, roleArn, { importedModelName: request.importedModelName, clientRequestToken: randomUUID() });
    const second = await outcomeOf(startImport(world, sameModel));
    report.judge('SRV-4', second.error?.name === 'ValidationException', second.text);
  },
};
