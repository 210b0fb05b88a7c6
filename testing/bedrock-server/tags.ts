import { ASSUMED, type Behaviour } from './behaviour';
import { BedrockError, invalid } from './errors';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** The tags of one resource. */
export type Tags = Map<string, string>;

const MAX_TAGS = 50;

/** Merges `added` into `existing`. Throws the errors of the service. */
export function withTags(existing: Tags, added: readonly Tag[] = [], { repeatedTagKeys }: Pick<Behaviour, 'repeatedTagKeys'> = ASSUMED): Tags {
  const result = new Map(existing);
  const seen = new Set<string>();
  for (const { key, value } of added) {
    if (/^aws:/i.test(key)) {
      throw invalid(`The tag key '${key}' starts with 'aws:', which is reserved`);
    }
    if (seen.has(key) && repeatedTagKeys === 'refused') {
      throw invalid(`The tag key '${key}' is given more than once`);
    }
    seen.add(key);
    result.set(key, value);
  }
  if (result.size > MAX_TAGS) {
    throw new BedrockError('TooManyTagsException', `A resource has at most ${MAX_TAGS} tags; these would be ${result.size}`);
  }
  return result;
}

/** Earlier tags of a resource, which ListTagsForResource returns until a time. */
export interface FormerTags {
  readonly tags: Tags;
  readonly until: number;
}

export function tagList(tags: Tags): Tag[] {
  return [...tags].map(([key, value]) => ({ key, value }));
}
