import { Token } from 'aws-cdk-lib';
import type * as bedrock from 'aws-cdk-lib/aws-bedrock';
import { complaint } from '../shared/validation/complaint';

/**
 * A model behind an inference profile. Permissions on the profile alone are not sufficient: the models in its Regions are needed as well.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
 *
 * @example
 * const model = InferenceProfileModel.fromInferenceProfileArn('arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0');
 */
export class InferenceProfileModel implements bedrock.IModel {
  /**
   * A model behind a system-defined or application inference profile.
   *
   * @param inferenceProfileArn The ARN of the profile
   * @param foundationModelArns The ARNs of the models behind it. Default: the model in the name of a system-defined profile, in every Region
   */
  public static fromInferenceProfileArn(inferenceProfileArn: string, foundationModelArns?: string[]): InferenceProfileModel {
    return new InferenceProfileModel(inferenceProfileArn, foundationModelArns ?? [modelOf(inferenceProfileArn)]);
  }

  private constructor(
    /** The ARN of the inference profile: the `modelId` of a request. */
    public readonly modelArn: string,
    /** The ARNs of the models behind the profile. */
    public readonly foundationModelArns: string[],
  ) {}
}

/** The model behind a system-defined profile, whose id is that of the model after a geography, like `us.`. */
function modelOf(inferenceProfileArn: string): string {
  // Partition, Region and account may be tokens, as they are in a stack for any environment.
  const [, partition, model] = /^arn:([^:]+):bedrock:[^:]+:[^:]*:inference-profile\/[a-z-]+\.(.+\..+)$/.exec(inferenceProfileArn) ?? [];
  if (model !== undefined && !Token.isUnresolved(model)) return `arn:${partition}:bedrock:*::foundation-model/${model}`;
  throw new Error(complaint('foundationModelArns', undefined, 'set for a profile whose name does not say its model',
    `Pass the ARNs of the models of ${inferenceProfileArn}, as GetInferenceProfile returns them`));
}
