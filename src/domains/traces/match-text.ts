import { RE2JS } from 're2js'
import { invalid } from '#kernel/errors'
import type { Comparator } from '#kernel/filter/grammar'
import { lowerAscii } from '#domains/runs/index'

export type TextTest = (text: string) => boolean

/**
 * A comparison of texts as `compareSql` means it, for those that SQL cannot make. Patterns of `RLIKE`
 * are found anywhere in a text, in the syntax of RE2, whose time is linear. Errors: `invalid`.
 */
export function textTest(
  comparator: Comparator,
  value: number | string | readonly string[] | null,
): TextTest {
  const text = String(value)
  switch (comparator) {
    case '=':
      return (other) => other === text
    case '!=':
      return (other) => other !== text
    case 'IN':
      return (other) => (value as readonly string[]).includes(other)
    case 'NOT IN':
      return (other) => !(value as readonly string[]).includes(other)
    case 'LIKE':
      return likeTest(text)
    case 'ILIKE': {
      const test = likeTest(lowerAscii(text))
      return (other) => test(lowerAscii(other))
    }
    case 'RLIKE': {
      const pattern = compile(text)
      return (other) => pattern.matcher(other).find()
    }
    case '>':
    case '>=':
    case '<':
    case '<=':
    case 'IS NULL':
    case 'IS NOT NULL':
      throw invalid(`Invalid comparator '${comparator}' for a text.`)
  }
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (thrown) {
    throw invalid(`Invalid regular expression '${pattern.slice(0, 200)}': ${String(thrown)}`)
  }
}

/** `%` stands for any characters, `_` for one; linear but for `_`. */
function likeTest(pattern: string): TextTest {
  const parts = pattern.split('%')
  const plain = /^[^_]*$/.test(pattern)
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return (text) => text.length === first.length && startsAt(text, 0, first)
  return (text) => {
    if (!startsAt(text, 0, first)) return false
    let at = first.length
    for (const part of rest) {
      const found = plain ? text.indexOf(part, at) : indexOf(text, at, part)
      if (found < 0) return false
      at = found + part.length
    }
    return text.length - last.length >= at && startsAt(text, text.length - last.length, last)
  }
}

function startsAt(text: string, at: number, part: string): boolean {
  if (at < 0 || at + part.length > text.length) return false
  for (let i = 0; i < part.length; i++) {
    if (part[i] !== '_' && part[i] !== text[at + i]) return false
  }
  return true
}

function indexOf(text: string, from: number, part: string): number {
  for (let at = from; at + part.length <= text.length; at++) {
    if (startsAt(text, at, part)) return at
  }
  return -1
}

/**
 * The longest run of a pattern that stands in the JSON of spans as it is if it stands in their text;
 * empty when there is none to rely on. Only words: signs and numbers are written differently there.
 */
export function literalOf(comparator: Comparator, pattern: string): string {
  if (comparator !== 'LIKE') return ''
  const runs = (pattern.match(/[\p{L} ]+/gu) ?? []).map((run) => run.trim())
  const words = runs.filter((run) => run.length >= 3 && run !== 'null')
  return words.reduce((longest, run) => (run.length > longest.length ? run : longest), '')
}
