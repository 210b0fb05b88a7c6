import type { Result } from './check';
import { isInS3 } from './target';
import { harmless, type Screen, type Style, wrap } from './terminal';
import type { Finding, Severity } from '../finding';

/** The number of files that a finding names, if a rule finds the same in many. */
const SHOWN_FILES = 5;

const TITLES: { readonly [severity in Severity]: readonly [title: string, style: Style] } = {
  error: ['Errors', 'red'],
  warning: ['Warnings', 'yellow'],
  info: ['For information', 'cyan'],
};

/** The report for people: what was checked, what was found, and what that means. */
export function report(result: Result, strict: boolean, screen: Screen): string {
  const open = result.findings.filter(({ acknowledged }) => !acknowledged);
  const sections = (Object.keys(TITLES) as Severity[])
    .map(severity => section(...TITLES[severity], open.filter(one => one.severity === severity), screen));
  const acknowledged = section('Acknowledged', 'dim', result.findings.filter(one => one.acknowledged), screen);
  const parts = [summary(result, screen), ...sections, acknowledged, conclusion(result, strict, screen)];
  return parts.filter(part => part !== '').map(part => `${part}\n`).join('\n');
}

/** Whether the command succeeds. */
export function succeeds({ passed, findings }: Result, strict: boolean): boolean {
  return passed && !(strict && count(findings, 'warning') > 0);
}

/** A size as people write it, with three digits. */
export function bytes(size: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = size;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit]}`;
}

function summary({ target, revision, region, bucketRegion, digest, files, weightBytes, read }: Result, { columns, paint }: Screen): string {
  const places = [
    ...bucketRegion === undefined ? [] : [`bucket in ${bucketRegion}`],
    ...region === undefined ? [] : [`import in ${region}`],
  ];
  return [
    paint('bold', harmless(target)),
    ...revision === undefined ? [] : [`  commit ${revision}`],
    ...wrap([`${plural(files, 'file')}, ${bytes(weightBytes)} of weights`, ...places].join('; '), columns - 2).map(line => `  ${line}`),
    // That of a deployment; on a disk, files have no entity tags.
    ...isInS3(target) ? [`  digest ${digest}`] : [],
    paint('dim', `  read: ${bytes(read.bytes)} in ${plural(read.calls, 'call')}`),
  ].join('\n');
}

function section(title: string, style: Style, findings: readonly Finding[], screen: Screen): string {
  if (findings.length === 0) return '';
  const groups = new Map<string, Finding[]>();
  for (const one of findings) {
    // A rule often finds the same in each of the files with weights.
    const key = JSON.stringify([one.rule, one.message, one.remedy]);
    groups.set(key, [...groups.get(key) ?? [], one]);
  }
  return [screen.paint(style, `${title} (${findings.length})`), ...[...groups.values()].map(group => entry(group, style, screen))].join('\n\n');
}

function entry(group: readonly Finding[], style: Style, { columns, paint }: Screen): string {
  const { rule, message, remedy, source } = group[0];
  const files = group.map(({ file }) => file).filter(file => file !== undefined);
  const shown = files.slice(0, SHOWN_FILES).map(harmless);
  if (files.length > SHOWN_FILES) shown.push(`${files.length - SHOWN_FILES} more`);
  const text = (start: string, content: string) => wrap(harmless(content), columns - 4 - start.length)
    .map((line, index) => `    ${index === 0 ? start : ' '.repeat(start.length)}${line}`);
  return [
    `  ${paint(style, '●')} ${paint('bold', rule)}`,
    ...shown.length === 0 ? [] : wrap(shown.join(', '), columns - 4).map(line => `    ${paint('cyan', line)}`),
    ...text('', message),
    ...text('→ ', remedy),
    ...text('', source).map(line => paint('dim', line)),
  ].join('\n');
}

function conclusion(result: Result, strict: boolean, { columns, paint }: Screen): string {
  const style = !succeeds(result, strict) ? 'red' : count(result.findings, 'warning') > 0 ? 'yellow' : 'green';
  return wrap(verdict(result, strict), columns).map(line => paint(style, line)).join('\n');
}

/** What the findings mean. */
function verdict({ passed, findings }: Result, strict: boolean): string {
  const errors = count(findings, 'error');
  const warnings = count(findings, 'warning');
  if (!passed) return `Bedrock would refuse this model: ${plural(errors, 'error')}${warnings > 0 ? `, ${plural(warnings, 'warning')}` : ''}.`;
  const acknowledged = findings.filter(({ severity }) => severity === 'error').length; // none is open
  const accepted = `Bedrock may refuse this model: ${plural(acknowledged, 'error')} ${acknowledged === 1 ? 'is' : 'are'} acknowledged.`;
  if (warnings > 0) {
    return `${acknowledged > 0 ? accepted : 'No error.'} ${plural(warnings, 'warning')}: the import may fail, or the model may answer differently`
      + `${strict ? ' (--strict)' : ''}.`;
  }
  return acknowledged > 0 ? accepted : 'Bedrock can import this model, as far as its files say.';
}

function count(findings: readonly Finding[], severity: Severity): number {
  return findings.filter(one => one.severity === severity && !one.acknowledged).length;
}

function plural(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
