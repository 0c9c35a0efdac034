import { type GyreError, invalid } from '../errors.ts'
import type { Comparator, Grammar } from './grammar.ts'
import type { Identifier } from './identifier.ts'
import { quote, type TokenReader } from './token-reader.ts'
import type { Token } from './tokens.ts'

type Value = number | string | readonly string[]

/** What a key is compared with, of the kind that its rule wants. Errors: `invalid`. */
export function readValue(
  reader: TokenReader,
  grammar: Grammar,
  identifier: Identifier<string>,
  from: number,
): Value {
  const { rule } = identifier
  if (reader.peek()?.text === '(') return readList(reader, grammar, identifier, from)
  const token = reader.next()
  if (token === undefined || token.kind === 'comparison' || token.kind === 'punctuation') {
    throw reader.clauseError(from, "a number or a text in quotes is expected, as 0.6 or 'trees'")
  }
  if (token.kind === 'number' && rule.value !== 'text') return Number(token.text)
  if (rule.value === 'number') throw wrongNumber(identifier, token.text)
  if (token.kind === 'number' || isWord(token, 'null')) throw wrongText(identifier, token.text)
  if (token.kind === 'quoted' && token.mark !== '`') return token.content
  throw invalid(
    'Parameter value is either not quoted or unidentified quote types used for string value ' +
      `${shorten(token.text)}. Use either single or double quotes.`,
  )
}

function readList(
  reader: TokenReader,
  grammar: Grammar,
  identifier: Identifier<string>,
  from: number,
): readonly string[] {
  const { text, values, whole } = readElements(reader, from)
  if (identifier.rule.value === 'number') throw wrongNumber(identifier, text)
  if (identifier.rule.lists !== true) throw noList(grammar, identifier, text)
  if (values.length === 0 && whole) {
    throw invalid(
      'While parsing a list in the query, expected a non-empty list of string values, but got ' +
        'empty list',
    )
  }
  if (whole) return values
  throw invalid(
    'While parsing a list in the query, expected string value, punctuation, or whitespace, but ' +
      `got different type in list: ${shorten(text)}`,
  )
}

/** `whole`: all elements are texts. */
function readElements(
  reader: TokenReader,
  from: number,
): { text: string; values: string[]; whole: boolean } {
  const values: string[] = []
  const texts: string[] = []
  let whole = true
  reader.next()
  while (!reader.takePunctuation(')')) {
    const token = reader.next()
    if (token === undefined || token.kind === 'comparison' || token.kind === 'punctuation') {
      throw reader.clauseError(from, "a list such as ('a', 'b') is expected")
    }
    if (token.kind === 'quoted' && token.mark !== '`') values.push(token.content)
    else whole = false
    texts.push(token.text)
    const comma = reader.takePunctuation(',')
    if (!comma && reader.peek()?.text !== ')') {
      throw reader.clauseError(from, '"," or ")" is expected')
    }
  }
  return { text: `(${texts.join(', ')})`, values, whole }
}

/** Errors: `invalid` for a comparator that the key does not take. */
export function checkComparator({ rule }: Identifier<string>, comparator: string): Comparator {
  const found = rule.comparators.find((known) => known === comparator)
  if (found !== undefined) return found
  const valid = rule.comparators.map((known) => `'${known}'`).join(', ')
  throw invalid(`Invalid comparator ${quote(comparator)} not one of '{${valid}}'`)
}

function wrongNumber({ entity, written }: Identifier<string>, text: string): GyreError {
  return invalid(
    entity === 'attribute'
      ? `Expected numeric value type for numeric attribute: ${written}. Found ${shorten(text)}`
      : `Expected numeric value type for ${entity}. Found ${shorten(text)}`,
  )
}

function wrongText({ entity }: Identifier<string>, text: string): GyreError {
  if (entity === 'attribute') {
    return invalid(`Expected a quoted string value for attributes. Got value ${shorten(text)}`)
  }
  if (entity === 'dataset') {
    return invalid(
      `Expected a quoted string value for dataset attributes. Got value ${shorten(text)}`,
    )
  }
  return invalid(
    `Expected a quoted string value for ${entity} (e.g. 'my-value'). Got value ${shorten(text)}`,
  )
}

function noList(grammar: Grammar, identifier: Identifier<string>, text: string): GyreError {
  const { keys = {} } = grammar.entities[identifier.entity] ?? {}
  const lists = Object.entries(keys).filter(([, rule]) => rule.lists === true)
  if (lists.length === 0) return wrongText(identifier, text)
  return invalid(
    `Only [${lists.map(([key]) => `'${key}'`).join(', ')}] attributes support comparison with a ` +
      'list of quoted string values.',
  )
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text.toLowerCase() === word
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
