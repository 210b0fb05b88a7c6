import type { CreateModelImportJobRequest } from '@aws-sdk/client-bedrock';
import { LOOK_UP_TYPE, RESOURCE_TYPES } from '../../src/imported-model/provider/contract';
import type { OnEventRequest } from '../../src/imported-model/provider/handler/event';
import type { Made, RawTemplate, SynthesizedAccount } from '../../testing/iam/synthesized-account';

/** An app that a version of this library has deployed: its state in CloudFormation and Bedrock. */
export interface DeployedApp {
  readonly name: string;
  readonly template: RawTemplate;
  /** The request of the handler to Bedrock. */
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
  /** The names of the attributes of that version. */
  readonly attributes: readonly string[];
}

/** The custom resources of this library in the templates. */
export function customResourcesOf(account: SynthesizedAccount): Made[] {
  const types: readonly string[] = [...Object.values(RESOURCE_TYPES), LOOK_UP_TYPE];
  return account.made().filter(({ type }) => types.includes(type));
}
