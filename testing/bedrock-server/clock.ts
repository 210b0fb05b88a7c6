/** Milliseconds since 1970. Monotonic. */
export interface Clock {
  now(): number;
  /** How long a time on this clock is in reality. @default - not known, so nobody waits for it */
  realMs?(ms: number): number;
}

/** Time that advances only on request. */
export class VirtualClock implements Clock {
  private time: number;

  public constructor(start = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  public now(): number {
    return this.time;
  }

  public advance(ms: number): void {
    this.set(this.time + ms);
  }

  public set(time: number): void {
    if (!(time >= this.time)) {
      throw new RangeError(`The clock does not go back, from ${this.time} to ${time}`);
    }
    this.time = time;
  }
}

/** System time, optionally faster, so that fifteen minutes pass in seconds in a demo. */
export class SystemClock implements Clock {
  private readonly origin = Date.now();
  // Unlike Date.now(), not affected by corrections of the system clock.
  private readonly started = performance.now();

  public constructor(private readonly speed = 1) {
    if (!(speed > 0 && Number.isFinite(speed))) {
      throw new RangeError(`The speed of the clock must be a positive number, not ${speed}`);
    }
  }

  public now(): number {
    return Math.floor(this.origin + (performance.now() - this.started) * this.speed);
  }

  public realMs(ms: number): number {
    return ms / this.speed;
  }
}
