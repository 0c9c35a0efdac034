/** How a filter may compare. `IS NULL` asks whether the key is there at all. */
export type Comparator =
  | '='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'LIKE'
  | 'ILIKE'
  | 'RLIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL'

export const numberComparators = ['>', '>=', '!=', '=', '<', '<='] as const satisfies Comparator[]
export const textComparators = ['!=', '=', 'LIKE', 'ILIKE'] as const satisfies Comparator[]
export const listComparators = ['IN', 'NOT IN'] as const satisfies Comparator[]
export const nullComparators = ['IS NULL', 'IS NOT NULL'] as const satisfies Comparator[]

/** What a key holds and how it may be compared. */
export interface KeyRule {
  value: 'number' | 'text' | 'either'
  comparators: readonly Comparator[]
  /** Whether `IN` and `NOT IN` find the list that they want. */
  lists?: boolean
  /** The key it stands for, when it is another name of one. */
  means?: string
  /** Only for one of the two; default: both. */
  only?: 'filter' | 'order'
}

/** One kind of thing that can be asked for: `metrics.…`, `tags.…`, attributes. */
export interface EntityRule {
  /** Other names that people write for it, such as its plural. */
  aliases: readonly string[]
  /** The keys that there are, by name. Without it every key is right. */
  keys?: Readonly<Record<string, KeyRule>>
  /** The rule of every other key. */
  other?: KeyRule
}

/**
 * What can be searched for in one kind of object: MLflow's language with this vocabulary. Names and
 * keys mind the case, comparators and `and` do not.
 */
export interface Grammar<Entity extends string = string> {
  /** In the order in which messages list them. */
  entities: Readonly<Record<Entity, EntityRule>>
  /** The entity of a key that stands alone, as in `status = 'RUNNING'`. */
  plain: Entity
  /** Which of them take `IS NULL`, in words: "tags and params". */
  nullable: string
}

/** One comparison of a filter; all of them must hold. */
export interface Comparison<Entity extends string = string> {
  entity: Entity
  key: string
  comparator: Comparator
  /** null with `IS NULL`, a list with `IN`; else what the key's rule says. */
  value: number | string | readonly string[] | null
}

/** One entry of an ORDER BY list. */
export interface Ordering<Entity extends string = string> {
  entity: Entity
  key: string
  ascending: boolean
}
