import { valueOf } from './tags';
import { REPLACED_BY_TAG, type Tag } from '../../contract';

/*
 * With `keepPrevious`, the former model stays until its successor is replaced in turn. CloudFormation deletes a replaced model once the update is
 * complete, with the properties of the model that is deleted; so what is to be kept must be known from the model itself, by a tag with the name of
 * its successor:
 *
 *   REPLACING:<name>   set before an update succeeds. If the update is rolled back, this model returns, and its successor is not kept
 *   KEPT:<name>        set when CloudFormation would delete the model. Its own predecessor is deleted then
 */

/** The tag of a model that is about to be replaced. */
export function replacing(successor: string): Tag {
  return { key: REPLACED_BY_TAG.key, value: `${REPLACED_BY_TAG.replacing}:${successor}` };
}

/** The tag of a model that has been replaced and is kept. */
export function kept(successor: string): Tag {
  return { key: REPLACED_BY_TAG.key, value: `${REPLACED_BY_TAG.kept}:${successor}` };
}

/** The successor of a model, and whether an update to it has been completed. Undefined for a model that was never replaced. */
export function successorOf(tags: Tag[]): { readonly name: string; readonly isComplete: boolean } | undefined {
  const [, state, name] = /^([A-Z]+):(.+)$/.exec(valueOf(tags, REPLACED_BY_TAG.key) ?? '') ?? [];
  return name === undefined ? undefined : { name, isComplete: state === REPLACED_BY_TAG.kept };
}
