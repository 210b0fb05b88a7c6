import { parseArgs } from 'node:util';

/** Arguments that are wrong. The message ends with the repair. */
export class UsageError extends Error {}

export interface CheckArguments {
  readonly command: 'check';
  /** The model, as the user has written it. */
  readonly target: string;
  readonly region?: string;
  readonly acknowledged: readonly string[];
  readonly strict: boolean;
  readonly json: boolean;
}

export type Arguments = CheckArguments | { readonly command: 'help' | 'version' };

/** Parses the arguments. Throws on unknown ones. */
export function parseArguments(args: string[], rules: readonly string[]): Arguments {
  const { values, positionals } = parsed(args);
  if (values.help) return { command: 'help' };
  if (values.version) return { command: 'version' };
  const [command, target, ...others] = positionals;
  if (command !== 'check') {
    throw new UsageError(command === undefined ? 'A command is missing. The only one is "check".' : `Unknown command "${command}". The only one is "check".`);
  }
  if (!target) throw new UsageError('The model is missing. Give a directory, s3://bucket/prefix or hf://organization/model.');
  if (others.length > 0) throw new UsageError(`One model at a time: "${target}" or "${others[0]}".`);
  const { region, acknowledge: acknowledged = [], strict = false, json = false } = values;
  if (region !== undefined && !/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) throw new UsageError(`--region: "${region}" is no Region. Write one like "us-east-1".`);
  for (const rule of acknowledged) {
    if (!rules.includes(rule)) throw new UsageError(`--acknowledge: there is no rule "${rule}". ${suggestion(rule, rules)}`);
  }
  return { command, target, region, acknowledged, strict, json };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        region: { type: 'string' },
        acknowledge: { type: 'string', multiple: true },
        strict: { type: 'boolean' },
        json: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The rule that was probably meant, or all of them. */
function suggestion(rule: string, rules: readonly string[]): string {
  const [nearest] = rules.map(one => ({ one, distance: distanceOf(rule.toLowerCase(), one) })).sort((a, b) => a.distance - b.distance);
  if (nearest && nearest.distance <= Math.max(2, rule.length / 4)) return `Do you mean "${nearest.one}"?`;
  return `Use one of: ${[...rules].sort().join(', ')}.`;
}

/** The number of characters to insert, remove or replace to make one text of the other. */
function distanceOf(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const replaced = above[column - 1] + (one[row - 1] === other[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, above[column] + 1, current[column - 1] + 1));
    }
    above = current;
  }
  return above[other.length];
}
