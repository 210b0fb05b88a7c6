import type { WriteStream } from 'node:tty';
import { inspect } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

/** Gives a text a style. */
export type Paint = (style: Style, text: string) => string;

/** What a report is written for. */
export interface Screen {
  readonly columns: number;
  readonly paint: Paint;
}

const DEFAULT_COLUMNS = 80;
/** Longer lines are hard to read. */
const MAX_COLUMNS = 120;
const MIN_COLUMNS = 40;

/** Colors only on a terminal that has them; Node.js looks at NO_COLOR and TERM. */
export function screenOf(stream: Partial<WriteStream>): Screen {
  const hasColors = stream.isTTY === true && stream.hasColors?.() === true;
  return {
    columns: Math.max(MIN_COLUMNS, Math.min(stream.columns || DEFAULT_COLUMNS, MAX_COLUMNS)),
    paint: hasColors ? painted : (_, text) => text,
  };
}

function painted(style: Style, text: string): string {
  const [on, off] = inspect.colors[style]!;
  return `\x1b[${on}m${text}\x1b[${off}m`;
}

/** A line that shows what is being done, on a terminal only. */
export class Progress {
  private isShown = false;

  constructor(private readonly stream: Pick<WriteStream, 'write'> & { readonly isTTY?: boolean }) {}

  public readonly show = (text: string): void => {
    if (!this.stream.isTTY) return;
    this.stream.write(`\r\x1b[K${text}`);
    this.isShown = true;
  };

  public clear(): void {
    if (this.isShown) this.stream.write('\r\x1b[K');
    this.isShown = false;
  }
}

/**
 * A text without characters that control a terminal: names of files and values of a model are of strangers, and could hide a finding.
 * The second range changes the direction of text.
 */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Breaks a text into lines. A word that is longer than a line, such as a URL, stays whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
