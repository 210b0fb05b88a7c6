import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { version } from 'aws-cdk-lib/package.json';
import { ImportedModel, ModelImportProvider, ModelSource } from '../src';

/**
 * Prints the number of resources and the size of the template with one and with three models, and the size of bundle and package.
 *
 *   npx projen bundle && npx projen package:js && npx tsx benchmarks/size.ts
 */
const root = join(__dirname, '..');

function template(build: (stack: Stack) => void): { resources: number; bytes: number } {
  const app = new App({ analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } });
  const stack = new Stack(app, 'ModelStack', { env: { account: '111122223333', region: 'us-east-1' } });
  build(stack);
  const json = app.synth().getStackByName('ModelStack').template;
  return { resources: Object.keys(json.Resources).length, bytes: JSON.stringify(json).length };
}

const models = (count: number) => template(stack => {
  for (let n = 1; n <= count; n++) new ImportedModel(stack, `Llama${n}`, { source: ModelSource.fromS3Uri(`s3://amzn-s3-demo-bucket/llama-${n}/`) });
});
const size = (file: string) => existsSync(file) ? statSync(file).size : 'not built';
const packages = existsSync(join(root, 'dist/js')) ? readdirSync(join(root, 'dist/js')) : [];

console.log(`aws-cdk-lib ${version}; templates without white space`);
console.table({
  'provider alone': template(stack => { new ModelImportProvider(stack, 'Provider'); }),
  'one model': models(1),
  'three models': models(3),
  'handler bundle': { bytes: size(join(root, 'assets/imported-model/provider/model-import.lambda/index.js')) },
  'npm package': { bytes: packages.length > 0 ? size(join(root, 'dist/js', packages[0])) : 'not built' },
});
