/**
 * The order of import and deletion when a model is replaced.
 */
export enum ReplacementStrategy {
  /**
   * Imports the new model, then deletes the old one when the stack update is complete. If the update fails, the stack rolls back to the old model
   * immediately, without another import.
   *
   * The account's model quota must have room for one more model.
   */
  CREATE_FIRST = 'CREATE_FIRST',

  /**
   * Deletes the old model, then imports the new one, if necessary under the same name. No model is available in between, and a rollback imports
   * the old weights again. The model then has another ARN, which the attributes of the stack may not show after the rollback: deploy again with
   * a change of the model, for example of its version.
   *
   * Use it when the model quota is exhausted.
   */
  DELETE_FIRST = 'DELETE_FIRST',
}
