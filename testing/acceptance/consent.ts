import type { STS } from '@aws-sdk/client-sts';
import type { Arguments } from './arguments';
import { REGIONS } from '../../src/model-format';

/** A reason not to run, which is no fault of the program. */
export class Refusal extends Error {}

/** What a run does, for the user. */
export interface Undertaking {
  readonly name: string;
  readonly title: string;
  readonly makes: string;
  readonly minutes: number;
  readonly cents: number;
}

/** Refuses where nobody could answer, before anything is called. */
export function refuseUnattended(env: NodeJS.ProcessEnv): void {
  if (env.CI !== undefined && env.CI !== 'false' && env.CI !== '') {
    throw new Refusal(`CI=${env.CI} is set: the acceptance test makes resources that cost money, and runs only for a person who accepts them`);
  }
}

/** Refuses if the account or the Region is not what the credentials and the environment say. Returns the partition. */
export async function refuseOtherAccount({ account, region }: Arguments, sts: STS, env: NodeJS.ProcessEnv): Promise<string> {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const set = env[name];
    if (set && set !== region) throw new Refusal(`--region ${region}, but ${name} is ${set}: unset it, or name its Region`);
  }
  if (!REGIONS.includes(region!)) throw new Refusal(`--region ${region}: Bedrock imports models in ${REGIONS.join(', ')}`);
  const identity = await sts.getCallerIdentity({}).catch((error: Error) => {
    throw new Refusal(`No usable credentials (${error.name}: ${error.message}). Sign in first, for example with "aws sso login", and set AWS_PROFILE`);
  });
  if (identity.Account !== account) {
    throw new Refusal(`--account ${account}, but the credentials are those of ${identity.Arn}: nothing was made`);
  }
  if (identity.Arn!.endsWith(':root')) throw new Refusal('These are credentials of the root user, which cannot assume roles: use those of an administrator');
  return identity.Arn!.split(':')[1];
}

/** What the user accepts: everything that is made, the highest cost, and the longest time. */
export function describeUndertakings(undertakings: readonly Undertaking[]): string {
  const rows = undertakings.map(({ name, title, makes, minutes, cents }) => [
    `  ${name} (at most ${durationOf(minutes)}, ${dollarsOf(cents)})`, `      ${title}`, `      makes: ${makes}`,
  ].join('\n'));
  const sum = (member: 'minutes' | 'cents') => undertakings.reduce((total, one) => total + one[member], 0);
  return `${rows.join('\n')}

Together at most ${durationOf(sum('minutes'))} and ${dollarsOf(sum('cents'))}, one after the other. Everything is removed at the end.
The costs are those of models with one Custom Model Unit per copy; larger ones of --weights cost as many times more. Imports use the one place for
running imports of this account, and up to three places for models, at the same time as others.
AWS KMS deletes keys after seven days, which are free. Import jobs, batch inference jobs and events of deleted stacks stay in the lists of the account,
the assets of the stacks in the bucket of "cdk bootstrap" (2 MB), and an entry for deliveries in the resource policy of CloudWatch Logs.`;
}

function durationOf(minutes: number): string {
  return minutes < 60 ? `${minutes} minutes` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function dollarsOf(cents: number): string {
  return `US$ ${(cents / 100).toFixed(2)}`;
}
