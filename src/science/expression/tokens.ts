import { invalid } from '#kernel/errors'

/** One word of the language; `position` is its offset in the text, from 0. */
export interface Token {
  kind: 'number' | 'string' | 'name' | 'quoted-name' | 'symbol' | 'end'
  /** Unquoted content; symbols as written. */
  text: string
  position: number
}

const LONGEST_TEXT = 20_000
const MOST_TOKENS = 1_500
const PATTERN =
  /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|'(?<string>(?:[^']|'')*)'|"(?<quoted>(?:[^"]|"")+)"|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<symbol>==|!=|<>|<=|>=|[-+*/%=<>(),[\]])/uy

/**
 * Splits a text into tokens, the last of kind `end`.
 *
 * Errors: `invalid` for a text that is too long, or naming the position of what is no token.
 */
export function readTokens(text: string): Token[] {
  if (text.length > LONGEST_TEXT) {
    throw invalid(`The expression has ${text.length} characters; ${LONGEST_TEXT} are allowed.`)
  }
  const tokens: Token[] = []
  PATTERN.lastIndex = 0
  let position = 0
  while (position < text.length) {
    PATTERN.lastIndex = position
    const groups = PATTERN.exec(text)?.groups
    if (groups === undefined) throw unreadable(text, position)
    const token = tokenOf(groups, position)
    if (token !== undefined) tokens.push(token)
    if (tokens.length > MOST_TOKENS) {
      throw invalid(`The expression has more than ${MOST_TOKENS} words and symbols.`)
    }
    position = PATTERN.lastIndex
  }
  tokens.push({ kind: 'end', text: '', position })
  return tokens
}

function tokenOf(groups: Record<string, string | undefined>, position: number): Token | undefined {
  const { number, string, quoted, name, symbol } = groups
  if (number !== undefined) return { kind: 'number', text: number, position }
  if (string !== undefined) return { kind: 'string', text: string.replaceAll("''", "'"), position }
  if (quoted !== undefined) {
    return { kind: 'quoted-name', text: quoted.replaceAll('""', '"'), position }
  }
  if (name !== undefined) return { kind: 'name', text: name, position }
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, position }
  return undefined
}

function unreadable(text: string, position: number): Error {
  const character = String.fromCodePoint(text.codePointAt(position) ?? 0)
  if (character === "'") return syntaxError(text, position, `the string has no closing '`)
  if (character === '"') return syntaxError(text, position, `the column name has no closing "`)
  return syntaxError(text, position, `"${character}" is not part of the language`)
}

/** An `invalid` error that says where in the text the problem is; positions count from 1. */
export function syntaxError(text: string, position: number, problem: string): Error {
  return invalid(`Cannot read the expression "${text}" at position ${position + 1}: ${problem}.`)
}
