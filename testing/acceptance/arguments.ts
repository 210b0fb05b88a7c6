import { parseArgs } from 'node:util';

export const USAGE = `npm run acceptance -- --account <id> --region <region> [options]

Compares every assumption about AWS with a real account, and plays the main deployments there with the CDK CLI. Prints what it would make, what that
costs at most and how long it takes, and does nothing before you answer "yes". Removes everything at the end, also after Ctrl-C.

  --account <id>          the account, which must be that of the credentials
  --region <region>       a Region in which Bedrock imports models
  --only <name,...>       only these probes and stories
  --skip <name,...>       all but these
  --weights <s3 uri>      a folder with a model of yours, instead of the smallest one of the tests
  --batch-model <id>      the base model for batch inference [default: amazon.nova-micro-v1:0]
  --output <directory>    where the report is written [default: .]
  --with-ids              do not remove account ids from the report
  --list                  list probes and stories, and which assumptions each one looks at
  --clean-up <file>       remove what an earlier run has made, from its acceptance-<run>.ledger.json
  --help                  show this help
`;

export interface Arguments {
  readonly account?: string;
  readonly region?: string;
  readonly only?: readonly string[];
  readonly skip: readonly string[];
  readonly weights?: string;
  readonly batchModel: string;
  readonly output: string;
  readonly withIds: boolean;
  readonly list: boolean;
  readonly cleanUp?: string;
  readonly help: boolean;
}

/** Parses the arguments. Throws on unknown ones, and on values that cannot be right. */
export function parseArguments(args: readonly string[], names: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'account': { type: 'string' },
      'region': { type: 'string' },
      'only': { type: 'string' },
      'skip': { type: 'string' },
      'weights': { type: 'string' },
      'batch-model': { type: 'string', default: 'amazon.nova-micro-v1:0' },
      'output': { type: 'string', default: '.' },
      'with-ids': { type: 'boolean', default: false },
      'list': { type: 'boolean', default: false },
      'clean-up': { type: 'string' },
      'help': { type: 'boolean', default: false },
    },
  });
  const { account, region, only, skip, weights, list, help, output } = values;
  if (!list && !help) {
    if (account === undefined || region === undefined) throw new Error('--account and --region are required: nothing runs in an account that you did not name');
    if (!/^\d{12}$/.test(account)) throw new Error(`--account ${account}: an account id has 12 digits`);
  }
  if (weights !== undefined && !/^s3:\/\/[^/]+\/.+\/$/.test(weights)) {
    throw new Error(`--weights ${weights}: must be s3://<bucket>/<folder>/, with a slash at the end`);
  }
  const listed = (option: string, value?: string) => value?.split(',').map(name => {
    if (!names.includes(name)) throw new Error(`--${option} ${name}: there is no such probe or story; see --list`);
    return name;
  });
  return {
    account,
    region,
    weights,
    list,
    help,
    output,
    only: listed('only', only),
    skip: listed('skip', skip) ?? [],
    batchModel: values['batch-model'],
    withIds: values['with-ids'],
    cleanUp: values['clean-up'],
  };
}
