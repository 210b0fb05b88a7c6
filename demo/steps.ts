import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 100;

/** What a step can say while it runs. */
export interface Step {
  /** Something that was found to be true. */
  fact(label: string, value: string): void;
  /** What is going on: on a terminal the last of it is shown until the step ends. */
  progress(line: string): void;
}

/** Numbered steps with their times: one live line on a terminal, plain lines elsewhere. */
export class Steps {
  private readonly start = performance.now();
  private count = 0;
  private live?: { readonly since: number; last: string; readonly timer: NodeJS.Timeout };

  /** @param verbose print all progress instead of the last of it */
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
    this.print(`   ${this.style('dim', label.padEnd(14))} ${value}`);
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

  /** `NO_COLOR`, `FORCE_COLOR` and dumb terminals are the stream's business. */
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
