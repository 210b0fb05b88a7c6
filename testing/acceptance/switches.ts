import type { Behaviour } from '../bedrock-server/behaviour';

/** What to do when an assumption is wrong. */
export interface Remedy {
  /** The behaviour of the Bedrock server, and of the simulation (`npm run simulate -- --behaviour name=value`), that contradicts it. */
  readonly server?: Partial<Behaviour>;
  /** The option of the simulation that plays it. */
  readonly simulation?: string;
  /** What to change in the library or in its tests, where no switch is enough. */
  readonly change?: string;
}

export const SWITCHES: { readonly [id: string]: Remedy } = {
  'SRV-1': { server: { earlierToken: 'refused' } },
  'SRV-4': { server: { modelNamesAreUnique: false } },
};
