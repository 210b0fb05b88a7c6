import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { keyStatements } from '../../shared/constructs/key-statements';
import type { ModelKey } from '../model-encryption';

/** What the provider must be allowed to use to import one model. */
export interface ImportPermissions {
  readonly serviceRole: iam.IRole;
  readonly modelKey?: ModelKey;
  /** The key of the weights. */
  readonly weightsKey?: kms.IKey;
  /** The permissions to read the files, if they are checked. */
  readonly filesStatements?: iam.PolicyStatement[];
  /** Whether the model is invoked after the import. */
  readonly invokes: boolean;
}

/** The permissions of the handler for all models. */
export function callerStatements(scope: Construct, logGroup: logs.ILogGroup): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  // Bedrock chooses the ids of jobs and models.
  const everyJob = stack.formatArn({ service: 'bedrock', resource: 'model-import-job', resourceName: '*' });
  const everyModel = everyModelOf(scope);
  return [
    new iam.PolicyStatement({
      // These actions have no resource types that a policy could name.
      actions: ['bedrock:CreateModelImportJob', 'bedrock:ListModelImportJobs', 'bedrock:ListImportedModels'],
      resources: ['*'],
    }),
    new iam.PolicyStatement({ actions: ['bedrock:GetModelImportJob'], resources: [everyJob] }),
    new iam.PolicyStatement({ actions: ['bedrock:GetImportedModel', 'bedrock:DeleteImportedModel'], resources: [everyModel] }),
    new iam.PolicyStatement({
      actions: ['bedrock:ListTagsForResource', 'bedrock:TagResource', 'bedrock:UntagResource'],
      resources: [everyJob, everyModel],
    }),
    new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
  ];
}

/** The permissions of the handler for one model. */
export function importStatements(scope: Construct, permissions: ImportPermissions): iam.PolicyStatement[] {
  const { filesStatements, invokes, serviceRole, modelKey, weightsKey } = permissions;
  return [
    new iam.PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [serviceRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
    }),
    ...modelKey ? keyStatements(modelKey.key, modelKey.unconditionalGrants) : [],
    ...weightsKey ? [new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [weightsKey.keyArn] })] : [],
    ...filesStatements ?? [],
    ...invokes ? [new iam.PolicyStatement({ actions: ['bedrock:InvokeModel'], resources: [everyModelOf(scope)] })] : [],
  ];
}

function everyModelOf(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'bedrock', resource: 'imported-model', resourceName: '*' });
}

/**
 * A policy document with one statement of each kind, because a statement for each model would fill the policy with few models. Prefixes are a kind for
 * each bucket.
 */
export class StatementsByKind {
  private readonly byKind = new Map<string, iam.PolicyStatement>();

  constructor(private readonly document: iam.PolicyDocument) {}

  public add(...statements: iam.PolicyStatement[]): void {
    for (const statement of statements) {
      const { actions, resources, conditions: { StringLike: prefixes, ...conditions } } = statement;
      // Together, the prefixes of two buckets would be those of each of them.
      const kind = JSON.stringify([actions, conditions, prefixes && [Object.keys(prefixes), resources]]);
      const former = this.byKind.get(kind);
      // A statement is frozen once the policy has been resolved.
      if (former && !former.frozen) {
        former.addResources(...resources);
        if (prefixes) former.addCondition('StringLike', union(former.conditions.StringLike, prefixes));
      } else {
        this.byKind.set(kind, statement);
        this.document.addStatements(statement);
      }
    }
  }
}

/** The patterns of two conditions, for each key: the prefixes of the folders that may be listed. */
function union(one: Patterns, other: Patterns): Patterns {
  return Object.fromEntries(Object.keys(one).map(key => [key, [...new Set([one[key], other[key]].flat())]]));
}

interface Patterns {
  readonly [key: string]: string | string[];
}
