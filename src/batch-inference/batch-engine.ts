/**
 * The engine that runs the model for each record.
 */
export enum BatchEngine {
  /**
   * Batch inference jobs of Bedrock (CreateModelInvocationJob), at a lower price than InvokeModel. For models that Bedrock serves; not for imported
   * models and provisioned throughput.
   *
   * @see https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference.html
   */
  MODEL_INVOCATION_JOB = 'MODEL_INVOCATION_JOB',

  /**
   * InvokeModel for each record, in a distributed map of Step Functions. The only engine for imported models. Not for custom models, which are
   * invoked through their deployments.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
   */
  DISTRIBUTED_MAP = 'DISTRIBUTED_MAP',
}

/**
 * The API whose request body is the `modelInput` of a record.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html
 */
export enum ModelInvocationType {
  /** The body of InvokeModel, which depends on the model. */
  INVOKE_MODEL = 'InvokeModel',

  /** The body of Converse, which is the same for all models. Only for batch inference jobs. */
  CONVERSE = 'Converse',
}
