import type { ModelCheck } from '../../../../model-format';
import type { Link, Tag } from '../../contract';
import type { Absent, ImportJob, Model, ModelSummary } from '../bedrock-api';
import type { Refusal } from '../bedrock-error';
import type { Names } from '../names';
import type { ModelImportRequest, Verification } from '../request';

/** What a request of CloudFormation asks for. */
export type Goal = Checked | Present | Absence;

interface Waiting {
  readonly link: Link;
  /** The owner of the models and jobs of this chain. Those of other owners are never touched. */
  readonly owner: string;
  /**
   * The service roles that a job of this stack can have. Anybody can choose the name of a job, but only the provider can pass these roles, so the
   * role distinguishes a job of this stack from a job that was only named like one.
   */
  readonly roles: string[];
  readonly startedAt: number;
  /** The end of the wait window of this link. */
  readonly deadline: number;
}

/** Create and Update of the `check` link: Bedrock can import the files, as far as they say, or has imported them. */
export interface Checked extends Waiting {
  readonly kind: 'checked';
  readonly content: string;
  readonly files: FilesToCheck;
}

/** The files of a model, and the rules whose findings do not stop the import. */
export interface FilesToCheck {
  readonly s3Uri: string;
  readonly acknowledgedRules: string[];
}

/** Create and Update: a model with this content and these tags exists. */
export interface Present extends Waiting {
  readonly kind: 'present';
  readonly names: Names;
  readonly request: ModelImportRequest;
  /** The models of former requests. A rollback may need them. */
  readonly formerModelNames: string[];
  /** The model that this one replaces, in the view of CloudFormation. The model of an update that failed is none. */
  readonly replacedModelName?: string;
  /** The job of the model, if the former request asked for the same model: it was verified then. */
  readonly verifiedJobName?: string;
  readonly tags: { readonly model: Tag[]; readonly job: Tag[] };
  /** The tags of the former request. Those that are no longer asked for are removed; tags of others are left alone. */
  readonly formerTagKeys: { readonly model: string[]; readonly job: string[] };
}

/**
 * Delete. Each link deletes something else: `model` this one model, `import` everything of this owner, `wait` nothing. All of them wait for
 * running jobs first, because a job cannot be stopped and creates its model when it ends.
 */
export interface Absence extends Waiting {
  readonly kind: 'absent';
  /** The model of the `model` link; undefined if its physical id cannot be the name of a model. */
  readonly modelName?: string;
  /** Set for a deletion whose physical id may be invented: that of a link that was never completed. */
  readonly cancelledCreate?: CancelledCreate;
}

/**
 * A Create that CloudFormation has cancelled. The framework polls it until its window ends, and it can start its import job at any time until
 * then.
 */
export interface CancelledCreate {
  /** The job that it would start. Undefined for the `import` link, whose request is no longer known, except for its content and its time. */
  readonly jobName?: string;
  readonly content: string;
  readonly since: number;
  readonly until: number;
}

/** What is known so far. A member that is missing has not been read yet. */
export interface Facts {
  readonly now: number;
  /** The job that this deployment follows. */
  readonly job?: ImportJob | Absent;
  /** The job of this very request, if the other one is stale. */
  readonly ownJob?: ImportJob | Absent;
  /** The running imports of the account. */
  readonly running?: ImportJob[];
  readonly model?: Model | Absent;
  /** Jobs in detail, by ARN. */
  readonly jobs?: ByArn<ImportJob | Absent>;
  /** Models in detail, by ARN. */
  readonly looked?: ByArn<Model | Absent>;
  /** Tags of models and jobs, by ARN. */
  readonly tags?: ByArn<Tag[] | Absent>;
  /** The models that this poll has deleted, by ARN. Reads may still return them. */
  readonly deleted?: ByArn<true>;
  /** Whether this poll has changed the tags. */
  readonly retagged?: boolean;
  /** The jobs of the account that started within a day. */
  readonly recent?: ImportJob[];
  /** The models of the account. */
  readonly models?: ModelSummary[];
  /** All jobs of this owner. */
  readonly ownJobs?: ImportJob[];
  /** What is known of the files, or why they could not be read. */
  readonly files?: ModelCheck | Unreadable;
  /** What the model said when it was verified. Everything else was read after it. */
  readonly answer?: Answer;
  /** The refusal of the last call. */
  readonly refusal?: Refusal;
}

/** Files that could not be read. */
export interface Unreadable {
  readonly unreadable: string;
}

/**
 * The answer of a model:
 *
 * - `good`: as expected
 * - `late`: none yet; the model is being loaded, or the call failed for a reason that may pass
 * - `refused`: the call was refused as invalid, which is final unless the model is so new that it is not known everywhere
 * - `bad`: not as expected
 */
export type Answer = { readonly is: 'good' } | { readonly is: 'late' | 'refused' | 'bad'; readonly why: string };

interface ByArn<T> {
  readonly [arn: string]: T | undefined;
}

/** A call of Bedrock, by the name of its operation. The result of a read becomes a fact; the other calls change something. */
export type Call =
  /** Reads the list, the small files and the headers of the weights in Amazon S3. */
  | { readonly do: 'CheckModelFiles'; readonly files: FilesToCheck }
  | { readonly do: 'InvokeModel'; readonly modelArn: string; readonly verification: Verification }
  | { readonly do: 'GetModelImportJob'; readonly into: 'job' | 'ownJob' | 'jobs'; readonly jobName: string }
  | { readonly do: 'GetImportedModel'; readonly into: 'model' | 'looked'; readonly modelName: string }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'running'; readonly status: 'InProgress' }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'recent'; readonly since: number }
  | { readonly do: 'ListModelImportJobs'; readonly into: 'ownJobs'; readonly owner: string }
  | { readonly do: 'ListImportedModels' }
  | { readonly do: 'ListTagsForResource'; readonly resourceArn: string }
  | { readonly do: 'CreateModelImportJob'; readonly jobName: string; readonly names: Names; readonly request: ModelImportRequest }
  | { readonly do: 'TagResource'; readonly changes: TagChange[] }
  | { readonly do: 'DeleteImportedModel'; readonly modelArn: string; readonly modelName: string };

/** The end of a poll. */
export type End =
  | { readonly do: 'wait'; readonly why: string }
  /** Without a model if the next link continues, and if a deletion is complete. */
  | { readonly do: 'succeed'; readonly model?: Model; readonly jobName?: string; readonly files?: ModelCheck; readonly why?: string }
  | { readonly do: 'fail'; readonly why: string; readonly files?: ModelCheck };

/** The next step. */
export type Step = Call | End;

/** The tags to put on a resource, and to remove from it. */
export interface TagChange {
  readonly resourceArn: string;
  readonly put: Tag[];
  readonly remove: string[];
}
