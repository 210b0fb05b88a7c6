import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 100;

/** The output of a running step. */
export interface Step {
  /** Prints a verified fact. */
  fact(label: string, value: string): void;
  /** Reports progress. A terminal shows the last line until the step ends. */
  progress(line: string): void;
}

/** Numbered steps with durations: one live line on a terminal, plain lines otherwise. */
export class Steps {
  private readonly start = performance.now();
  private count = 0;
  private live?: { readonly since: number; last: string; readonly timer: NodeJS.Timeout };

  /** @param verbose print all progress instead of the last line */
  constructor(private readonly out: WriteStream, private readonly verbose: boolean) {}

  public async run<T>(title: string, work: (step: Step) => Promise<T>): Promise<T> {
    this.print(`\n${this.style('bold', `${++this.count}. ${title}`)}`);
    const since = performance.now();
    this.begin(since);
    try {
      const result = await work({ fact: (label, value) => this.fact(label, value), progress: (line) => this.progress(line) });
      this.end();
      this.print(this.style('green', `   ✓ ${seconds(since)}`));
      return result;
    } catch (error) {
      this.end();
      this.print(this.style('red', `   ✗ ${seconds(since)}`));
      throw new StepError(this.count, title, error);
    }
  }

  public print(text: string): void {
    if (this.live) this.clear();
    this.out.write(`${text}\n`);
  }

  public success(text: string): void {
    this.print(`\n${this.style('green', `✓ ${text}`)} (${seconds(this.start)} in all)`);
  }

  public failure(text: string): void {
    this.print(`\n${this.style('red', text)}`);
  }

  private fact(label: string, value: string): void {
    this.print(`   ${this.style('dim', label.padEnd(14))} ${value.replaceAll('\n', `\n${' '.repeat(18)}`)}`);
  }

  private progress(line: string): void {
    const text = line.trim();
    if (this.verbose) {
      this.print(this.style('dim', `   │ ${line}`));
    } else if (this.live && text) {
      this.live.last = text;
    }
  }

  private begin(since: number): void {
    if (!this.out.isTTY) return;
    const timer = setInterval(() => this.draw(), REDRAW_MS).unref();
    this.live = { since, last: '', timer };
    this.draw();
  }

  private end(): void {
    if (!this.live) return;
    clearInterval(this.live.timer);
    this.clear();
    this.live = undefined;
  }

  private draw(): void {
    const { since, last } = this.live!;
    const frame = SPINNER[Math.floor((performance.now() - since) / REDRAW_MS) % SPINNER.length];
    const line = `   ${frame} ${seconds(since)}  ${last}`.slice(0, this.out.columns - 1);
    this.clear();
    this.out.write(this.style('dim', line));
  }

  private clear(): void {
    this.out.cursorTo(0);
    this.out.clearLine(0);
  }

  /** The stream handles `NO_COLOR`, `FORCE_COLOR` and terminals without colors. */
  private style(style: Style, text: string): string {
    return this.out.isTTY && this.out.hasColors() ? styleText(style, text) : text;
  }
}

export class StepError extends Error {
  constructor(number: number, title: string, cause: unknown) {
    super(`step ${number} (${title}) failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
