import { Bedrock } from '@aws-sdk/client-bedrock';
import { BedrockRuntime } from '@aws-sdk/client-bedrock-runtime';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { IAM } from '@aws-sdk/client-iam';
import { KMS } from '@aws-sdk/client-kms';
import { S3 } from '@aws-sdk/client-s3';
import { SFN } from '@aws-sdk/client-sfn';
import { STS } from '@aws-sdk/client-sts';
import type { Ledger } from './ledger';
import type { CommandResult } from '../local-aws/command';

/** The clients of one principal. Endpoints and credentials are those of the environment, as for the CDK CLI. */
export interface Clients {
  readonly bedrock: Bedrock;
  readonly bedrockRuntime: BedrockRuntime;
  readonly cloudFormation: CloudFormation;
  readonly cloudWatch: CloudWatch;
  readonly iam: IAM;
  readonly kms: KMS;
  readonly logs: CloudWatchLogs;
  readonly s3: S3;
  readonly sfn: SFN;
  readonly sts: STS;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** @default - never */
  readonly expiration?: Date;
}

export interface ClientOptions {
  readonly region: string;
  /** @default - those of the environment */
  readonly credentials?: Credentials | (() => Promise<Credentials>);
  /** The endpoint of Bedrock and its runtime. @default - that of AWS, or of the environment */
  readonly bedrockEndpoint?: string;
  /** The endpoint of all other services. @default - that of AWS, or of the environment */
  readonly endpoint?: string;
  /** In the user agent, by which the local AWS knows who calls. */
  readonly userAgentAppId?: string;
}

/** A run takes hours, in which a connection breaks and a call has no response. */
const PATIENCE = { maxAttempts: 10, requestHandler: { connectionTimeout: 10_000, requestTimeout: 120_000, throwOnRequestTimeout: true } };

export function clientsOf({ bedrockEndpoint, endpoint, ...options }: ClientOptions): Clients {
  const rest = { ...PATIENCE, ...options };
  const ofBedrock = { ...rest, endpoint: bedrockEndpoint };
  const ofOthers = { ...rest, endpoint };
  return {
    bedrock: new Bedrock(ofBedrock),
    // What a model answers while it is loaded is evidence, so the client does not repeat the call.
    bedrockRuntime: new BedrockRuntime({ ...ofBedrock, maxAttempts: 1 }),
    cloudFormation: new CloudFormation(ofOthers),
    cloudWatch: new CloudWatch(ofOthers),
    iam: new IAM(ofOthers),
    kms: new KMS(ofOthers),
    logs: new CloudWatchLogs(ofOthers),
    s3: new S3({ ...ofOthers, forcePathStyle: endpoint !== undefined }),
    sfn: new SFN(ofOthers),
    sts: new STS(ofOthers),
  };
}

/** The time of the account. Faster on the local AWS. */
export interface Time {
  now(): number;
  /** Rejects when the run is interrupted. */
  sleep(ms: number): Promise<void>;
}

/** Weights in Amazon S3 that can be imported. */
export interface Weights {
  readonly bucket: string;
  /** The folder, with a slash at its end. */
  readonly prefix: string;
}

/** The account that is asked, and what a probe needs to ask it. */
export interface World {
  /** A part of the names of all that this run makes. Lower case letters and digits, unique. */
  readonly run: string;
  readonly account: string;
  readonly partition: string;
  readonly region: string;
  readonly aws: Clients;
  readonly time: Time;
  /** What was made and must be removed. */
  readonly made: Ledger;
  /** The bucket of this run. */
  readonly bucket: string;
  /** A model in this bucket, or in one of the user. */
  readonly weights: Weights;
  /** The ID of a cheap model of the catalogue that batch inference takes. */
  readonly batchModel: string;
  /** The clients of a role that was made for this. */
  as(roleArn: string): Promise<Clients>;
  /** Runs the CDK CLI with an app of this repository. The signal kills it; operations in CloudFormation continue. */
  cdk(args: readonly string[], app: string, kill?: AbortSignal): Promise<CommandResult>;
  log(line: string): void;
}
