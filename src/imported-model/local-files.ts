import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ModelFormatCheckOptions } from './model-format-check';
import type { Finding, ModelCheck } from '../model-format';
import { assertValid } from '../shared/constructs/validation';
import { complaint } from '../shared/validation/complaint';

const COMMAND = path.join(__dirname, '..', '..', 'assets', 'model-format', 'command', 'main', 'index.js');

/** More than a check takes. */
const TIMEOUT = 60_000;

/** More than the findings of any model. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Checks a copy of the files of a model at synthesis, and annotates the model with the findings.
 *
 * A process of its own runs the command, because constructs are synchronous: so the findings are those that the command prints.
 */
export function annotateFindings(model: Construct, { acknowledge = [], localDirectory }: ModelFormatCheckOptions): void {
  if (localDirectory === undefined) return;
  assertValid(model, checkDirectory(localDirectory));
  for (const finding of findingsIn(model, path.resolve(localDirectory), acknowledge)) {
    if (!finding.acknowledged) annotate(model, finding);
  }
}

function findingsIn(model: Construct, directory: string, acknowledge: readonly string[]): readonly Finding[] {
  const { region } = Stack.of(model);
  const args = ['check', directory, '--json', ...acknowledge.flatMap(rule => ['--acknowledge', rule]), ...Token.isUnresolved(region) ? [] : ['--region', region]];
  // The Region of the stack counts, and not that of the environment. What the options of Node.js load could print.
  const { AWS_REGION: _region, AWS_DEFAULT_REGION: _defaultRegion, NODE_OPTIONS: _options, ...env } = process.env;
  const options = { env, encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT } as const;
  const { error, stderr, stdout } = spawnSync(process.execPath, [COMMAND, ...args], options);
  // With findings or without, the result is all that it prints.
  const { findings } = parsed(stdout) ?? {};
  if (findings === undefined) throw new Error(`formatCheck.localDirectory: ${(error?.message ?? stderr).trim()} [${model.node.path}]`);
  return findings;
}

function parsed(json: string | null): ModelCheck | undefined {
  try {
    return JSON.parse(json ?? '') as ModelCheck;
  } catch {
    return undefined;
  }
}

function annotate(model: Construct, { file, message, remedy, rule, severity }: Finding): void {
  const text = `${file === undefined ? '' : `${file}: `}${message} ${remedy}`;
  switch (severity) {
    case 'error':
      Annotations.of(model).addError(`formatCheck: [${rule}] ${text} To deploy it nevertheless, acknowledge "${rule}" in formatCheck.`);
      break;
    case 'warning':
      Annotations.of(model).addWarningV2(`cdk-bedrock-model-import:modelFormat.${rule}`, text);
      break;
    case 'info':
      Annotations.of(model).addInfo(`[${rule}] ${text}`);
  }
}

function checkDirectory(directory: string): string | undefined {
  const isOther = Token.isUnresolved(directory) || directory === '' || /^\w{2,}:\/\//.test(directory);
  return isOther ? complaint('formatCheck.localDirectory', directory, 'a directory on this machine', 'Pass the path of a copy of the model\'s files, or omit it') : undefined;
}
