import { filterError, type Token, tokenise } from './filter-tokens.ts'

export type Entity = 'metric' | 'parameter' | 'tag' | 'attribute'

export const comparators = [
  '=',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  'like',
  'ilike',
  'in',
  'not in',
  'is null',
  'is not null',
] as const
export type Comparator = (typeof comparators)[number]

export interface Comparison {
  entity: Entity
  key: string
  comparator: Comparator
  /** Empty for `is null`; one value; or the list of `in`. */
  values: (string | number)[]
  /** Where it begins, for messages. */
  at: number
}

const entities: Readonly<Record<string, Entity>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'parameter',
  params: 'parameter',
  parameter: 'parameter',
  parameters: 'parameter',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
}

/**
 * Reads MLflow's filter grammar: comparisons joined by `and`. `metrics.auc > 0.6`,
 * `params."learning rate" = '0.1'`, `tags.team like '%a%'`, `attributes.status = 'FINISHED'`,
 * `run_id in ('…', '…')`, `params.x is null`. An empty filter has no comparisons.
 * Errors: `invalid` with the place and what was expected.
 */
export function parseFilter(filter: string): Comparison[] {
  const reader = new TokenReader(filter)
  const comparisons: Comparison[] = []
  if (reader.peek().kind === 'end') return comparisons
  do comparisons.push(readComparison(reader))
  while (reader.takeWord('and'))
  const rest = reader.peek()
  if (rest.kind !== 'end') {
    throw reader.error(rest.at, '"and" or the end is expected; "or" and brackets are not supported')
  }
  return comparisons
}

function readComparison(reader: TokenReader): Comparison {
  const at = reader.peek().at
  const { entity, key } = readName(reader)
  const comparator = readComparator(reader)
  return { entity, key, comparator, values: readValues(reader, comparator), at }
}

function readName(reader: TokenReader): { entity: Entity; key: string } {
  const first = reader.next()
  if (first.kind !== 'word' && !(first.kind === 'quoted' && first.mark !== "'")) {
    throw reader.error(first.at, 'a name such as metrics.auc is expected')
  }
  if (!reader.takeOperator('.')) return { entity: 'attribute', key: first.text }
  const entity = entities[first.text.toLowerCase()]
  if (entity === undefined) {
    throw reader.error(
      first.at,
      `"${first.text.slice(0, 50)}" is not one of metrics, params, tags, attributes`,
    )
  }
  return { entity, key: readKey(reader) }
}

/** Dots are part of a key: `tags.mlflow.user`. */
function readKey(reader: TokenReader): string {
  const parts: string[] = []
  do {
    const token = reader.next()
    const named = token.kind === 'word' || (token.kind === 'quoted' && token.mark !== "'")
    if (!named) throw reader.error(token.at, 'a key is expected; quote it with " or ` if it is odd')
    parts.push(token.text)
  } while (reader.takeOperator('.'))
  return parts.join('.')
}

function readComparator(reader: TokenReader): Comparator {
  const token = reader.next()
  if (token.kind === 'operator' && /^(!=|=|[<>]=?)$/.test(token.text)) {
    return token.text as Comparator
  }
  const word = token.kind === 'word' ? token.text.toLowerCase() : ''
  if (word === 'like' || word === 'ilike' || word === 'in') return word
  if (word === 'not' && reader.takeWord('in')) return 'not in'
  if (word === 'is') {
    const negative = reader.takeWord('not')
    if (reader.takeWord('null')) return negative ? 'is not null' : 'is null'
  }
  throw reader.error(token.at, `a comparison is expected: ${comparators.join(', ')}`)
}

function readValues(reader: TokenReader, comparator: Comparator): (string | number)[] {
  if (comparator === 'is null' || comparator === 'is not null') return []
  if (comparator !== 'in' && comparator !== 'not in') return [readValue(reader)]
  const open = reader.peek()
  if (!reader.takeOperator('('))
    throw reader.error(open.at, "a list such as ('a', 'b') is expected")
  const values = [readValue(reader)]
  while (reader.takeOperator(',')) values.push(readValue(reader))
  const close = reader.peek()
  if (!reader.takeOperator(')')) throw reader.error(close.at, '"," or ")" is expected')
  return values
}

function readValue(reader: TokenReader): string | number {
  const token = reader.next()
  if (token.kind === 'number') return token.value
  if (token.kind === 'quoted' && token.mark !== '`') return token.text
  throw reader.error(token.at, "a number or a text in quotes is expected, such as 0.6 or 'trees'")
}

class TokenReader {
  readonly #tokens: Token[]
  readonly #filter: string
  #index = 0

  constructor(filter: string) {
    this.#filter = filter
    this.#tokens = tokenise(filter)
  }

  peek(): Token {
    return this.#tokens[this.#index] ?? { kind: 'end', at: this.#filter.length }
  }

  next(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.#index++
    return token
  }

  takeOperator(text: string): boolean {
    const token = this.peek()
    if (token.kind !== 'operator' || token.text !== text) return false
    this.#index++
    return true
  }

  takeWord(text: string): boolean {
    const token = this.peek()
    if (token.kind !== 'word' || token.text.toLowerCase() !== text) return false
    this.#index++
    return true
  }

  error(at: number, problem: string) {
    return filterError(this.#filter, at, problem)
  }
}
