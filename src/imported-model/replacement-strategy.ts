/**
 * What comes first when a model is replaced by another one.
 */
export enum ReplacementStrategy {
  /**
   * The new model is imported beside the old one, which serves until the stack is complete; then the old one is deleted.
   * If anything fails, the stack goes back to the old model at once, without another import.
   *
   * This needs a free place among the models of the account.
   */
  CREATE_FIRST = 'CREATE_FIRST',

  /**
   * The old model is deleted, then the new one is imported in its place, perhaps under the same exact name. No model serves
   * in between, and if anything fails, going back means to import the old weights again. They then have another ARN, which
   * the stack may not know after its rollback: deploy again, with a change of the model, for example of its version.
   *
   * This is the way out when all places of the account are taken.
   */
  DELETE_FIRST = 'DELETE_FIRST',
}
