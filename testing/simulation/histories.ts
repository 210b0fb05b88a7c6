import * as fc from 'fast-check';
import type {
  AnswerScript, ChangeScript, DeployScript, FaultScript, FilesScript, ImportScript,
  ModelSpec, OperationScript, OtherScript, RoleChoice, Script, WorldScript,
} from './script';

/** All histories, or those without the check of files, verifications and former models that are kept. */
export type Histories = 'all' | 'plain';

/** The behaviours of AWS that are simulated both ways, because they are not documented. */
const BOTH_WAYS = {
  failedUpdateRecords: ['old', 'new'],
  cleanupCarries: ['old', 'new'],
  rollbackFollows: [true, false],
  executionNames: [true, false],
  replacePolicyOf: ['old', 'new'],
} as const satisfies { readonly [name in keyof WorldScript]?: readonly WorldScript[name][] };

/** Those that are known. */
export type Known = Partial<Pick<WorldScript, keyof typeof BOTH_WAYS>>;

/** From the command line: `rollbackFollows=true`. */
export function knownOf(settings: readonly string[]): Known {
  return Object.fromEntries(settings.map(setting => {
    const known = Object.entries(BOTH_WAYS).flatMap(([name, ways]) => ways.map(way => [name, way] as const)).find(([name, way]) => `${name}=${way}` === setting);
    if (!known) throw new Error(`${setting} is not simulated. Both ways are: ${Object.entries(BOTH_WAYS).map(([name, ways]) => `${name}=${ways.join('|')}`).join(', ')}`);
    return known;
  }));
}

/** Arbitrary scripts: mostly simple with a few faults each, so that a failure can be explained. Numbers shrink to the simplest case. */
export function histories(which: Histories = 'all', known: Known = {}): fc.Arbitrary<Script> {
  const isPlain = which === 'plain';
  const anything = oftenOne(fc.record({ operations: fc.array(operations(isPlain), { minLength: 1, maxLength: 4 }) }));
  return fc.record({
    world: worlds(isPlain).map(world => ({ ...world, ...known })),
    stacks: isPlain ? anything : fc.oneof(
      { arbitrary: anything, weight: 5 },
      { arbitrary: oftenOne(fc.record({ operations: fc.array(replacements, { minLength: 2, maxLength: 5 }) })), weight: 1 },
    ),
    others: fc.oneof({ arbitrary: fc.constant([]), weight: 2 }, { arbitrary: fc.array(others, { maxLength: 3 }), weight: 1 }),
    faults: fc.oneof({ arbitrary: fc.constant([]), weight: 1 }, { arbitrary: fc.array(faults, { maxLength: 3 }), weight: 2 }),
  });
}

const oneAnswer: fc.Arbitrary<AnswerScript> = fc.record({
  is: fc.constantFrom('good', 'wrong', 'loading', 'loading', 'wrong', 'empty', 'refused', 'failing'),
  seconds: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 59 })),
});
const loading: AnswerScript = { is: 'loading', seconds: 1 };
/** One answer, or one after a few others: the model is loaded at last, it never is, or a bad answer is followed by a good one. */
const answers: fc.Arbitrary<AnswerScript[]> = fc.oneof(
  fc.array(oneAnswer, { minLength: 1, maxLength: 3 }),
  fc.tuple(fc.nat(14), oneAnswer).map(([refusals, last]) => [...Array.from({ length: refusals }, () => loading), last]),
);

const imports = (isPlain: boolean): fc.Arbitrary<ImportScript> => fc.record({
  minutes: fc.oneof(
    { arbitrary: fc.integer({ min: 1, max: 12 }), weight: 14 },
    { arbitrary: fc.integer({ min: 13, max: 60 }), weight: 4 },
    { arbitrary: fc.integer({ min: 61, max: 360 }), weight: 1 },
  ),
  fails: rarely(fc.constant(true), false, 6),
  ...isPlain ? {} : { answers: rarely(answers, undefined, 1) },
});

