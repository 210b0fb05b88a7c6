import type { Clock } from '../bedrock-server/clock';

/**
 * Preloaded into the Node.js of a Lambda function. Replaces the time and the sleep of the handler, but not network timeouts.
 * Also replaces the date of responses: if it differs from the local time, the SDK attributes all errors to clock skew. The Bedrock server has this
 * clock, so that its responses over HTTP/2, which are not seen here, need no replacement.
 */
const PRELOAD = `
  import { subscribe } from 'node:diagnostics_channel';
  import timers from 'node:timers/promises';
  const { origin, speed } = SETTINGS;
  const { now } = Date;
  const { setTimeout } = timers;
  Date.now = () => Math.floor(origin + (now() - origin) * speed);
  timers.setTimeout = (ms, ...more) => setTimeout(ms / speed, ...more);
  subscribe('http.client.response.finish', ({ response }) => {
    response.headers.date = new Date(Date.now()).toUTCString();
  });
`;

/**
 * A faster clock that the Bedrock server and the Lambda functions share, without a change of their code. The emulator scales
 * the waits of Step Functions: hours of waiting pass in seconds with the same number of polls.
 */
export class FastClock implements Clock {
  /** The real time at which this clock was right. */
  public readonly origin = Date.now();

  constructor(private readonly speed: number) {}

  public now(): number {
    return Math.floor(this.origin + (Date.now() - this.origin) * this.speed);
  }

  public realMs(ms: number): number {
    return ms / this.speed;
  }

  /** The factor for waits of Step Functions in the emulator. */
  public get waitScale(): number {
    return 1 / this.speed;
  }

  /** The NODE_OPTIONS of the Lambda functions in the emulator. */
  public get nodeOptions(): string {
    const program = PRELOAD.replace('SETTINGS', JSON.stringify({ origin: this.origin, speed: this.speed }));
    return `--import=data:text/javascript;base64,${Buffer.from(program).toString('base64')}`;
  }
}
