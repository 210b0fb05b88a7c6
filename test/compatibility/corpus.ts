import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import type { OnEventRequest } from '../../src/handler/model-import-handler';

/** A model as a version of this library has deployed it: what CloudFormation and Bedrock remember of it. */
export interface DeployedModel {
  readonly name: string;
  /** What the handler has sent to Bedrock. */
  readonly job: CreateModelImportJobRequest;
  /** In the order of creation. */
  readonly links: readonly DeployedLink[];
}

export interface DeployedLink {
  readonly stackId: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly properties: OnEventRequest['ResourceProperties'];
  /** The names of the attributes that a template of that version reads. */
  readonly attributes: readonly string[];
}
