import { ACKNOWLEDGED_RULE, EXPECTED } from './files-and-answers';
import type { ModelSpec } from './script';
import { ATTRIBUTES_REVISION, type Link, type ModelImportProperties, type Tag } from '../../src/imported-model/provider/contract';

/** A custom resource with the properties and dependencies of `ImportedModel` (verified by chain.test.ts). */
export interface ChainLink {
  readonly logicalId: string;
  readonly link: Link;
  /** The logical IDs in DependsOn, in addition to those that the properties refer to. */
  readonly dependsOn: readonly string[];
  /** The properties. `jobName` is `Fn::GetAtt import.JobName`, `prefix` is `Ref import`. */
  readonly properties: (roleArn: string, jobName: string, prefix: string) => ModelImportProperties;
}

export interface ChainScope {
  /** The construct ID, for example `M0`. */
  readonly id: string;
  readonly nameBase: string;
  readonly waitWindow: number;
}

/** The links of one model, in order, and the check of its files. */
export function chainOf(scope: ChainScope, spec: ModelSpec): ChainLink[] {
  const timeoutMinutes = Math.max(1, spec.windows * scope.waitWindow - spec.lessMinutes);
  const isVerified = spec.verification !== 'off';
  const plans = linksOf(timeoutMinutes, scope.waitWindow, isVerified);
  const importLogicalId = scope.id + plans[0].id;
  const checkLogicalId = `${scope.id}Check`;
  const content = {
    S3Uri: spec.weights === 'invalid' ? 's3://amzn-s3-demo-bucket/my model/' : `s3://amzn-s3-demo-bucket/weights-${spec.weights}/`,
    SourceVersion: spec.version === 0 ? undefined : String(spec.version),
    ImportedModelKmsKeyId: spec.key === 0 ? undefined : `arn:aws:kms:us-east-1:111122223333:key/0000000${spec.key}-0000-0000-0000-000000000000`,
  };
  const check: ChainLink[] = spec.check === 'off' ? [] : [{
    logicalId: checkLogicalId,
    link: 'check',
    dependsOn: [],
    properties: () => withoutUndefined({
      Link: 'check',
      WindowMinutes: '1',
      ImportLogicalId: importLogicalId,
      ...content,
      AcknowledgedRules: spec.check === 'acknowledged' ? [ACKNOWLEDGED_RULE] : undefined,
    } as ModelImportProperties),
  }];
  return plans.map(({ id, link, windowMinutes }, index): ChainLink => ({
    logicalId: scope.id + id,
    link,
    dependsOn: index > 1 ? [scope.id + plans[index - 1].id] : index === 0 ? check.map(({ logicalId }) => logicalId) : [],
    properties: (roleArn, jobName, prefix) => withoutUndefined({
      Link: link,
      ImportLogicalId: index === 0 ? undefined : importLogicalId,
      NamePrefix: index === 0 ? undefined : prefix,
      JobName: index === 0 ? undefined : jobName,
      WindowMinutes: String(windowMinutes),
      ImportTimeoutMinutes: link === 'model' ? String(timeoutMinutes) : undefined,
      ...content,
      ImportedModelName: spec.name ?? undefined,
      NameBase: index === 0 ? scope.nameBase : undefined,
      JobNamePrefix: spec.prefix ?? undefined,
      RoleArn: roleArn,
      SubnetIds: spec.vpc ? ['subnet-1'] : undefined,
      SecurityGroupIds: spec.vpc ? ['sg-1'] : undefined,
      ImportedModelTags: link === 'wait' ? undefined : renderTags(spec.modelTags),
      JobTags: link === 'wait' ? undefined : renderTags(spec.jobTags),
      ReplacementStrategy: spec.strategy ?? undefined,
      Verified: isVerified ? 'true' : undefined,
      RemovalPolicy: link === 'model' && isRetained(spec) ? 'RETAIN' : undefined,
      KeepPrevious: link === 'model' && keepsPrevious(spec) ? 'true' : undefined,
      VerificationBody: link === 'model' && isVerified ? VERIFICATION_BODY : undefined,
      VerificationExpect: link === 'model' && spec.verification !== 'off' ? EXPECTED[spec.verification] : undefined,
      AttributesRevision: link === 'model' ? String(Number(ATTRIBUTES_REVISION) + spec.revision - 1) : undefined,
    } as ModelImportProperties),
  })).concat(check);
}

const VERIFICATION_BODY = JSON.stringify({ prompt: 'The capital of France is', max_tokens: 64, temperature: 0 });

/** `DELETE_FIRST` with RETAIN does not synthesize; the simulation then uses DELETE_FIRST without RETAIN. */
export function isRetained({ retain, strategy }: ModelSpec): boolean {
  return retain === true && strategy !== 'DELETE_FIRST';
}

/** `DELETE_FIRST` with `keepPrevious` does not synthesize either; the simulation then uses DELETE_FIRST alone. */
export function keepsPrevious({ keepPrevious, strategy }: ModelSpec): boolean {
  return keepPrevious && strategy !== 'DELETE_FIRST';
}

interface LinkPlan {
  readonly id: string;
  readonly link: Link;
  readonly windowMinutes: number;
}

function linksOf(importTimeout: number, waitWindow: number, isVerified: boolean): LinkPlan[] {
  const length = Math.max(2, 1 + Math.ceil((importTimeout - Math.min(waitWindow, isVerified ? 40 : 55)) / waitWindow));
  return Array.from({ length }, (_, index): LinkPlan => {
    const windowMinutes = Math.min(waitWindow, Math.max(1, importTimeout - index * waitWindow));
    if (index === 0) return { id: 'Import', link: 'import', windowMinutes };
    return index === length - 1 ? { id: 'Resource', link: 'model', windowMinutes } : { id: `Wait${index}`, link: 'wait', windowMinutes };
  });
}

function renderTags(tags: { readonly [key: string]: string }): Tag[] | undefined {
  const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
  return list.length > 0 ? list : undefined;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
