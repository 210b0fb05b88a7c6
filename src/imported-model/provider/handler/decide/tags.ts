import type { TagChange } from './steps';
import type { Tag } from '../../contract';
import type { Absent } from '../bedrock-api';

/** The change from the existing tags of a resource to the wanted ones. A resource that is absent has none to change. */
export function tagChange(resourceArn: string, actual: Tag[] | Absent, wanted: Tag[], formerKeys: string[]): TagChange {
  if (actual === 'absent') return { resourceArn, put: [], remove: [] };
  const have = new Map(actual.map(tag => [tag.key, tag.value]));
  const want = new Set(wanted.map(tag => tag.key));
  return {
    resourceArn,
    put: wanted.filter(tag => have.get(tag.key) !== tag.value),
    remove: formerKeys.filter(key => have.has(key) && !want.has(key)),
  };
}
