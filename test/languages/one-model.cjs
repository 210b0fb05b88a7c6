// The smallest app: plain JavaScript, one model. The assets must contain its handler.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { App, CfnOutput, Stack } = require('aws-cdk-lib');
const { ImportedModel, ModelSource } = require('cdk-bedrock-model-import');

const app = new App({ outdir: process.argv[2] });
const stack = new Stack(app, 'OneModel');
const model = new ImportedModel(stack, 'Llama', { source: ModelSource.fromS3Uri('s3://amzn-s3-demo-bucket/llama/') });
new CfnOutput(stack, 'ModelArn', { value: model.modelArn });
const { directory } = app.synth();

const read = (name) => JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8'));
const code = path.join(__dirname, 'node_modules/cdk-bedrock-model-import/assets/imported-model/provider/model-import.lambda');
const { Resources } = read('OneModel.template.json');
const handler = Object.values(Resources).find(({ Type, Properties }) =>
  Type === 'AWS::Lambda::Function' && Properties.Description.startsWith('Imports models into Amazon Bedrock'));
const { source } = read('OneModel.assets.json').files[handler.Properties.Code.S3Key.replace(/\.zip$/, '')];

assert.equal(Object.values(Resources).filter(({ Type }) => Type === 'Custom::BedrockImportedModel').length, 1);
assert.equal(source.packaging, 'zip');
const files = fs.readdirSync(path.join(directory, source.path));
assert.deepEqual(files, ['index.js', 'new-model.lambda.js']);
for (const file of files) assert.ok(fs.readFileSync(path.join(directory, source.path, file)).equals(fs.readFileSync(path.join(code, file))));
console.log(`${Object.keys(Resources).length} resources, and the handler with ${files.length} files in ${source.path}`);
