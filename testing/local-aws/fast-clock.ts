import type { Clock } from '../bedrock-server/clock';

/**
 * Loaded into the Node.js of a Lambda function before anything else: the time of day, and the sleep that the handler uses.
 * Timeouts of the network stay what they are. The dates of answers follow: where they are far from its own time, the SDK takes
 * every refusal for one of a wrong clock.
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
 * A time that goes faster, the same for the Bedrock server and for the Lambda functions, whose code knows nothing of it. The
 * waits of Step Functions are scaled by the emulator itself: hours of waiting pass in seconds, in the same number of polls.
 */
export class FastClock implements Clock {
  private readonly origin = Date.now();

  constructor(private readonly speed: number) {}

  public now(): number {
    return Math.floor(this.origin + (Date.now() - this.origin) * this.speed);
  }

  /** For the emulator: factor on the waits of Step Functions. */
  public get waitScale(): number {
    return 1 / this.speed;
  }

  /** For the emulator: NODE_OPTIONS of the Lambda functions. */
  public get nodeOptions(): string {
    const program = PRELOAD.replace('SETTINGS', JSON.stringify({ origin: this.origin, speed: this.speed }));
    return `--import=data:text/javascript;base64,${Buffer.from(program).toString('base64')}`;
  }
}
