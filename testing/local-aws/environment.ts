import { delimiter, dirname } from 'node:path';

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

/** The environment variables that child processes inherit: no credentials, profile, proxy or endpoint. */
const INHERITED = ['LANG', 'LC_ALL', 'TERM', 'NO_COLOR', 'FORCE_COLOR', 'TMPDIR'];

function baseEnvironment(home: string): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => process.env[name] === undefined ? [] : [[name, process.env[name]]]);
  return {
    ...Object.fromEntries(inherited),
    // Run the Lambda functions and the CDK app on the same Node.js as this process.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}

/** The environment of clients of the local AWS: the CDK CLI, its app, or an interactive shell. */
export function clientVariables(endpoint: string, bedrockEndpoint: string, home: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_BEDROCK: bedrockEndpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    // Never use a real profile or an instance role.
    AWS_CONFIG_FILE: `${home}/.aws/config`,
    AWS_SHARED_CREDENTIALS_FILE: `${home}/.aws/credentials`,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_VERSION_CHECK: '1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
  };
}

export function clientEnvironment(endpoint: string, bedrockEndpoint: string, home: string): Record<string, string> {
  return { ...baseEnvironment(home), ...clientVariables(endpoint, bedrockEndpoint, home) };
}

export interface EmulatorSettings {
  readonly port: number;
  readonly bedrockEndpoint: string;
  /** The factor for waits of Step Functions. */
  readonly waitScale: number;
  /** The NODE_OPTIONS of the Lambda functions. @default - none */
  readonly nodeOptions?: string;
  /** The directory for home, temporary files and state of this run. */
  readonly dir: string;
}

/** The environment of the emulator, which passes it to the Lambda functions, including the Bedrock endpoint. */
export function emulatorEnvironment({ port, bedrockEndpoint, waitScale, nodeOptions, dir }: EmulatorSettings): Record<string, string> {
  return {
    ...baseEnvironment(dir),
    TMPDIR: dir,
    STATE_DIR: `${dir}/state`,
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1', // keeps the response URL of custom resources on IPv4
    GATEWAY_PORT: String(port),
    LAMBDA_EXECUTOR: 'local',
    DOCKER_HOST: `unix://${dir}/no-docker`, // no cleanup of containers
    SFN_WAIT_SCALE: String(waitScale),
    ...nodeOptions === undefined ? {} : { NODE_OPTIONS: nodeOptions },
    AWS_ENDPOINT_URL_BEDROCK: bedrockEndpoint,
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrockEndpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