const files: fc.Arbitrary<FilesScript> = fc.record({
  weights: fc.constantFrom(0, 0, 1),
  version: fc.constantFrom(undefined, 0, 1, 2),
  state: fc.constantFrom('bad', 'worse', 'unreadable', 'bad', 'unreadable', 'odd'),
  fromMinute: fc.constantFrom(0, 0, 5, 20, 60),
  minutes: fc.constantFrom(1000, 1000, 40, 10, 1),
});

const worlds = (isPlain: boolean): fc.Arbitrary<WorldScript> => fc.record({
  pollSeconds: fc.constantFrom(60, 120, 120, 30, 120),
  windowMinutes: fc.constantFrom(20, 5, 10, 30, 55),
  oneImportAtATime: fc.boolean(),
  callMs: fc.constantFrom(100, 20, 1500),
  getLagSeconds: rarely(fc.integer({ min: 1, max: 29 }), 0, 3),
  listLagSeconds: rarely(fc.integer({ min: 1, max: 29 }), 0, 3),
  rolePropagationMinutes: rarely(fc.integer({ min: 1, max: 8 }), 0, 3),
  maxModels: fc.constantFrom(3, 3, 2, 5, 1),
  deleteConflicts: rarely(fc.integer({ min: 1, max: 3 }), 0, 4),
  imports: fc.array(imports(isPlain), { minLength: 1, maxLength: 4 }),
  ...isPlain ? {} : { files: rarely(fc.array(files, { minLength: 1, maxLength: 3 }), undefined, 1) },
  failedUpdateRecords: fc.constantFrom('old', 'new'),
  cleanupCarries: fc.constantFrom('old', 'new'),
  rollbackFollows: fc.boolean(),
  executionNames: fc.boolean(),
  replacePolicyOf: fc.constantFrom('old', 'new'),
  providerElsewhere: rarely(fc.constant(true), false, 3),
  unserved: rarely(
    fc.record({ stack: fc.constantFrom(0, 1), fromMinute: fc.constantFrom(0, 3, 30, 90), minutes: fc.integer({ min: 1, max: 90 }) }), undefined, 3,
  ),
});

const tags = fc.constantFrom<{ [key: string]: string }>({}, { team: 'a' }, { team: 'b' }, { team: 'a', cost: '1' });
const roles = fc.oneof(
  { arbitrary: fc.constantFrom<RoleChoice>('own-1', 'own-2', 'user-1', 'user-2'), weight: 12 },
  { arbitrary: fc.constant<RoleChoice>('missing'), weight: 1 },
);

/** Options for new and former models. They stay until another change turns them off. */
const options: fc.Arbitrary<Partial<ModelSpec>> = fc.oneof<fc.Arbitrary<Partial<ModelSpec>>[]>(
  fc.record({ check: fc.constantFrom('on', 'acknowledged', 'on', 'off') }),
  fc.record({ verification: fc.constantFrom('on', 'on', 'other', 'off') }),
  fc.record({ keepPrevious: fc.constantFrom(true, true, true, false) }),
  fc.record({ verification: fc.constantFrom('on', 'off'), keepPrevious: fc.constantFrom(true, false) }),
  fc.record({ check: fc.constantFrom('on', 'off'), verification: fc.constantFrom('on', 'off'), keepPrevious: fc.constantFrom(true, false) }),
);

