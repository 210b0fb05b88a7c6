import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { ModelSource } from '../../src';

// The library must not use deprecated APIs of CDK: users would get warnings that they cannot fix.
process.env.JSII_DEPRECATED = 'fail';

const root = mkdtempSync(join(tmpdir(), 'synth-'));
let apps = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An app without output files. Does not copy assets, because no test needs them. */
export function newApp(context: { readonly [key: string]: unknown } = {}): App {
  return new App({
    outdir: join(root, String(apps++)),
    analyticsReporting: false,
    treeMetadata: false,
    context: { 'aws:cdk:disable-asset-staging': true, ...context },
  });
}

/** A stack in a new app. */
export function newStack(props?: StackProps): Stack {
  return new Stack(newApp(), 'Stack', props);
}

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-east-1';
export const ENV = { account: ACCOUNT, region: REGION };

/** A URI of weights, without other resources. */
export const WEIGHTS_URI = 's3://amzn-s3-demo-bucket/llama/';
export const weights = () => ModelSource.fromS3Uri(WEIGHTS_URI);

export const MODEL_ARN = `arn:aws:bedrock:${REGION}:${ACCOUNT}:imported-model/abcdefghijkl`;
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/import`;
