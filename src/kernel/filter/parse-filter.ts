import { type GyreError, invalid } from '../errors.ts'
import type { Comparator, Comparison, Grammar } from './grammar.ts'
import { type Identifier, readIdentifier } from './identifier.ts'
import { quote, TokenReader } from './token-reader.ts'
import { checkComparator, readValue } from './value.ts'

/**
 * Reads a filter in MLflow's language: comparisons that must all hold, joined by `and`.
 * `metrics.auc > 0.6`, `params."learning rate" = '0.1'`, `tags.team LIKE '%a%'`,
 * `run_id IN ('…', '…')`, `params.x IS NULL`. An empty filter has no comparisons.
 *
 * As in MLflow an `and` more or less changes nothing. Errors: `invalid`, worded as MLflow does where
 * its clients look at the text.
 */
export function parseFilter<Entity extends string>(
  grammar: Grammar<Entity>,
  filter: string,
): Comparison<Entity>[] {
  const reader = new TokenReader(filter)
  const comparisons: Comparison<Entity>[] = []
  for (;;) {
    while (reader.takeWord('and'));
    if (reader.peek() === undefined) return comparisons
    comparisons.push(readComparison(reader, grammar, filter))
  }
}

function readComparison<Entity extends string>(
  reader: TokenReader,
  grammar: Grammar<Entity>,
  filter: string,
): Comparison<Entity> {
  const from = reader.place
  refuseOther(reader, filter)
  const identifier = readIdentifier(reader, grammar, 'filter')
  if (identifier === undefined) {
    throw reader.clauseError(from, 'a name such as metrics.auc is expected')
  }
  if (reader.peek()?.text === ';') throw severalExpressions(filter)
  const comparator = readComparator(reader, from)
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') {
    checkNullable(grammar, identifier, comparator)
    return { entity: identifier.entity, key: identifier.key, comparator, value: null }
  }
  const listed = comparator === 'IN' || comparator === 'NOT IN'
  const expected = "IN takes a list such as ('a', 'b'), the others a value"
  if (listed && reader.peek()?.text !== '(') throw reader.clauseError(from, expected)
  const value = readValue(reader, grammar, identifier, from)
  const checked = checkComparator(identifier, comparator)
  if (!listed && typeof value === 'object') throw reader.clauseError(from, expected)
  return { entity: identifier.entity, key: identifier.key, comparator: checked, value }
}

/** What people try that is not in the language gets a message of its own. */
function refuseOther(reader: TokenReader, filter: string): void {
  const token = reader.peek()
  if (token?.text === ';') throw severalExpressions(filter)
  if (token?.text === '(' || reader.isWord('or') || reader.isWord('not')) {
    throw invalid(
      `Invalid clause(s) in filter string: ${quote(token?.text ?? '')}. Comparisons are joined by ` +
        'AND only: OR, NOT and brackets are not supported.',
    )
  }
}

function severalExpressions(filter: string): GyreError {
  return invalid(
    `Search filter contained multiple expression ${quote(filter)}. Provide AND-ed expression list.`,
  )
}

/** In capitals. Errors: `invalid` when there is none; whether the key takes it comes later. */
function readComparator(reader: TokenReader, from: number): string {
  const token = reader.next()
  if (token?.kind === 'comparison') return token.text
  const word = token?.kind === 'word' ? token.text.toUpperCase() : ''
  if (['LIKE', 'ILIKE', 'RLIKE', 'IN'].includes(word)) return word
  if (word === 'NOT') {
    for (const negated of ['in', 'like', 'ilike', 'rlike']) {
      if (reader.takeWord(negated)) return `NOT ${negated.toUpperCase()}`
    }
  }
  if (word === 'IS') {
    const negative = reader.takeWord('not')
    if (reader.takeWord('null')) return negative ? 'IS NOT NULL' : 'IS NULL'
  }
  throw reader.clauseError(
    from,
    "a comparison such as metrics.auc > 0.6 or tags.team LIKE '%a%' is expected",
  )
}

function checkNullable<Entity extends string>(
  grammar: Grammar<Entity>,
  { entity, written, rule }: Identifier<Entity>,
  comparator: Comparator,
): void {
  if (rule.comparators.includes(comparator)) return
  throw invalid(
    `IS NULL / IS NOT NULL is only supported for ${grammar.nullable}, ` +
      `not for '${entity}' ${quote(written)}`,
  )
}