/** A change of one property, or of a few related ones. */
function changes(isPlain: boolean): fc.Arbitrary<ChangeScript> {
  const set = fc.oneof<fc.Arbitrary<Partial<ModelSpec> | 'remove'>[]>(
    fc.record({ weights: fc.constantFrom<0 | 1>(0, 1) }),
    fc.record({ version: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ key: fc.constantFrom(0, 1) }),
    fc.record({ version: fc.integer({ min: 0, max: 2 }), modelTags: tags }),
    fc.record({ role: roles }),
    fc.record({ vpc: fc.boolean() }),
    fc.record({ modelTags: tags }),
    fc.record({ jobTags: tags }),
    fc.record({ prefix: fc.constantFrom('nightly', null) }),
    fc.record({ retain: fc.boolean() }),
    fc.record({ version: fc.integer({ min: 0, max: 2 }), retain: fc.boolean() }),
    fc.record({ path: fc.constantFrom<0 | 1>(1, 0) }),
    // An upgrade of the library, optionally with a version of CDK that uses other construct names.
    fc.record({ revision: fc.constantFrom<1 | 2>(2, 1), path: fc.constantFrom<0 | 1>(0, 1) }),
    fc.record({ windows: fc.integer({ min: 1, max: 4 }), lessMinutes: fc.constantFrom(0, 1, 3) }),
    fc.record({ strategy: fc.constantFrom('CREATE_FIRST', 'DELETE_FIRST', null) }),
    fc.record({ version: fc.integer({ min: 0, max: 2 }), strategy: fc.constantFrom('CREATE_FIRST', 'DELETE_FIRST') }),
    fc.record({ name: fc.constantFrom('exact', 'second-exact', null) }),
    fc.record({ name: fc.constantFrom('exact', null), version: fc.integer({ min: 0, max: 2 }), strategy: fc.constantFrom('DELETE_FIRST', 'CREATE_FIRST') }),
    fc.constant<'remove'>('remove'),
  );
  const one = fc.record({ model: fc.constantFrom(0, 0, 1), set });
  const invalid = fc.record({ model: fc.constantFrom(0, 1), set: fc.constant<Partial<ModelSpec>>({ weights: 'invalid' }) });
  if (isPlain) return fc.oneof({ arbitrary: one, weight: 30 }, { arbitrary: invalid, weight: 1 });
  return fc.oneof(
    { arbitrary: one, weight: 20 },
    { arbitrary: fc.record({ model: fc.constantFrom(0, 0, 1), set: options }), weight: 3 },
    {
      arbitrary: fc.record({ model: fc.constantFrom(0, 0, 1), version: fc.integer({ min: 0, max: 2 }), also: options })
        .map(({ model, version, also }): ChangeScript => ({ model, set: { version, ...also } })),
      weight: 7,
    },
    { arbitrary: invalid, weight: 1 },
  );
}

function operations(isPlain: boolean): fc.Arbitrary<OperationScript> {
  const pauseMinutes = fc.constantFrom(1, 0, 5, 40);
  const sibling = fc.record({
    seconds: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 3000 })),
    fails: fc.boolean(),
    after: fc.constantFrom(undefined, 0, 1),
  });
  const deploys: fc.Arbitrary<DeployScript> = fc.record({
    do: fc.constant<'deploy'>('deploy'),
    pauseMinutes,
    changes: fc.array(changes(isPlain), { minLength: 1, maxLength: 3 }),
    sibling: rarely(sibling, undefined, 2),
    cancelAfterSeconds: rarely(fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 3000 })), undefined, 8),
    deniedMinutes: rarely(fc.constantFrom(3, 7, 1000), undefined, 10),
    skipsAfter: rarely(fc.constantFrom(0, 1), undefined, 3),
  });
  return fc.oneof(
    { arbitrary: deploys, weight: 12 },
    { arbitrary: fc.record({ do: fc.constant<'destroy'>('destroy'), pauseMinutes }), weight: 1 },
  );
}

/** Deployments that replace one model again and again, and that mostly succeed: back and forth, with the options for new and former models. */
const replacements: fc.Arbitrary<DeployScript> = fc.record({
  do: fc.constant<'deploy'>('deploy'),
  pauseMinutes: fc.constantFrom(1, 0, 5),
  changes: fc.record({
    version: fc.integer({ min: 0, max: 2 }),
    keepPrevious: fc.constantFrom(true, true, true, true, false),
    verification: fc.constantFrom('off', 'on', 'on', 'other'),
    check: fc.constantFrom('off', 'on', 'on', 'acknowledged'),
    strategy: rarely(fc.constant('DELETE_FIRST'), 'CREATE_FIRST', 9),
    retain: rarely(fc.constant(true), false, 9),
  }).map(set => [{ model: 0, set } as ChangeScript]),
  sibling: rarely(
    fc.record({ seconds: fc.integer({ min: 1, max: 900 }), fails: fc.constant(true), after: fc.constantFrom(0, 0, undefined) }), undefined, 3,
  ),
  cancelAfterSeconds: rarely(fc.integer({ min: 1, max: 900 }), undefined, 6),
  skipsAfter: rarely(fc.constantFrom(0, 1), undefined, 3),
});

