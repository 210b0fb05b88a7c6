import { type ChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import { parseArgs } from 'node:util';
import { type Histories, type Known, knownOf } from './histories';
import { INVARIANTS } from './invariants';
import type { HandlerCode } from './lambda';
import { type Mutant, MUTANTS } from './mutants';
import type { Script } from './script';
import { type Findings, search, tell } from './search';
import { handlerWith } from './variants';
import { judge, judgeError } from '../../src/imported-model/provider/handler/answer';
import { invocation } from '../../src/imported-model/provider/handler/entry-point';
import { servedStacks } from '../../src/imported-model/provider/handler/served-stacks';
import { behaviourOf } from '../bedrock-server/behaviour';

/**
 * Plays histories of stacks in an account and reports violated invariants.
 *
 *   tsx testing/simulation/simulate.ts --runs 20000 --seed 1     histories, on all cores
 *   tsx testing/simulation/simulate.ts --mutants --runs 3000     broken handlers, each must be detected within this number of histories
 *   tsx testing/simulation/simulate.ts --world rollbackFollows=true     ... in which AWS does what is known of it, and not both (BOTH_WAYS in histories.ts)
 *   tsx testing/simulation/simulate.ts --behaviour tagLagSeconds=45     ... in which Bedrock behaves otherwise than assumed (../bedrock-server/behaviour.ts)
 *   tsx testing/simulation/simulate.ts --replay 123:45:0:1       replay of one history by the seed and path of its failure, or of a script file
 */
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    jobs: { type: 'string', default: String(os.availableParallelism()) },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string' },
    replay: { type: 'string' },
    world: { type: 'string', multiple: true, default: [] },
    behaviour: { type: 'string', multiple: true, default: [] },
    worker: { type: 'boolean', default: false },
  },
});

const KNOWN = knownOf(options.world);
const BEHAVIOUR = behaviourOf(options.behaviour);

const HANDLER: HandlerCode = { invocation, servedStacks, judge, judgeError };

/** The input of a worker. */
interface Work {
  readonly id: number;
  readonly runs: number;
  readonly seed: number;
  readonly path?: string;
  readonly histories?: Histories;
  readonly known?: Known;
  readonly mutant?: string;
  readonly asFound?: boolean;
}

interface Done {
  readonly id: number;
  readonly findings: Findings;
  /** The error of the worker. */
  readonly error?: string;
}

const NOTHING: Findings = { histories: 0, calls: 0, coverage: {} };

async function main(): Promise<void> {
  Error.stackTraceLimit = options.replay ? 10 : 0; // stack traces of errors take a tenth of the time
  if (options.worker) {
    serve();
  } else if (options.replay) {
    await replay(options.replay);
  } else {
    console.log(`node ${process.version}, ${options.jobs} processes, seed ${options.seed}`);
    process.exitCode = await (options.mutants ? tryMutants() : tryHistories()) ? 0 : 1;
  }
}

// --- Histories ---

