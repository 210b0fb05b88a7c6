import { version as cli } from 'aws-cdk/package.json';
import { version as cdk } from 'aws-cdk-lib/package.json';
import { ASSUMPTIONS } from './assumptions';
import { type Finding, VERDICTS } from './findings';
import type { Remaining } from './ledger';
import { SWITCHES } from './switches';

/** How a story ended. */
export interface StoryResult {
  readonly name: string;
  readonly title: string;
  /** What it showed. */
  readonly lines: readonly string[];
  /** Why it failed. @default - it did not */
  readonly error?: string;
}

/** The outcome of a run. */
export interface Outcome {
  readonly date: Date;
  readonly region: string;
  readonly account: string;
  readonly findings: readonly Finding[];
  readonly stories: readonly StoryResult[];
  readonly remaining: readonly Remaining[];
  /** Whether the user has stopped it. */
  readonly interrupted: boolean;
}

/** What the report says of an assumption. */
interface Row extends Finding {
  readonly statement: string;
  /** What to change if it is contradicted. */
  readonly remedy?: string;
}

const rowsOf = ({ findings }: Outcome): Row[] => findings.map(finding => ({
  ...finding,
  statement: ASSUMPTIONS.find(({ id }) => id === finding.id)!.statement,
  ...finding.verdict === 'contradicted' ? { remedy: remedyOf(finding.id) } : {},
}));

/** The switch that makes the tests play what AWS does, or what to change by hand. */
export function remedyOf(id: string): string {
  const { iam, server = [], simulation, change } = SWITCHES[id] ?? {};
  const ways = [server].flat();
  const played = ways.map(way => Object.entries(way).map(([name, value]) => `--behaviour '${name}=${String(value)}'`).join(' '));
  return [
    ...ways.length > 0 ? [`Bedrock server: ${ways.map(way => `\`behaviour: ${JSON.stringify(way)}\``).join(' or ')}`] : [],
    ...ways.length > 0 && isSimulated(id) ? [`simulation: ${played.map(one => `\`npm run simulate -- ${one}\``).join(' or ')}`] : [],
    ...iam === undefined ? [] : [`enforcement of IAM: \`${JSON.stringify(iam)}\``],
    ...simulation === undefined ? [] : [`simulation: ${simulation}`],
    ...change === undefined ? [] : [change],
  ].join('; ');
}

/** The simulation plays neither batch inference nor how a model answers. */
const isSimulated = (id: string) => !/^(BAT|SRB|SRI)-/.test(id);

/** The report for programs. */
export function jsonReport(outcome: Outcome): string {
  const { date, region, account, stories, remaining, interrupted } = outcome;
  return `${JSON.stringify({ date, region, account, versions: versions(), interrupted, assumptions: rowsOf(outcome), stories, remaining }, undefined, 2)}\n`;
}

/** The report for people: what is wrong comes first. */
export function markdownReport(outcome: Outcome): string {
  const rows = rowsOf(outcome);
  const { date, region, account, stories, remaining, interrupted } = outcome;
  const sections = VERDICTS.map(verdict => {
    const found = rows.filter(row => row.verdict === verdict);
    const remedies = verdict === 'contradicted' ? ['what to change'] : [];
    return table(`${capital(verdict)} (${found.length})`, ['id', 'assumption', 'what was seen', ...remedies],
      found.map(({ id, statement, evidence, remedy }) => [id, statement, evidence, ...remedy === undefined ? [] : [remedy]]));
  });
  return [
    `# Acceptance test of ${date.toISOString().slice(0, 10)}`,
    `Account ${account}, Region ${region}. ${Object.entries(versions()).map(([name, version]) => `${name} ${version}`).join(', ')}.`
      + (interrupted ? ' **The run was stopped before its end.**' : ''),
    ...sections,
    table(`Stories (${stories.length})`, ['story', 'result', 'what was seen'],
      stories.map(({ name, title, lines, error }) => [`${name}: ${title}`, error === undefined ? 'passed' : 'failed', [...lines, ...error === undefined ? [] : [error]].join('\n')])),
    table(`Not removed (${remaining.length})`, ['what', 'why', 'command'],
      remaining.map(({ what, reason, command }) => [what, reason, `\`${command}\``])),
  ].filter(section => section !== '').join('\n\n') + '\n';
}

/** A text in which no account is named. */
export function withoutAccounts(text: string): string {
  return text.replace(/(?<!\d)\d{12}(?!\d)/g, '<account>');
}

function table(heading: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, '<br>')).join(' | ')} |`;
  return [`## ${heading}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

function versions(): { readonly [name: string]: string } {
  return { 'aws-cdk-lib': cdk, 'aws-cdk': cli, 'Node.js': process.version };
}

const capital = (text: string) => text[0].toUpperCase() + text.slice(1);