const atMinute = fc.integer({ min: 0, max: 150 });
const plants: fc.Arbitrary<OtherScript> = fc.record({
  do: fc.constant<'plant'>('plant'),
  atMinute: fc.oneof(fc.integer({ min: 2, max: 30 }), atMinute),
  minutes: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 400 })),
  stack: fc.constantFrom(0, 0, 1),
  model: fc.constantFrom(0, 0, 1),
  version: fc.integer({ min: 0, max: 2 }),
  genuineSource: fc.boolean(),
  otherJob: rarely(fc.constant(true), false, 2),
});
const others: fc.Arbitrary<OtherScript> = fc.oneof(
  fc.record({ do: fc.constant<'import'>('import'), atMinute, minutes: fc.integer({ min: 1, max: 120 }), fails: rarely(fc.constant(true), false, 4) }),
  fc.record({ do: fc.constant<'model'>('model'), atMinute }),
  fc.record({ do: fc.constant<'forget'>('forget'), atMinute }),
  fc.record({ do: fc.constant<'deleteByHand'>('deleteByHand'), atMinute, which: fc.nat(2) }),
  fc.record({ do: fc.constant<'tagByHand'>('tagByHand'), atMinute, which: fc.nat(2) }),
  fc.record({ do: fc.constant<'quota'>('quota'), atMinute, maxModels: fc.integer({ min: 1, max: 5 }) }),
  { arbitrary: plants, weight: 8 },
);

const calls = fc.oneof(fc.nat(30), fc.nat(250));
const faults: fc.Arbitrary<FaultScript> = fc.oneof(
  fc.record({ kind: fc.constantFrom('throttled', 'serverError', 'lostRequest', 'lostAnswer'), call: calls, times: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constantFrom('lostAnswer', 'throttled'), call: fc.nat(12), times: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ kind: fc.constant('hangs'), call: calls, times: fc.integer({ min: 1, max: 12 }), when: fc.constantFrom('before', 'during', 'after') }),
  // At most the duration of two attempts: the first is lost, the second gets its response just in time.
  fc.record({ kind: fc.constant('slow'), call: calls, times: fc.integer({ min: 1, max: 12 }), seconds: fc.integer({ min: 5, max: 29 }) }),
  fc.record({ kind: fc.constant('storm'), atMinute, minutes: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('refusedForGood'), create: fc.nat(3) }),
  fc.record({ kind: fc.constant('handlerKilled'), call: calls, when: fc.constantFrom('before', 'after') }),
  fc.record({ kind: fc.constant('frameworkKilled'), poll: calls, when: fc.constantFrom('before', 'after', 'answered') }),
  fc.record({ kind: fc.constant('invocationThrottled'), invocation: calls, times: fc.constantFrom(1, 2) }),
  fc.record({ kind: fc.constant('deliveredTwice'), request: fc.nat(30), afterSeconds: fc.constantFrom(0, 1, 60, 180) }),
  fc.record({ kind: fc.constant('deliveredLate'), request: fc.nat(30), seconds: fc.integer({ min: 1, max: 90 }) }),
) as fc.Arbitrary<FaultScript>;

function rarely<T, U>(arbitrary: fc.Arbitrary<T>, otherwise: U, often: number): fc.Arbitrary<T | U> {
  return fc.oneof<fc.MaybeWeightedArbitrary<T | U>[]>({ arbitrary: fc.constant(otherwise), weight: often }, { arbitrary, weight: 1 });
}

function oftenOne<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof(
    { arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 1 }), weight: 3 },
    { arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 2 }), weight: 1 },
  );
}
