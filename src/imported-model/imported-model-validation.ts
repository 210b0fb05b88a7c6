import { Annotations, type Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ImportedModelProps } from './imported-model-props';
import { checkAcknowledged } from './model-format-check';
import { checkImportTimeout, JOB_NAME_PREFIX, KEEP_AND_DELETE } from './provider/library-limits';
import { ReplacementStrategy } from './replacement-strategy';
import { REGIONS } from '../model-format';
import { checkNeedsVpc } from '../shared/constructs/job-network';
import { checkKnown, checkSameAccount } from '../shared/constructs/validation';
import { IMPORTED_MODEL_NAME } from '../shared/validation/api-constraints';
import { complaint } from '../shared/validation/complaint';

/** Checks the properties of a model, as far as they are known at synthesis. Returns a message or undefined for each rule. */
export function checkProps(model: Construct, props: ImportedModelProps): (string | undefined)[] {
  return [
    checkKnown('importedModelName', props.importedModelName, IMPORTED_MODEL_NAME),
    checkKnown('jobNamePrefix', props.jobNamePrefix, JOB_NAME_PREFIX),
    props.importTimeout && checkDuration(props.importTimeout),
    props.removalPolicy && checkRemovalPolicy(props.removalPolicy),
    checkNeedsVpc(props),
    ...checkAcknowledged(props.formatCheck?._options()?.acknowledge),
    props.keepPrevious && props.replacementStrategy === ReplacementStrategy.DELETE_FIRST ? KEEP_AND_DELETE : undefined,
    props.role && checkSameAccount(model, 'role', props.role, 'Pass a role of that account: iam:PassRole is limited to the account'),
    checkNameIsFree(model, props.importedModelName),
  ];
}

/** Warns if the Region is known to have no Custom Model Import. AWS may add Regions, so it is no error. */
export function warnOfRegion(model: Construct): void {
  const { region } = Stack.of(model);
  if (Token.isUnresolved(region) || REGIONS.includes(region)) return;
  Annotations.of(model).addWarningV2(
    'cdk-bedrock-model-import:regionWithoutCustomModelImport',
    `Amazon Bedrock Custom Model Import is known in ${REGIONS.join(', ')}, and not in ${region}. Deploy the model in one of these Regions, or acknowledge `
    + 'this warning if AWS has added yours.',
  );
}

function checkDuration(importTimeout: Duration): string | undefined {
  return importTimeout.isUnresolved()
    ? complaint('importTimeout', importTimeout.toString(), 'known at synthesis, because it determines the number of resources', 'Pass a number')
    : checkImportTimeout('importTimeout', importTimeout.toMinutes({ integral: false }));
}

/** Checks a removal policy. Returns a message or undefined. */
export function checkRemovalPolicy(removalPolicy: RemovalPolicy): string | undefined {
  return removalPolicy === RemovalPolicy.SNAPSHOT
    ? complaint('removalPolicy', removalPolicy, 'DESTROY or RETAIN', 'Bedrock has no snapshots of models; the weights in Amazon S3 are the copy')
    : undefined;
}

/** Checks the properties of a retained model. Returns messages. */
export function checkRetained({ replacementStrategy }: ImportedModelProps): string[] {
  return replacementStrategy === ReplacementStrategy.DELETE_FIRST ? [complaint(
    'replacementStrategy', replacementStrategy, 'CREATE_FIRST when the removal policy is RETAIN, because DELETE_FIRST deletes the model that RETAIN keeps',
    'Choose one of the two')] : [];
}

const namesInUse = new WeakMap<Stack, Set<string>>();

/** Two models of a stack with one name. Those of other stacks may be in another account. */
function checkNameIsFree(model: Construct, name: string | undefined): string | undefined {
  if (name === undefined || Token.isUnresolved(name)) return undefined;
  const stack = Stack.of(model);
  const names = namesInUse.get(stack) ?? new Set();
  namesInUse.set(stack, names);
  if (names.has(name)) return complaint('importedModelName', name, 'used once: another model of this stack has it', 'Choose another name, or omit it to have one generated');
  names.add(name);
  return undefined;
}
