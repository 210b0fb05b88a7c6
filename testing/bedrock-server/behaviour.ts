/**
 * What Amazon Bedrock might do otherwise than assumed. Each member is an assumption of README.md that can be turned round, so that the server and the
 * simulation play what an account has shown.
 */
export interface Behaviour {
  /** SRV-1: the response to a request with the token of an earlier one. */
  readonly earlierToken: 'its job' | 'refused' | 'another job';
  /** SRV-4: whether two models can have one name. */
  readonly modelNamesAreUnique: boolean;
}

/** The assumptions. */
export const ASSUMED: Behaviour = {
  earlierToken: 'its job',
  modelNamesAreUnique: true,
};

/** Other values, for the command line: `earlierToken=refused`. */
export function behaviourOf(settings: readonly string[]): Behaviour {
  return settings.reduce((behaviour, setting) => {
    const [name, value] = setting.split('=');
    if (!Object.hasOwn(ASSUMED, name) || value === undefined) {
      throw new Error(`${setting} is no behaviour of Bedrock. There are: ${Object.entries(ASSUMED).map(([one, is]) => `${one}=${is}`).join(', ')}`);
    }
    return { ...behaviour, [name]: /^(true|false|\d+)$/.test(value) ? JSON.parse(value) as unknown : value };
  }, ASSUMED);
}
