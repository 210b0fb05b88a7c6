import type { TagChange } from './steps';
import type { Tag } from '../../contract';
import type { Absent } from '../bedrock-api';

/** The value of a tag. Undefined if there is no such tag. */
export function valueOf(tags: Tag[], key: string): string | undefined {
  return tags.find(tag => tag.key === key)?.value;
}

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
