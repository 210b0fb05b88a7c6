import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { ModelSource } from '../../src';

// What the library uses of CDK must not be deprecated: users would see the warning, and could do nothing about it.
process.env.JSII_DEPRECATED = 'fail';

const root = mkdtempSync(join(tmpdir(), 'synth-'));
let apps = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An app that leaves nothing behind, and that does not copy its assets: no test looks at them. */
export function newApp(context: { readonly [key: string]: unknown } = {}): App {
  return new App({
    outdir: join(root, String(apps++)),
    analyticsReporting: false,
    treeMetadata: false,
    context: { 'aws:cdk:disable-asset-staging': true, ...context },
  });
}

/** A stack in an app of its own. */
export function newStack(props?: StackProps): Stack {
  return new Stack(newApp(), 'Stack', props);
}

export const ACCOUNT = '111122223333';
export const OTHER_ACCOUNT = '444455556666';
export const REGION = 'us-east-1';
export const ENV = { account: ACCOUNT, region: REGION };

/** Weights that need no other resource. */
export const WEIGHTS_URI = 's3://amzn-s3-demo-bucket/llama/';
export const weights = () => ModelSource.fromS3Uri(WEIGHTS_URI);

export const MODEL_ARN = `arn:aws:bedrock:${REGION}:${ACCOUNT}:imported-model/abcdefghijkl`;
export const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/12345678-1234-1234-1234-123456789012`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/import`;
