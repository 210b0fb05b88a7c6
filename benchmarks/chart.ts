import type { Chart, Table } from './figure';

/** Colors for both themes of GitHub. Text must contrast with the background, which test/benchmarks.test.ts checks. */
export const THEMES = {
  light: { background: '#ffffff', text: '#1f2328', bars: ['#0969da', '#9a6700', '#59636e'] },
  dark: { background: '#0d1117', text: '#f0f6fc', bars: ['#4493f8', '#d29922', '#9198a1'] },
};

const WIDTH = 760;
const LABELS = 230;
const VALUES = 120;
const BAR = 16;
const GAP = 12;
const FONT = 14;
/** Of the characters of this font, on average. */
const CHARACTER = 0.6 * FONT;

/** Draws horizontal bars: a group for each row. What is no number is written instead of a bar. */
export function draw({ title, bars }: Chart, table: Table): string {
  const columns = Object.entries(bars);
  const longest = Math.max(...Object.values(table).flatMap(row => columns.map(([column]) => Number(row[column]) || 0)), Number.MIN_VALUE);
  const parts = [text(GAP, FONT + GAP, title, 'title')];
  let y = FONT + 3 * GAP;
  const withLegend = columns.length > 1;
  if (withLegend) {
    let x = GAP;
    for (const [index, [, label]] of columns.entries()) {
      parts.push(rect(x, y - FONT + 3, FONT, FONT, index), text(x + FONT + 6, y, label));
      x += FONT + 2 * GAP + label.length * CHARACTER;
    }
    y += GAP;
  }
  for (const [row, values] of Object.entries(table)) {
    parts.push(text(GAP, y + (columns.length * BAR + FONT) / 2 - 2, row));
    for (const [index, [column]] of columns.entries()) {
      const value = values[column];
      const length = Math.max(1, (Number(value) || 0) / longest * (WIDTH - LABELS - VALUES));
      parts.push(rect(LABELS, y, length, BAR - 2, index), text(LABELS + length + 6, y + FONT - 2, String(value)));
      y += BAR;
    }
    y += GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:${FONT}px sans-serif}.title{font-weight:bold}${css('light')}@media(prefers-color-scheme:dark){${css('dark')}}</style>`,
    `<rect class="background" width="${WIDTH}" height="${y}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function css(theme: keyof typeof THEMES): string {
  const { background, text: color, bars } = THEMES[theme];
  return `.background{fill:${background}}text{fill:${color}}${bars.map((bar, index) => `.bar${index}{fill:${bar}}`).join('')}`;
}

function rect(x: number, y: number, width: number, height: number, index: number): string {
  return `<rect class="bar${index}" x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${height}"/>`;
}

function text(x: number, y: number, content: string, name?: string): string {
  return `<text${name ? ` class="${name}"` : ''} x="${number(x)}" y="${number(y)}">${escaped(content)}</text>`;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
