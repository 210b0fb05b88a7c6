import { parseArgs } from 'node:util';

export const USAGE = `npm run demo [-- <options>]

Deploys the example of this library with the real CDK CLI, on a local AWS: no account, no credentials, no Docker.

  --keep      stop before "cdk destroy", leave everything running, and say how to look around
  --verbose   show everything that the CDK CLI says
  --help      show this
`;

export interface Arguments {
  readonly keep: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
}

/** Throws on anything that it does not know. */
export function parseArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values as Arguments;
}
