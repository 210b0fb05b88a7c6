import { STORIES } from '../../acceptance/stories';
import { type Account, MINUTE } from '../account';
import type { Scenario } from '../scenario';

/** What a story needs of Bedrock here, which takes its time in an account. */
const PREPARATIONS: { readonly [story: string]: (account: Account) => void } = {
  interrupted: ({ bedrock }) => {
    bedrock.planNextImport({ durationMs: MINUTE });
    bedrock.planNextImport({ durationMs: 15 * MINUTE });
  },
};

/** The stories of the acceptance test, which somebody with an account plays there. */
export const stories: Scenario[] = STORIES.map(({ name, title, play }) => ({
  name: `story-${name}`,
  title,
  async play(account, show) {
    PREPARATIONS[name]?.(account);
    await play(account.world(line => show('story', line)), show);
  },
}));
