import { type GyreError, invalid } from '../errors.ts'
import type { Grammar, Ordering } from './grammar.ts'
import { readIdentifier } from './identifier.ts'
import { quote, TokenReader } from './token-reader.ts'

/**
 * Reads an ORDER BY list such as `['metrics.auc DESC', 'start_time']`; ascending unless it says
 * otherwise. Errors: `invalid` for what is no name, cannot be ordered by, or comes twice.
 */
export function parseOrder<Entity extends string>(
  grammar: Grammar<Entity>,
  clauses: readonly string[],
): Ordering<Entity>[] {
  const orderings = clauses.map((clause) => parseClause(grammar, clause))
  const names = orderings.map(({ entity, key }) => `${entity}.${key}`)
  if (new Set(names).size === names.length) return orderings
  const shown = clauses.map((clause) => quote(clause)).join(', ')
  throw invalid(`\`order_by\` contains duplicate fields: [${shown}]`)
}

function parseClause<Entity extends string>(
  grammar: Grammar<Entity>,
  clause: string,
): Ordering<Entity> {
  const reader = new TokenReader(clause)
  const identifier = readIdentifier(reader, grammar, 'order')
  if (identifier === undefined) throw unreadable(clause)
  const { entity, key } = identifier
  if (reader.peek() === undefined) return { entity, key, ascending: true }
  const ascending = reader.takeWord('asc')
  if (!ascending && !reader.takeWord('desc')) {
    const token = reader.next()
    if (token?.kind !== 'word' || reader.peek() !== undefined) throw unreadable(clause)
    throw invalid(`Invalid ordering key in order_by clause ${quote(clause)}.`)
  }
  if (reader.peek() !== undefined) throw unreadable(clause)
  return { entity, key, ascending }
}

function unreadable(clause: string): GyreError {
  return invalid(`Invalid order_by clause ${quote(clause)}. Could not be parsed.`)
}
