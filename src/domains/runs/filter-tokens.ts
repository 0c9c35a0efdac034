import { invalid } from '#kernel/errors'

export type Token =
  | { kind: 'word'; text: string; at: number }
  | { kind: 'quoted'; text: string; mark: '"' | '`' | "'"; at: number }
  | { kind: 'number'; value: number; text: string; at: number }
  | { kind: 'operator'; text: string; at: number }
  | { kind: 'end'; at: number }

const spaces = /\s+/y
const operators = /!=|>=|<=|=|>|<|\(|\)|,|\./y
const numbers = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy
const words = /[\p{L}\p{N}_][\p{L}\p{N}_\-/:]*/uy

/** Splits a filter into tokens. Errors: `invalid` says at which character. */
export function tokenise(filter: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < filter.length) {
    const blank = matchAt(spaces, filter, at)
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const token = tokenAt(filter, at, tokens.at(-1))
    tokens.push(token.token)
    at = token.next
  }
  tokens.push({ kind: 'end', at: filter.length })
  return tokens
}

function tokenAt(
  filter: string,
  at: number,
  before: Token | undefined,
): { token: Token; next: number } {
  const mark = filter[at]
  if (mark === "'" || mark === '"' || mark === '`') return quotedAt(filter, at, mark)
  // After a dot comes a key, even one that looks like a number.
  const afterDot = before?.kind === 'operator' && before.text === '.'
  const number = afterDot ? undefined : matchAt(numbers, filter, at)
  if (number !== undefined) {
    const token: Token = { kind: 'number', value: Number(number), text: number, at }
    return { token, next: at + number.length }
  }
  const operator = matchAt(operators, filter, at)
  if (operator !== undefined) {
    return { token: { kind: 'operator', text: operator, at }, next: at + operator.length }
  }
  const word = matchAt(words, filter, at)
  if (word !== undefined) return { token: { kind: 'word', text: word, at }, next: at + word.length }
  throw filterError(filter, at, `${JSON.stringify(mark)} is not expected here`)
}

function quotedAt(
  filter: string,
  at: number,
  mark: '"' | '`' | "'",
): { token: Token; next: number } {
  const end = filter.indexOf(mark, at + 1)
  if (end < 0) throw filterError(filter, at, `the ${mark} is never closed`)
  return { token: { kind: 'quoted', text: filter.slice(at + 1, end), mark, at }, next: end + 1 }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  const sticky = new RegExp(pattern.source, pattern.flags)
  sticky.lastIndex = at
  return sticky.exec(text)?.[0]
}

export function filterError(filter: string, at: number, problem: string) {
  const near = filter.slice(Math.max(0, at - 20), at + 20)
  return invalid(
    `The filter is wrong at character ${at + 1}, near ${JSON.stringify(near)}: ${problem}. ` +
      "Write for example: metrics.auc > 0.6 and params.learner = 'trees' and tags.team like '%a%'.",
  )
}
