/**
 * Nothing here may ever talk to a real AWS account: every endpoint is checked before it is used.
 */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Throws unless `url` is http(s) on this very machine. `what` names the endpoint in the message. */
export function assertLoopback(url: string, what = 'the endpoint'): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && LOOPBACK_HOST.test(parsed.hostname)) return;
  throw new Error(`${what} must be a loopback address such as http://127.0.0.1:4566, not ${JSON.stringify(url)}: `
    + 'the local AWS never talks to another machine');
}

/** Throws if an inherited `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_<SERVICE>` leads away from this machine. */
export function assertLoopbackEnvironment(env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(env)) {
    if (value && /^AWS_ENDPOINT_URL(_|$)/.test(name)) assertLoopback(value, `the environment variable ${name}`);
  }
}
