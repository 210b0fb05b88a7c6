import type { SortOrder } from '@aws-sdk/client-bedrock';
import type { Behaviour } from './behaviour';
import { invalid } from './errors';
import { hash } from './identifiers';

export interface Resource {
  readonly arn: string;
  readonly name: string;
  readonly creationTime: number;
  /** Increases in the order of creation. */
  readonly sequence: number;
}

/** The common parameters of the List operations. */
export interface ListQuery {
  readonly nameContains?: string;
  readonly creationTimeAfter?: Date;
  readonly creationTimeBefore?: Date;
  readonly sortOrder?: SortOrder;
  readonly maxResults?: number;
  readonly nextToken?: string;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

/** Resources in the order of their creation, with lookup by ARN or name. */
export class Registry<T extends Resource> {
  private readonly byArn = new Map<string, T>();
  private readonly byName = new Map<string, T>();

  public add(resource: T): void {
    this.byArn.set(resource.arn, resource);
    this.byName.set(resource.name, resource);
  }

  public remove(resource: T): void {
    this.byArn.delete(resource.arn);
    this.byName.delete(resource.name);
  }

  public get size(): number {
    return this.byArn.size;
  }

  public all(): T[] {
    return [...this.byArn.values()];
  }

  public named(name: string): T | undefined {
    return this.byName.get(name);
  }

  public withArn(arn: string): T | undefined {
    return this.byArn.get(arn);
  }

  /** Finds a resource by ARN or name. Unambiguous, because a name contains no colon. */
  public find(identifier: string): T | undefined {
    return this.withArn(identifier) ?? this.named(identifier);
  }
}

/** The longest page that a client can ask for. */
const MAX_RESULTS = 1000;

/** How lists behave. */
export interface ListRules extends Pick<Behaviour, 'timeFiltersAreInclusive' | 'nameFilterIsCaseSensitive' | 'listsBeginWith' | 'pagesAreShort'> {
  readonly pageSize: number;
}

/** Returns a page of resources. `resources` must be in the order of creation. */
export function pageOf<T extends Resource>(
  resources: T[], query: ListQuery, rules: ListRules, matches: (resource: T) => boolean = () => true,
): Page<T> {
  const ascending = (query.sortOrder ?? (rules.listsBeginWith === 'oldest' ? 'Ascending' : 'Descending')) === 'Ascending';
  const longest = rules.pagesAreShort ? rules.pageSize : MAX_RESULTS;
  const folded = (name: string) => rules.nameFilterIsCaseSensitive ? name : name.toLowerCase();
  const margin = rules.timeFiltersAreInclusive ? 1 : 0;
  const after = placeOf(query);
  const rest = resources.filter((resource) =>
    (after === undefined || (ascending ? resource.sequence > after : resource.sequence < after))
    && folded(resource.name).includes(folded(query.nameContains ?? ''))
    && resource.creationTime > (query.creationTimeAfter?.getTime() ?? -Infinity) - margin
    && resource.creationTime < (query.creationTimeBefore?.getTime() ?? Infinity) + margin
    && matches(resource));
  if (!ascending) rest.reverse();
  const items = rest.slice(0, Math.min(query.maxResults ?? longest, longest));
  return { items, nextToken: rest.length > items.length ? tokenAfter(query, items[items.length - 1]) : undefined };
}

/**
 * A nextToken contains the position of the last item of a page, so that deletions between two pages neither skip nor repeat
 * items, and a hash of the query, because it is valid only for the same query.
 */
function tokenAfter(query: ListQuery, { sequence }: Resource): string {
  return `${markOf(query)}-${sequence.toString(36)}`;
}

/** The sequence number of the item after which the page begins. */
function placeOf(query: ListQuery): number | undefined {
  if (query.nextToken === undefined) return undefined;
  const [, mark, sequence] = /^([0-9a-f]{8})-([0-9a-z]{1,10})$/.exec(query.nextToken) ?? [];
  if (mark !== markOf(query)) {
    throw invalid('The provided nextToken is not of this request');
  }
  return parseInt(sequence, 36);
}

function markOf({ nextToken, maxResults, ...filters }: ListQuery): string {
  return hash(JSON.stringify(Object.entries(filters).filter(([, value]) => value !== undefined).sort()));
}
