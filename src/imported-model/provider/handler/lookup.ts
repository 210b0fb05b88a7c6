import type { BedrockApi } from './bedrock-api';
import { refusalOf } from './bedrock-error';
import { MINUTE, PROPAGATION_PATIENCE } from '../patience';
import type { End } from './decide/steps';

/** Finds an existing model by its name. */
export async function lookUp(modelName: string, startedAt: number, bedrock: BedrockApi, now: () => number): Promise<End> {
  try {
    const model = await bedrock.getModel(modelName);
    return model === 'absent'
      ? fail(`importedModelName: "${modelName}" must be the name of an imported model of this account and Region. There is none: import it first, or `
        + 'correct the name')
      : { do: 'succeed', model };
  } catch (error) {
    const { kind, message } = refusalOf('GetImportedModel', error);
    const said = `GetImportedModel was refused: ${message}`;
    if (kind === 'final') return fail(said);
    return now() < startedAt + PROPAGATION_PATIENCE
      ? { do: 'wait', why: said }
      : fail(`${said} (for ${PROPAGATION_PATIENCE / MINUTE} minutes). Check the policy of the provider's role, permissions boundaries and service control policies`);
  }
}

function fail(why: string): End {
  return { do: 'fail', why: `${why}.` };
}
