import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { LOOK_UP_TYPE, RESOURCE_TYPES } from '../../src/imported-model/provider/contract';
import type { OnEventRequest } from '../../src/imported-model/provider/handler/event';
import type { Made, RawTemplate, SynthesizedAccount } from '../../testing/iam/synthesized-account';

/** An app as a version of this library has deployed it: what CloudFormation and Bedrock remember of it. */
export interface DeployedApp {
  readonly name: string;
  readonly template: RawTemplate;
  /** What the handler has sent to Bedrock. */
  readonly job: CreateModelImportJobRequest;
  /** The custom resources, in the order of creation. */
  readonly resources: readonly DeployedResource[];
}

export interface DeployedResource {
  readonly stackId: string;
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  readonly properties: OnEventRequest['ResourceProperties'];
  /** The names of the attributes that a template of that version reads. */
  readonly attributes: readonly string[];
}

/** The custom resources of this library, as the templates have them. */
export function customResourcesOf(account: SynthesizedAccount): Made[] {
  const types: readonly string[] = [...Object.values(RESOURCE_TYPES), LOOK_UP_TYPE];
  return account.made().filter(({ type }) => types.includes(type));
}
