/**
 * Compares every assumption about AWS with a real account. See README.md.
 *
 *     npm run acceptance -- --account <id> --region <region>
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { newRun, realTime, withAccount } from './account';
import { type Arguments, parseArguments, USAGE } from './arguments';
import { describeUndertakings, Refusal, refuseOtherAccount, refuseUnattended } from './consent';
import { Findings } from './findings';
import { Ledger, ledgerOf, type Remaining } from './ledger';
import { NOT_OBSERVABLE } from './not-observable';
import { PROBES } from './probes';
import { runProbe } from './probes/run-probe';
import { jsonReport, markdownReport, type Outcome, type StoryResult, withoutAccounts } from './report';
import { STORIES } from './stories';
import { clientsOf, type World } from './world';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm sends the same signal once more that the terminal has sent. */
const RELAYED_MS = 2000;
const NAMES = [...PROBES, ...STORIES].map(({ name }) => name);

async function main(): Promise<number> {
  // A closed terminal, or a pipe that ends, must not prevent the clean-up.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.on('unhandledRejection', error => console.error(error));
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  let args: Arguments;
  try {
    args = parseArguments(process.argv.slice(2), NAMES);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (args.help) return tell(USAGE);
  if (args.list) return tell(listed());
  try {
    refuseUnattended(process.env);
    const aws = clientsOf({ region: args.region! });
    const partition = await refuseOtherAccount(args, aws.sts, process.env);
    return args.cleanUp === undefined ? await undertake(args, partition) : await cleanUp(args, args.cleanUp);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

/** Asks the user, runs everything, cleans up and reports. */
async function undertake(args: Arguments, partition: string): Promise<number> {
  const account = args.account!;
  const region = args.region!;
  const isChosen = ({ name }: { readonly name: string }) => (args.only ?? NAMES).includes(name) && !args.skip.includes(name);
  const probes = PROBES.filter(isChosen);
  const stories = STORIES.filter(isChosen);
  if (stories.length > 0 || probes.some(({ usesCdk }) => usesCdk)) await refuseWithoutBootstrap(args);
  console.log(`In account ${account}, Region ${region}, this run would do:\n\n${describeUndertakings([...probes, ...stories])}\n`);
  console.log(`${await neighbours(region)}\n`);
  if (await ask('Type "yes" to run it: ') !== 'yes') throw new Refusal('The answer was not "yes": nothing was made');

  const run = newRun();
  const ledgerFile = join(args.output, `acceptance-${run}.ledger.json`);
  const made = new Ledger({ account, region, run }, ledgerFile);
  console.log(`\nRun ${run}. Ctrl-C stops it and removes what it has made. If it is killed:\n  ${commandToCleanUp(args, ledgerFile)}\n`);
  const stop = interruption('\nStopping. What was made is removed now, which takes as long as the imports that are running. Ctrl-C again leaves it.');
  const findings = new Findings();
  const results: StoryResult[] = [];
  const log = (line: string) => console.log(`    ${line}`);
  const { weights, batchModel } = args;
  await withAccount({ account, region, partition, made, run, weights, batchModel, signal: stop, log }, async (world) => {
    for (const probe of probes) {
      if (stop.aborted) break;
      console.log(`${probe.name}: ${probe.title}`);
      const error = await runProbe(probe, world, findings);
      console.log(error === undefined ? '  done' : `  ended by ${error.name}: ${error.message}`);
      if (probe.isLastWithItsModels && !stop.aborted) await made.clear(world, stop, 'import');
    }
    for (const story of stories) {
      if (stop.aborted) break;
      console.log(`${story.name}: ${story.title}`);
      const result = await playStory(story, world);
      results.push(result);
      if (result.error === undefined || stop.aborted) continue;
      for (const kind of ['stack', 'import'] as const) await made.clear(world, stop, kind); // to make room for the next one
    }
  }).catch((error: Error) => console.log(`The run has ended before its end: ${error.message}`));

  const remaining = await clear(made);
  return report(args, run, {
    date: new Date(), region, account, remaining, findings: findings.result(NOT_OBSERVABLE), stories: results, interrupted: stop.aborted,
  });
}

async function playStory({ name, title, play }: (typeof STORIES)[number], world: World): Promise<StoryResult> {
  const lines: string[] = [];
  const show = (label: string, value: string) => {
    lines.push(`${label}: ${value}`);
    console.log(`  ${label.padEnd(14)} ${value}`);
  };
  try {
    await play(world, show);
    return { name, title, lines };
  } catch (error) {
    console.log(`  failed: ${(error as Error).message}`);
    return { name, title, lines, error: (error as Error).message };
  }
}

/** Removes what an earlier run has left. */
async function cleanUp({ account, region }: Arguments, file: string): Promise<number> {
  let made: Ledger;
  try {
    made = ledgerOf({ account: account!, region: region! }, file);
  } catch (error) {
    throw new Refusal((error as Error).message);
  }
  return (await clear(made)).length === 0 ? 0 : 1;
}

async function clear(made: Ledger): Promise<Remaining[]> {
  console.log('\nCleaning up');
  const stop = interruption('\nStopping to clean up.');
  const aws = clientsOf({ region: made.owner.region });
  const remaining = await made.clear({ aws, time: realTime(stop), log: line => console.log(`  ${line}`) }, stop);
  if (remaining.length === 0) console.log('Nothing is left.');
  for (const { what, reason, command } of remaining) console.log(`NOT REMOVED: ${what}: ${reason}\n  ${command}`);
  return remaining;
}

/** Writes the report, and prints what matters of it. */
function report({ output, withIds }: Arguments, run: string, outcome: Outcome): number {
  const name = join(output, `acceptance-${outcome.date.toISOString().slice(0, 10)}-${run}`);
  const shown = (text: string) => withIds ? text : withoutAccounts(text);
  writeFileSync(`${name}.json`, shown(jsonReport(outcome)));
  writeFileSync(`${name}.md`, shown(markdownReport(outcome)));
  const count = (verdict: string) => outcome.findings.filter(finding => finding.verdict === verdict).length;
  const failed = outcome.stories.filter(({ error }) => error !== undefined).length;
  console.log(`\n${count('confirmed')} assumptions confirmed, ${count('contradicted')} contradicted, ${count('not observed')} not observed; `
    + `${outcome.stories.length - failed} stories passed, ${failed} failed\n${name}.md, ${name}.json`);
  return count('contradicted') + failed + outcome.remaining.length > 0 || outcome.interrupted ? 1 : 0;
}

/** Other models and imports in the account compete for its quotas. */
async function neighbours(region: string): Promise<string> {
  const { bedrock } = clientsOf({ region });
  try {
    const { modelSummaries: models = [] } = await bedrock.listImportedModels({ maxResults: 1000 });
    const { modelImportJobSummaries: jobs = [] } = await bedrock.listModelImportJobs({ statusEquals: 'InProgress' });
    return models.length + jobs.length === 0 ? 'There are no other imported models.'
      : `There are ${models.length} other imported models and ${jobs.length} imports in progress. They are not touched, but use the quotas.`;
  } catch (error) {
    throw new Refusal(`Bedrock refuses to list imported models (${(error as Error).message}): the credentials need permissions for Bedrock`);
  }
}

async function refuseWithoutBootstrap({ account, region }: Arguments): Promise<void> {
  await clientsOf({ region: region! }).cloudFormation.describeStacks({ StackName: 'CDKToolkit' }).catch(() => {
    throw new Refusal(`The stories need a bootstrapped account: npx cdk bootstrap aws://${account}/${region}, or --only with the names of probes`);
  });
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await Promise.race([lines.question(question), new Promise<string>(resolve => lines.once('close', () => resolve('')))]);
  } finally {
    lines.close();
  }
}

let onSignal = (): void => {};
for (const signal of SIGNALS) process.on(signal, () => onSignal());

/** Aborted by the next signal. A third one ends the program. */
function interruption(message: string): AbortSignal {
  const stop = new AbortController();
  let since = 0;
  onSignal = () => {
    if (!stop.signal.aborted) {
      since = Date.now();
      console.log(message);
      stop.abort();
    } else if (Date.now() - since > RELAYED_MS) {
      process.exit(130);
    }
  };
  return stop.signal;
}

function commandToCleanUp({ account, region }: Arguments, file: string): string {
  return `npm run acceptance -- --account ${account} --region ${region} --clean-up ${file}`;
}

function listed(): string {
  const probes = PROBES.map(({ name, title, ids }) => `${name}\n    ${title}\n    ${ids.join(' ')}`);
  return [...probes, ...STORIES.map(({ name, title }) => `${name}\n    ${title}`)].join('\n') + '\n';
}

function tell(text: string): number {
  process.stdout.write(text);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
