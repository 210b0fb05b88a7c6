import { valueOf } from './tags';
import { REPLACED_BY_TAG, type Tag } from '../../contract';

/*
 * With `keepPrevious`, the former model stays until its successor is replaced in turn. CloudFormation deletes a replaced model once the update is
 * complete, with the properties of the model that is deleted. After a rollback it deletes the model that failed, in the same way. So what is to be
 * kept must be known from the models themselves, by a tag:
 *
 *   NONE               the model is in use
 *   RETURNED:<name>    the model is in use again; until then it was kept for <name>
 *   REPLACING:<name>   an update from this model to <name> is about to succeed
 *   KEPT:<name>        the update is complete, CloudFormation would have deleted the model. Its own predecessor was deleted then
 *
 * A model without the tag was never in use with `keepPrevious`.
 */
type State = keyof Omit<typeof REPLACED_BY_TAG, 'key'>;

interface Place {
  readonly state: State;
  /** The other model. */
  readonly name?: string;
}

/** The tag of a model that has been replaced and is kept. */
export function kept(successor: string): Tag {
  return tagOf({ state: 'kept', name: successor });
}

/** The tag of the model of the stack. */
export function inUse(tags: Tag[]): Tag {
  const { state, name } = placeOf(tags) ?? {};
  return tagOf(state === 'kept' || state === 'returned' ? { state: 'returned', name } : { state: 'none' });
}

/** The tag of a model that is about to be replaced, and is kept. Or that of a model in use: CloudFormation then deletes it. */
export function replaced(tags: Tag[], successor: string, isKept: boolean): Tag[] {
  if (isKept) return [tagOf({ state: 'replacing', name: successor })];
  return successorOf(tags) ? [tagOf({ state: 'none' })] : tags.filter(({ key }) => key === REPLACED_BY_TAG.key);
}

/**
 * Whether a model is kept when it is replaced by the model `name`. If that one is in use already, then it returns in a rollback, and what it replaces has
 * failed, unless it was kept before.
 */
export function isToBeKept(tags: Tag[], name: string, tagsOfSuccessor: Tag[]): boolean {
  const place = placeOf(tags);
  const isReturn = !['kept', undefined].includes(placeOf(tagsOfSuccessor)?.state);
  return !isReturn || (place?.name === name && place.state !== 'none');
}

/** The successor of a model, and whether an update to it has been completed. Undefined for a model in use. */
export function successorOf(tags: Tag[]): { readonly name: string; readonly isComplete: boolean } | undefined {
  const { state, name } = placeOf(tags) ?? {};
  return name !== undefined && (state === 'kept' || state === 'replacing') ? { name, isComplete: state === 'kept' } : undefined;
}

/** The model for which another one is kept; also if that one was about to return, and an update back to it was cancelled or has failed. */
export function keptFor(tags: Tag[]): string | undefined {
  return placeOf(tags)?.name;
}

function placeOf(tags: Tag[]): Place | undefined {
  const [, value, name] = /^([A-Z]+)(?::(.+))?$/.exec(valueOf(tags, REPLACED_BY_TAG.key) ?? '') ?? [];
  const state = (['none', 'returned', 'replacing', 'kept'] as const).find(one => REPLACED_BY_TAG[one] === value);
  return state && { state, name };
}

function tagOf({ state, name }: Place): Tag {
  return { key: REPLACED_BY_TAG.key, value: name === undefined ? REPLACED_BY_TAG[state] : `${REPLACED_BY_TAG[state]}:${name}` };
}
