import { DeploymentError } from './deployment-error';
import {
  checkCount, checkImportTimeout, checkString, checkTags, checkWaitWindow, IMPORTED_MODEL_NAME, JOB_NAME_PREFIX, KMS_KEY_ID,
  MAX_SECURITY_GROUPS, MAX_SUBNETS, MODEL_NAME_BASE_LENGTH, NAME_PREFIX, ROLE_ARN, S3_URI, SOURCE_VERSION, VPC_ID,
} from '../../../shared/validation/api-constraints';
import type {
  ImportLinkProperties, Link, LookUpProperties, ModelLinkProperties, ReplacementOrder, Tag,
} from '../contract';

/** What the stack asks for: the properties of the custom resource, in the types of the handler. */
export interface ModelImportRequest {
  readonly link: Link;
  readonly importLogicalId?: string;
  readonly namePrefix?: string;
  readonly jobName?: string;
  readonly windowMinutes: number;
  readonly importTimeoutMinutes?: number;
  readonly s3Uri: string;
  readonly sourceVersion?: string;
  readonly importedModelKmsKeyId?: string;
  readonly importedModelName?: string;
  readonly nameBase?: string;
  readonly jobNamePrefix?: string;
  readonly roleArn: string;
  readonly vpcConfig?: { readonly subnetIds: string[]; readonly securityGroupIds: string[] };
  readonly importedModelTags: Tag[];
  readonly jobTags: Tag[];
  readonly replacementStrategy: ReplacementOrder;
  readonly retain: boolean;
}

/** `ResourceProperties` of any age. */
export type Properties = { readonly [name in keyof ImportLinkProperties | keyof ModelLinkProperties]?: unknown };

/** Whether a model is only to be found. */
export function isLookUp(properties: Properties): boolean {
  return properties.Link === ('lookUp' satisfies LookUpProperties['Link']);
}

/** The name of the model to find. */
export function parseLookUp(properties: Properties): string {
  const name = text(properties.ImportedModelName) ?? '';
  const problem = checkString('importedModelName', name, IMPORTED_MODEL_NAME);
  if (problem) throw new DeploymentError(problem);
  return name;
}

/** Reads the properties of a Create or Update, and checks the values that synthesis could not know. */
export function parseRequest(properties: Properties): ModelImportRequest {
  const request = readRequest(properties);
  const problems = problemsOf(request);
  if (problems.length > 0) throw new DeploymentError(problems.join(' '));
  return request;
}

/** Reads properties without a complaint: those of a deletion, and those of earlier versions, are what they are. */
export function readRequest(properties: Properties): ModelImportRequest {
  const subnetIds = texts(properties.SubnetIds);
  const securityGroupIds = texts(properties.SecurityGroupIds);
  const link = text(properties.Link);
  return {
    link: link === 'import' || link === 'wait' ? link : 'model',
    importLogicalId: text(properties.ImportLogicalId),
    namePrefix: text(properties.NamePrefix),
    jobName: text(properties.JobName),
    windowMinutes: Number(text(properties.WindowMinutes)),
    importTimeoutMinutes: properties.ImportTimeoutMinutes === undefined ? undefined : Number(text(properties.ImportTimeoutMinutes)),
    s3Uri: text(properties.S3Uri) ?? '',
    sourceVersion: text(properties.SourceVersion),
    importedModelKmsKeyId: text(properties.ImportedModelKmsKeyId),
    importedModelName: text(properties.ImportedModelName),
    nameBase: text(properties.NameBase),
    jobNamePrefix: text(properties.JobNamePrefix),
    roleArn: text(properties.RoleArn) ?? '',
    vpcConfig: subnetIds.length + securityGroupIds.length === 0 ? undefined : { subnetIds, securityGroupIds },
    importedModelTags: tags(properties.ImportedModelTags),
    jobTags: tags(properties.JobTags),
    replacementStrategy: text(properties.ReplacementStrategy) === 'DELETE_FIRST' ? 'DELETE_FIRST' : 'CREATE_FIRST',
    retain: text(properties.RemovalPolicy) === 'RETAIN',
  };
}

/** Everything that Bedrock would refuse. */
function problemsOf(request: ModelImportRequest): string[] {
  const { importedModelKmsKeyId, importedModelName, importTimeoutMinutes, jobNamePrefix, link, sourceVersion, vpcConfig } = request;
  return [
    checkString('source', request.s3Uri, S3_URI),
    checkString('role', request.roleArn, ROLE_ARN),
    link === 'import'
      // A generated model name begins with it, so it obeys the stricter of the two alphabets.
      ? checkString('NameBase', request.nameBase ?? '', { ...IMPORTED_MODEL_NAME, maxLength: MODEL_NAME_BASE_LENGTH })
      : checkString('NamePrefix', request.namePrefix ?? '', NAME_PREFIX),
    sourceVersion === undefined ? undefined : checkString('source.version', sourceVersion, SOURCE_VERSION),
    importedModelKmsKeyId === undefined ? undefined : checkString('encryption', importedModelKmsKeyId, KMS_KEY_ID),
    importedModelName === undefined ? undefined : checkString('importedModelName', importedModelName, IMPORTED_MODEL_NAME),
    jobNamePrefix === undefined ? undefined : checkString('jobNamePrefix', jobNamePrefix, JOB_NAME_PREFIX),
    importTimeoutMinutes === undefined ? undefined : checkImportTimeout('importTimeout', importTimeoutMinutes),
    checkWaitWindow('waitWindow', request.windowMinutes),
    ...checkTags('importedModelTags', asMap(request.importedModelTags)),
    ...checkTags('jobTags', asMap(request.jobTags)),
    ...vpcConfig === undefined ? [] : [
      checkCount('vpcSubnets', vpcConfig.subnetIds.length, 1, MAX_SUBNETS, 'Select other subnets with vpcSubnets'),
      checkCount('securityGroups', vpcConfig.securityGroupIds.length, 1, MAX_SECURITY_GROUPS, 'Combine the rules in fewer groups'),
      ...vpcConfig.subnetIds.map(id => checkString('vpcSubnets', id, VPC_ID)),
      ...vpcConfig.securityGroupIds.map(id => checkString('securityGroups', id, VPC_ID)),
    ],
  ].filter(problem => problem !== undefined);
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
