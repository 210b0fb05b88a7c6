import { DeploymentError } from './deployment-error';
import type { ModelImportProperties, Tag } from '../contract/custom-resource';
import {
  checkCount, checkImportTimeout, checkString, checkTags, IMPORTED_MODEL_NAME, JOB_NAME_PREFIX, KMS_KEY_ID,
  MAX_SECURITY_GROUPS, MAX_SUBNETS, MODEL_NAME_BASE_LENGTH, ROLE_ARN, S3_URI, VPC_ID,
} from '../contract/rules';

/** What the stack asks for: the properties of the custom resource, checked, in the types of the handler. */
export interface ModelImportRequest {
  readonly s3Uri: string;
  readonly sourceVersion?: string;
  readonly importedModelKmsKeyId?: string;
  readonly importedModelName?: string;
  readonly nameBase: string;
  readonly jobNamePrefix?: string;
  readonly roleArn: string;
  readonly vpcConfig?: { readonly subnetIds: string[]; readonly securityGroupIds: string[] };
  readonly importedModelTags: Tag[];
  readonly jobTags: Tag[];
  readonly importTimeoutMinutes: number;
}

/** Reads the properties of a Create or Update, and checks the values that synthesis could not know. */
export function parseRequest(properties: { readonly [name: string]: unknown }): ModelImportRequest {
  const wire = properties as { readonly [name in keyof ModelImportProperties]?: unknown };
  const problems: string[] = [];
  const note = (...found: (string | undefined)[]) => problems.push(...found.filter(problem => problem !== undefined));

  const s3Uri = text(wire.S3Uri) ?? '';
  const importedModelKmsKeyId = text(wire.ImportedModelKmsKeyId);
  const importedModelName = text(wire.ImportedModelName);
  const nameBase = text(wire.NameBase) ?? '';
  const jobNamePrefix = text(wire.JobNamePrefix);
  const roleArn = text(wire.RoleArn) ?? '';
  const subnetIds = texts(wire.SubnetIds);
  const securityGroupIds = texts(wire.SecurityGroupIds);
  const importedModelTags = tags(wire.ImportedModelTags);
  const jobTags = tags(wire.JobTags);
  const importTimeoutMinutes = Number(text(wire.ImportTimeoutMinutes));

  note(
    checkString('source', s3Uri, S3_URI),
    checkString('role', roleArn, ROLE_ARN),
    // A generated model name begins with it, so it obeys the stricter of the two alphabets.
    checkString('NameBase', nameBase, { ...IMPORTED_MODEL_NAME, maxLength: MODEL_NAME_BASE_LENGTH }),
    importedModelKmsKeyId === undefined ? undefined : checkString('encryption', importedModelKmsKeyId, KMS_KEY_ID),
    importedModelName === undefined ? undefined : checkString('importedModelName', importedModelName, IMPORTED_MODEL_NAME),
    jobNamePrefix === undefined ? undefined : checkString('jobNamePrefix', jobNamePrefix, JOB_NAME_PREFIX),
    checkImportTimeout('importTimeout', importTimeoutMinutes),
    ...checkTags('importedModelTags', asMap(importedModelTags)),
    ...checkTags('jobTags', asMap(jobTags)),
  );
  const vpcConfig = subnetIds.length + securityGroupIds.length === 0 ? undefined : { subnetIds, securityGroupIds };
  if (vpcConfig) {
    note(
      checkCount('vpcSubnets', subnetIds.length, 1, MAX_SUBNETS, 'Select other subnets with vpcSubnets'),
      checkCount('securityGroups', securityGroupIds.length, 1, MAX_SECURITY_GROUPS, 'Combine the rules in fewer groups'),
      ...subnetIds.map(id => checkString('vpcSubnets', id, VPC_ID)),
      ...securityGroupIds.map(id => checkString('securityGroups', id, VPC_ID)),
    );
  }

  if (problems.length > 0) throw new DeploymentError(problems.join(' '));
  return {
    s3Uri,
    sourceVersion: text(wire.SourceVersion),
    importedModelKmsKeyId,
    importedModelName,
    nameBase,
    jobNamePrefix,
    roleArn,
    vpcConfig,
    importedModelTags,
    jobTags,
    importTimeoutMinutes,
  };
}

/**
 * The tag keys that an earlier request put on the model and on the job. Read from properties of any age, so that it
 * tolerates everything.
 */
export function tagKeysOf(properties: { readonly [name: string]: unknown } | undefined): { model: string[]; job: string[] } {
  return {
    model: tags(properties?.ImportedModelTags).map(tag => tag.key),
    job: tags(properties?.JobTags).map(tag => tag.key),
  };
}

/** An empty string is an absent value: that is what `Fn::If` and an empty parameter leave. */
function text(value: unknown): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function tags(value: unknown): Tag[] {
  return Array.isArray(value) ? value.map(tag => ({ key: String(tag?.key), value: String(tag?.value ?? '') })) : [];
}

function asMap(list: Tag[]): { [key: string]: string } {
  return Object.fromEntries(list.map(tag => [tag.key, tag.value]));
}