async function tryHistories(): Promise<boolean> {
  const runs = Number(options.runs ?? 20_000);
  const chunk = Math.max(50, Math.min(500, Math.ceil(runs / 40)));
  const work = Array.from({ length: Math.ceil(runs / chunk) }, (_, id): Work => (
    { id, runs: Math.min(chunk, runs - id * chunk), seed: seedOf(id), known: KNOWN }));
  const begin = Date.now();
  const coverage = new Map<string, number>();
  let played = 0;
  let calls = 0;
  const failures: NonNullable<Findings['failure']>[] = [];
  let told = begin;
  await distribute(work, ({ findings, error }) => {
    if (error) throw new Error(error);
    played += findings.histories;
    calls += findings.calls;
    for (const [what, histories] of Object.entries(findings.coverage)) coverage.set(what, (coverage.get(what) ?? 0) + histories);
    if (findings.failure) {
      failures.push(findings.failure);
      console.log(`${findings.failure.message.slice(0, 300)}\n--replay ${findings.failure.seed}:${findings.failure.path}`);
    }
    if (Date.now() - told > 5000) {
      told = Date.now();
      console.log(`${played} of ${runs}, ${rate(played, begin)} histories/s${failures.length > 0 ? `, ${failures.length} failed` : ''}`);
    }
    return failures.length < 10;
  });
  console.log(`\nNumber of histories with each event, of ${played} (on average ${Math.round(calls / Math.max(1, played))} Bedrock calls each):`);
  console.log(columns([...coverage].sort(([, one], [, other]) => other - one).map(([what, histories]) => `${String(histories).padStart(7)} ${what}`)));
  for (const failure of failures) {
    console.log(`\n${failure.invariant}: ${failure.invariant === 'crash' ? 'the program failed' : INVARIANTS[failure.invariant]}`);
    console.log(failure.trace.filter(line => !line.endsWith('ResourceNotFoundException')).join('\n'));
    console.log(`${failure.message}\nafter ${failure.after} histories; replay with --replay ${failure.seed}:${failure.path}\n${JSON.stringify(failure.script)}`);
  }
  console.log(`\n${rate(played, begin)} histories/s, ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  console.log(`${played - failures.length} passed, ${failures.length} failed`);
  return failures.length === 0;
}

// --- Mutants ---

async function tryMutants(): Promise<boolean> {
  const runs = Number(options.runs ?? 3000);
  const mutants = MUTANTS.filter(({ name }) => !options.only || name.includes(options.only));
  const begin = Date.now();
  const results = new Map<string, Findings>();
  // With --only, shrink the history to make its trace readable.
  const work = mutants.map(({ name, seed, path, histories = 'plain' }, id): Work => (
    { id, runs: path === undefined ? runs : 1, seed: seed ?? seedOf(id), path, histories, mutant: name, asFound: !options.only }));
  const row = (...cells: (string | number)[]): string => `| ${cells.map((cell, index) => String(cell).padEnd([40, 22, 10, 11][index])).join(' | ')} |`;
  console.log([row('mutant', 'caught by', 'histories', 'trace lines'), row('---', '---', '---', '---')].join('\n'));
  let caught = 0;
  await distribute(work, ({ id, findings, error }) => {
    const { name, caughtBy } = mutants[id];
    results.set(name, findings);
    const { failure } = findings;
    const isExpected = failure !== undefined && (caughtBy as string[]).includes(failure.invariant);
    if (isExpected) caught += 1;
    const by = failure ? `${failure.invariant}${isExpected ? '' : ' (unexpected)'}` : 'SURVIVED';
    if (error) console.log(error);
    console.log(row(name, error ? 'DOES NOT FIT' : by, findings.histories, failure?.trace.length ?? ''));
    if (options.only && failure) console.log(`${failure.trace.join('\n')}\n${failure.message}`);
    return true;
  });
  console.log(`\n${((Date.now() - begin) / 1000).toFixed(1)} s\n${caught} passed, ${mutants.length - caught} failed`);
  return caught === mutants.length;
}

// --- Replay ---

async function replay(which: string): Promise<void> {
  const script = fs.existsSync(which) ? JSON.parse(fs.readFileSync(which, 'utf8')) as Script : undefined;
  if (script) {
    const { trace, message } = await tell(script, HANDLER, BEHAVIOUR);
    console.log(`${trace.join('\n')}\n${message}`);
    return;
  }
  const [, seed, path] = /^(-?\d+):(.*)$/.exec(which) ?? [];
  const { failure } = await search(HANDLER, { runs: 1, seed: Number(seed), path, known: KNOWN, behaviour: BEHAVIOUR });
  console.log(failure ? `${failure.trace.join('\n')}\n${failure.message}\n${JSON.stringify(failure.script)}` : 'no invariant is broken');
  process.exitCode = failure ? 1 : 0;
}

// --- Processes ---

function serve(): void {
  process.on('message', (work: Work) => {
    const mutant: Mutant | undefined = MUTANTS.find(({ name }) => name === work.mutant);
    void (async () => {
      const code = mutant ? await handlerWith(mutant.variants) : HANDLER;
      return search(code, { ...work, behaviour: BEHAVIOUR });
    })().then(
      findings => process.send?.({ id: work.id, findings } satisfies Done),
      (error: unknown) => process.send?.({ id: work.id, findings: NOTHING, error: String(error) } satisfies Done),
    );
  });
}

/** Distributes the work to processes until it is complete or `next` returns false. */
async function distribute(work: readonly Work[], next: (done: Done) => boolean): Promise<void> {
  const queue = [...work];
  let goesOn = true;
  await Promise.all(Array.from({ length: Math.min(Number(options.jobs), work.length) }, async () => {
    const worker = fork(__filename, ['--worker', ...options.behaviour.flatMap(one => ['--behaviour', one])], { execArgv: process.execArgv });
    try {
      for (let piece = queue.shift(); piece && goesOn; piece = queue.shift()) {
        if (!next(await ask(worker, piece))) goesOn = false;
      }
    } finally {
      worker.kill();
    }
  }));
}

async function ask(worker: ChildProcess, work: Work): Promise<Done> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`A worker process exited with code ${code}`));
    worker.once('exit', onExit);
    worker.once('message', (done: Done) => {
      worker.off('exit', onExit);
      resolve(done);
    });
    worker.send(work);
  });
}

function seedOf(id: number): number {
  return (Number(options.seed) * 1_000_003 + id * 7919) % 2_147_483_647;
}

function rate(histories: number, begin: number): string {
  return (histories / Math.max(1, Date.now() - begin) * 1000).toFixed(0);
}

function columns(cells: readonly string[]): string {
  const height = Math.ceil(cells.length / 3);
  return Array.from({ length: height }, (_, row) => [0, 1, 2].map(column => (cells[column * height + row] ?? '').padEnd(48)).join('').trimEnd()).join('\n');
}

void main();
