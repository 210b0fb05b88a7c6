import * as fc from 'fast-check';
import { histories } from './histories';
import { INVARIANTS } from './invariants';
import { MUTANTS } from './mutants';
import { play } from './play';
import type { Script } from './script';
import { search } from './search';
import { handlerWith, variantsOf } from './variants';
import { judge, judgeError } from '../../src/imported-model/provider/handler/answer';
import { invocation } from '../../src/imported-model/provider/handler/entry-point';
import { servedStacks } from '../../src/imported-model/provider/handler/served-stacks';

const code = { invocation, servedStacks, judge, judgeError };

// `npm run simulate` plays more histories, with another seed each time.
test('100 histories break no invariant', async () => {
  const { failure, histories: played } = await search(code, { runs: 100, seed: 4 });
  expect([...failure?.trace ?? [], failure?.message].join('\n')).toBe('');
  expect(played).toBe(100);
}, 60_000);

test('a script is deterministic', async () => {
  const [one, other] = [await search(code, { runs: 20, seed: 5 }), await search(code, { runs: 20, seed: 5 })];
  expect(one).toEqual(other);
});

// A failure prints its script as JSON for `--replay FILE`.
test('a script survives JSON serialization', async () => {
  for (const script of fc.sample(histories(), { numRuns: 50, seed: 6 })) {
    const { trace } = await play(script, code, { traced: true });
    const again = await play(JSON.parse(JSON.stringify(script)) as Script, code, { traced: true });
    expect(again.trace).toEqual(trace);
  }
});

test('variants replace the originals wherever they are used', async () => {
  const names = variantsOf<typeof import('../../src/imported-model/provider/handler/names')>('handler/names');
  const broken = await handlerWith([names('contentOf', original => request => original({ ...request, sourceVersion: undefined }))]);
  const same = await handlerWith([names('contentOf', original => request => original(request))]);
  expect((await search(same, { runs: 20, seed: 5 })).calls).toBe((await search(code, { runs: 20, seed: 5 })).calls);
  expect((await search(broken, { runs: 300, seed: 5 })).failure).toBeDefined();
});

// Only the framework could send a second response, so no mutant can break `answered-once`.
test('every invariant but one has a mutant that breaks it', () => {
  expect(new Set(MUTANTS.flatMap(({ caughtBy }) => caughtBy))).toEqual(new Set(Object.keys(INVARIANTS).filter(name => name !== 'answered-once')));
});
