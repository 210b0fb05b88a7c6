import { DeploymentError } from './deployment-error';
import {
  checkTags, IMPORTED_MODEL_NAME, KMS_KEY_ID, ROLE_ARN, S3_URI, SECURITY_GROUPS, SUBNETS, VPC_ID,
} from '../../../shared/validation/api-constraints';
import { checkCount, checkString } from '../../../shared/validation/complaint';
import type {
  CheckLinkProperties, ImportLinkProperties, Link, LookUpProperties, ModelLinkProperties, ReplacementOrder, Tag,
} from '../contract';
import { checkBody, checkImportTimeout, checkWaitWindow, JOB_NAME_PREFIX, KEEP_AND_DELETE, MODEL_NAME_BASE_LENGTH, NAME_PREFIX, SOURCE_VERSION } from '../library-limits';

/** The properties of the custom resource, typed. */
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
  readonly keepPrevious: boolean;
  /** Whether a model that is imported must be verified. */
  readonly verified: boolean;
  readonly verification?: Verification;
  readonly acknowledgedRules: string[];
}

/** How a model is verified: what it is asked, and what its answer must contain. */
export interface Verification {
  /** The body of InvokeModel. */
  readonly body: string;
  readonly expect?: string;
}

/** `ResourceProperties` of any age. */
export type Properties = { readonly [name in keyof CheckLinkProperties | keyof ImportLinkProperties | keyof ModelLinkProperties]?: unknown };

/** Whether these are the properties of a lookup. */
export function isLookUp(properties: Properties): boolean {
  return properties.Link === ('lookUp' satisfies LookUpProperties['Link']);
}

/** The name of the model to look up. */
export function parseLookUp(properties: Properties): string {
  const name = text(properties.ImportedModelName) ?? '';
  const problem = checkString('importedModelName', name, IMPORTED_MODEL_NAME);
  if (problem) throw new DeploymentError(problem);
  return name;
}

/** Reads properties without validating them: a Delete, or an event from an older version, must not fail on validation. */
export function readRequest(properties: Properties): ModelImportRequest {
  const subnetIds = texts(properties.SubnetIds);
  const securityGroupIds = texts(properties.SecurityGroupIds);
  const link = text(properties.Link);
  const body = text(properties.VerificationBody);
  return {
    link: link === 'check' || link === 'import' || link === 'wait' ? link : 'model',
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
    keepPrevious: text(properties.KeepPrevious) === 'true',
    verified: text(properties.Verified) === 'true',
    verification: body === undefined ? undefined : { body, expect: text(properties.VerificationExpect) },
    acknowledgedRules: texts(properties.AcknowledgedRules),
  };
}

/** Everything that Bedrock would refuse. */
export function problemsOf(request: ModelImportRequest): string[] {
  const { importedModelKmsKeyId, sourceVersion } = request;
  return [
    checkString('source', request.s3Uri, S3_URI),
    sourceVersion === undefined ? undefined : checkString('source.version', sourceVersion, SOURCE_VERSION),
    importedModelKmsKeyId === undefined ? undefined : checkString('encryption', importedModelKmsKeyId, KMS_KEY_ID),
    ...request.link === 'check' ? [] : problemsOfImport(request),
  ].filter(problem => problem !== undefined);
}

function problemsOfImport(request: ModelImportRequest): (string | undefined)[] {
  const { importedModelName, importTimeoutMinutes, jobNamePrefix, link, verification, vpcConfig } = request;
  return [
    checkString('role', request.roleArn, ROLE_ARN),
    link === 'import'
      // A generated model name begins with it, so it must satisfy the stricter of the two patterns.
      ? checkString('NameBase', request.nameBase ?? '', { ...IMPORTED_MODEL_NAME, maxLength: MODEL_NAME_BASE_LENGTH })
      : checkString('NamePrefix', request.namePrefix ?? '', NAME_PREFIX),
    importedModelName === undefined ? undefined : checkString('importedModelName', importedModelName, IMPORTED_MODEL_NAME),
    jobNamePrefix === undefined ? undefined : checkString('jobNamePrefix', jobNamePrefix, JOB_NAME_PREFIX),
    importTimeoutMinutes === undefined ? undefined : checkImportTimeout('importTimeout', importTimeoutMinutes),
    checkWaitWindow('WindowMinutes', request.windowMinutes),
    ...checkTags('importedModelTags', asMap(request.importedModelTags)),
    ...checkTags('jobTags', asMap(request.jobTags)),
    ...vpcConfig === undefined ? [] : [
      checkCount('vpcSubnets', vpcConfig.subnetIds.length, 'subnets', SUBNETS, 'Select other subnets with vpcSubnets'),
      checkCount('securityGroups', vpcConfig.securityGroupIds.length, 'security groups', SECURITY_GROUPS, 'Combine the rules in fewer groups'),
      ...vpcConfig.subnetIds.map(id => checkString('vpcSubnets', id, VPC_ID)),
      ...vpcConfig.securityGroupIds.map(id => checkString('securityGroups', id, VPC_ID)),
    ],
    // A token may have been an empty text.
    link === 'model' && request.verified ? checkBody('verification.body', verification?.body ?? '') : undefined,
    request.keepPrevious && request.replacementStrategy === 'DELETE_FIRST' ? KEEP_AND_DELETE : undefined,
  ];
}

/** An empty string counts as absent: `Fn::If` and an empty parameter leave one. */
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
