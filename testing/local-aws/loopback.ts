/**
 * Every endpoint is checked before it is used, so that no real AWS account is ever called.
 */
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Throws unless `url` is http(s) on this machine. `what` is the name of the endpoint in the message. */
export function assertLoopback(url: string, what = 'the endpoint'): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && /^https?:$/.test(parsed.protocol) && LOOPBACK_HOST.test(parsed.hostname)) return;
  throw new Error(`${what} must be a loopback address such as http://127.0.0.1:4566, not ${JSON.stringify(url)}: `
    + 'the local AWS never calls another machine');
}

/** Throws if an inherited `AWS_ENDPOINT_URL` or `AWS_ENDPOINT_URL_<SERVICE>` is on another machine. */
export function assertLoopbackEnvironment(env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(env)) {
    if (value && /^AWS_ENDPOINT_URL(_|$)/.test(name)) assertLoopback(value, `the environment variable ${name}`);
  }
}
