import { parseArgs } from 'node:util';

export const USAGE = `npm run demo [-- <options>]

Deploys the example of this library with the real CDK CLI, on a local AWS: no account, no credentials, no Docker.

  --batch     run the imported model for a file of records, instead of replacing it
  --keep      stop before "cdk destroy", leave everything running, and print how to explore it
  --verbose   show all output of the CDK CLI
  --help      show this help
`;

export interface Arguments {
  readonly batch: boolean;
  readonly keep: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
}

/** Parses the arguments. Throws on unknown ones. */
export function parseArguments(args: string[]): Arguments {
  const { values } = parseArgs({
    args,
    options: {
      batch: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values as Arguments;
}
