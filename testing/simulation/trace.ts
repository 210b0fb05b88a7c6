/** A readable log of a history. Writes nothing unless enabled. */
export class Trace {
  public readonly lines: string[] = [];
  private last = '';

  constructor(private readonly now: () => number, public readonly enabled: boolean) {}

  public say(who: string, what: () => string): void {
    if (!this.enabled) return;
    this.lines.push(`${stamp(this.now())}  ${who.padEnd(10)}  ${what()}`);
  }

  /** Logs the state of Bedrock if it has changed. */
  public holds(what: () => string): void {
    if (!this.enabled) return;
    const text = what();
    if (text !== this.last) this.lines.push(`${' '.repeat(22)}= ${text}`);
    this.last = text;
  }
}

const EPOCH = Date.UTC(2026, 0, 1);

function stamp(now: number): string {
  const seconds = (now - EPOCH) / 1000;
  const part = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${part(seconds / 3600)}:${part(seconds / 60 % 60)}:${part(seconds % 60)}.${Math.floor(seconds * 10 % 10)}`;
}
