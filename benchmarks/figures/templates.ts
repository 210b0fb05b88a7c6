import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import * as library from '../../src';
import { type Figure, rounded } from '../figure';
import { NaiveModel, NativeModel } from '../peers/models';
import { inFolder } from '../processes';

type Define = (scope: Construct, id: string, folder: string) => unknown;

/** A model of a version of this library. */
export const modelOf = ({ ImportedModel, ModelSource }: typeof library): Define =>
  (scope, id, folder) => new ImportedModel(scope, id, { source: ModelSource.fromS3Uri(`s3://amzn-s3-demo-bucket/${folder}`) });

/** The ways to define a model. */
export const MODELS: { readonly [name: string]: Define } = {
  'this library': modelOf(library),
  'naive': (scope, id, folder) => new NaiveModel(scope, id, folder),
  'native': (scope, id, folder) => new NativeModel(scope, id, folder),
};

const COUNTS = [1, 3, 10];

function sizeOf(define: Define, count: number, outdir: string): { readonly resources: number; readonly bytes: number } {
  const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
  const stack = new Stack(app, 'ModelStack', { env: { account: '111122223333', region: 'us-east-1' } });
  for (let n = 1; n <= count; n++) define(stack, `Llama${n}`, `llama-${n}/`);
  const { template } = app.synth().getStackByName('ModelStack');
  return { resources: Object.keys(template.Resources).length, bytes: JSON.stringify(template).length };
}

/** The size of a template. */
export const templates: Figure = {
  chart: { title: 'Resources of a stack', bars: { 'resources': 'this library', 'naive resources': 'naive', 'native resources': 'native' } },
  async measure() {
    const rows = await inFolder(async folder => COUNTS.map(count => {
      const [ours, naive, native] = Object.entries(MODELS).map(([name, define]) => sizeOf(define, count, join(folder, `${name}-${count}`)));
      return [count === 1 ? '1 model' : `${count} models`, {
        'resources / naive': rounded(ours.resources / naive.resources),
        'bytes / naive': rounded(ours.bytes / naive.bytes),
        'resources': ours.resources,
        'naive resources': naive.resources,
        'native resources': native.resources,
        'bytes': ours.bytes,
        'naive bytes': naive.bytes,
        'native bytes': native.bytes,
      }] as const;
    }));
    return { how: 'One stack with default properties. Bytes of the template without white space.', table: Object.fromEntries(rows) };
  },
};
