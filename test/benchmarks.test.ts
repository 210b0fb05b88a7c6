import { readFileSync } from 'node:fs';
import { draw, THEMES } from '../benchmarks/chart';
import type { Measured } from '../benchmarks/figure';
import { FIGURES } from '../benchmarks/main';
import { chartOf, PAGE, readResults, withTables } from '../benchmarks/report';

const results = readResults();

/** The figures that need neither a build nor an engine, with their rows. */
const ROWS: { readonly [figure: string]: readonly string[] } = {
  'templates': ['1 model', '3 models', '10 models'],
  'synthesis': ['the first model', 'each of 2 models', 'each of 4 models'],
  'cold-start': ['this library', 'naive', 'only the client', 'empty'],
  'waiting': [5, 60].flatMap(minutes => ['this library', 'naive', 'perfect'].map(name => `${minutes} minutes, ${name}`)),
  'check': ['1 shard'],
};

const tiny: { [figure: string]: Measured } = {};
beforeAll(async () => {
  for (const figure of Object.keys(ROWS)) tiny[figure] = await FIGURES[figure].measure({ tiny: true });
}, 120_000);

// Never how long something takes: other work on the machine would fail the test.
describe.each(Object.entries(ROWS))('the figure %s', (figure, rows) => {
  test('has its rows', () => {
    expect(Object.keys(tiny[figure].table)).toEqual(rows);
  });

  test('has a value in each column, and those that are drawn', () => {
    const [columns] = Object.values(tiny[figure].table).map(row => Object.keys(row));
    for (const row of Object.values(tiny[figure].table)) {
      expect(Object.keys(row)).toEqual(columns);
      expect(Object.values(row)).not.toContain(NaN);
    }
    expect(columns).toEqual(expect.arrayContaining(Object.keys(FIGURES[figure].chart?.bars ?? {})));
  });

  test('has the columns of its last results', () => {
    expect(Object.keys(Object.values(results[figure].table)[0])).toEqual(Object.keys(Object.values(tiny[figure].table)[0]));
  });
});

// What does not depend on the machine.
test('the naive resource fails after an hour and leaves a model, and this library does not', () => {
  const result = (name: string) => tiny.waiting.table[`60 minutes, ${name}`].result;

  expect([result('naive'), result('this library')]).toEqual(['fails after 60 minutes, 1 model left', 'model']);
});

describe('the results are those of the documentation (npm run benchmark):', () => {
  test('all figures', () => {
    expect(Object.keys(results).sort()).toEqual(Object.keys(FIGURES).sort());
    expect([...readFileSync(PAGE, 'utf8').matchAll(/<!-- figure: (.*) -->/g)].map(([, name]) => name)).toEqual(Object.keys(FIGURES));
  });

  test('the tables', () => {
    const page = readFileSync(PAGE, 'utf8');

    expect(withTables(page, results)).toBe(page);
  });

  test.each(Object.keys(FIGURES).filter(name => FIGURES[name].chart))('the chart %s', (name) => {
    expect(readFileSync(chartOf(name), 'utf8')).toBe(draw(FIGURES[name].chart!, results[name].table));
  });
});

describe('the charts are readable:', () => {
  /** The contrast of two colors, as WCAG defines it. */
  const contrast = (one: string, other: string) => {
    const [light, dark] = [one, other].map(luminance).sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const luminance = (color: string) => {
    const [red, green, blue] = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16) / 255)
      .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };

  test.each(Object.entries(THEMES))('text and bars contrast with the background, %s', (_, { background, text, bars }) => {
    expect(contrast(background, text)).toBeGreaterThan(7);
    for (const bar of bars) expect(contrast(background, bar)).toBeGreaterThan(3);
  });

  test.each(Object.keys(FIGURES).filter(name => FIGURES[name].chart))('the texts of %s do not leave the picture, or cross their bars', (name) => {
    const svg = readFileSync(chartOf(name), 'utf8');
    const width = Number(/width="(\d+)"/.exec(svg)?.[1]);
    const bars = [...svg.matchAll(/<rect class="bar\d" x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
    const texts = [...svg.matchAll(/<text.*? x="([\d.]+)" y="([\d.]+)">(.*)<\/text>/g)].map(([, x, y, content]) => ({ x: Number(x), y: Number(y), end: Number(x) + content.length * 8.4 }));

    expect(texts.length).toBeGreaterThan(bars.length);
    for (const { x, y, end } of texts) {
      const inItsLine = bars.filter(([left, top]) => left > x && top <= y && y - 14 <= top + 16).map(([left]) => left);
      expect(end).toBeLessThanOrEqual(Math.min(width, ...inItsLine));
    }
  });

  test('the same table gives the same picture', () => {
    const [chart, { table }] = [FIGURES.templates.chart!, results.templates];

    expect(draw(chart, table)).toBe(draw(chart, JSON.parse(JSON.stringify(table))));
  });
});
