export type Token =
  | { kind: 'word' | 'number' | 'comparison' | 'punctuation'; text: string; at: number }
  | { kind: 'quoted'; text: string; mark: string; at: number; content: string }

const spaces = /\s+/y
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy
const word = /[\p{L}\p{N}_][\p{L}\p{N}_\-/:]*/uy
const comparison = /[<>=~!]+/y

/** Splits a filter. Every character that is no space is in a token, so nothing is overlooked. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(spaces, text, at)?.length ?? 0
    if (at >= text.length) return tokens
    const token = tokenAt(text, at, tokens.at(-1)?.text === '.')
    tokens.push(token)
    at += token.text.length
  }
}

function tokenAt(text: string, at: number, afterDot: boolean): Token {
  const mark = text.charAt(at)
  const quoted = quotedAt(text, at, mark)
  if (quoted !== undefined) {
    return { kind: 'quoted', text: quoted, mark, at, content: quoted.slice(1, -1) }
  }
  // What is never closed is one wrong token, so that a text is walked over once.
  if (isMark(mark)) return { kind: 'punctuation', text: text.slice(at), at }
  // After a dot comes a key, even one that looks like a number.
  const digits = afterDot ? undefined : matchAt(number, text, at)
  if (digits !== undefined) return { kind: 'number', text: digits, at }
  const name = matchAt(word, text, at)
  if (name !== undefined) return { kind: 'word', text: name, at }
  const signs = matchAt(comparison, text, at)
  if (signs !== undefined) return { kind: 'comparison', text: signs, at }
  const whole = String.fromCodePoint(text.codePointAt(at) ?? 0)
  return { kind: 'punctuation', text: whole, at }
}

/**
 * A quoted text ends at its mark unless that is doubled or follows a backslash; both stay as they
 * are written, as MLflow has it.
 */
function quotedAt(text: string, at: number, mark: string): string | undefined {
  if (!isMark(mark)) return undefined
  for (let end = text.indexOf(mark, at + 1); end > 0; end = text.indexOf(mark, end + 1)) {
    const doubled = text[end + 1] === mark
    const escaped = mark !== '`' && text[end - 1] === '\\'
    if (!doubled && !escaped) return text.slice(at, end + 1)
    if (doubled) end++
  }
  return undefined
}

function isMark(text: string): boolean {
  return text === "'" || text === '"' || text === '`'
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
