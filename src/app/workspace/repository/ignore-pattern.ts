/* One line of `.dvcignore`, with the meaning that `.gitignore` gives it. */

export interface IgnorePattern {
  /** Of a path from the directory of its file; directories are tried with `/` behind as well. */
  expression: RegExp
  /** False: `!pattern`, which lets through what an earlier one ignored. */
  ignores: boolean
  directoriesOnly: boolean
  /** As written. */
  text: string
}

/* As the expressions of Python mean it, which dvc makes of patterns: names may hold line feeds. */
const anything = String.raw`[^\n]`
const end = String.raw`(?=\n?$)`

/** Reads a line; undefined for comments, empty lines and patterns that Git discards. */
export function parseIgnorePattern(line: string): IgnorePattern | undefined {
  const text = line.endsWith('\\ ') ? line : line.trimEnd()
  if (text === '' || text === '/' || text.startsWith('#')) return undefined
  const ignores = !text.startsWith('!')
  const segments = normalise((ignores ? text : text.slice(1)).split('/'))
  if (segments === undefined) return undefined
  const directoriesOnly = text.endsWith('/')
  const source = segments.length === 0 ? anything : expressionOf(segments, directoriesOnly)
  if (source === undefined) return undefined
  try {
    return { expression: new RegExp(source, 'u'), ignores, directoriesOnly, text }
  } catch {
    // A range that makes no sense, [z-a]: Git takes no notice of such a pattern.
    return undefined
  }
}

/** Segments from the root; none: everything matches. */
function normalise(given: readonly string[]): string[] | undefined {
  const segments = [...given]
  if (segments[0] === '') segments.shift()
  else if (segments.length === 1 || (segments.length === 2 && segments[1] === '')) {
    if (segments[0] !== '**') segments.unshift('**')
  }
  if (segments.length === 0) return undefined
  if (segments.at(-1) === '') segments[segments.length - 1] = '**'
  const collapsed = segments.filter((part, i) => part !== '**' || segments[i - 1] !== '**')
  const isEverything = collapsed.length === 2 && collapsed[0] === '**' && collapsed[1] === '*'
  const isAnyDepth = collapsed.length === 1 && collapsed[0] === '**'
  return (isEverything || isAnyDepth) && !given.at(-1)?.match(/^$/) ? [] : collapsed
}

function expressionOf(segments: readonly string[], directoriesOnly: boolean): string | undefined {
  let source = ''
  let needsSlash = false
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment === '**') {
      if (index === 0) source += isLast ? '/' : `^(?:${anything}+/)?`
      else if (isLast) source += '/'
      else {
        source += `(?:/${anything}+)?`
        needsSlash = true
      }
      continue
    }
    const part = segment === '*' ? '[^/]+' : segmentExpression(segment)
    if (part === undefined) return undefined
    source += `${index === 0 ? '^' : ''}${needsSlash ? '/' : ''}${part}`
    if (isLast) source += directoriesOnly ? '/' : `(?:/|${end})`
    needsSlash = true
  }
  return source
}

function segmentExpression(segment: string): string | undefined {
  let source = ''
  for (let at = 0; at < segment.length; at++) {
    const c = segment[at] ?? ''
    if (c === '\\') source += escaped(segment[++at] ?? '\\')
    else if (c === '*') source += '[^/]*'
    else if (c === '?') source += '[^/]'
    else if (c === '[') {
      const end = bracketEnd(segment, at)
      if (end === undefined) return undefined
      source += bracketExpression(segment.slice(at + 1, end))
      at = end
    } else source += escaped(c)
  }
  return source
}

/** Where a bracket closes: a `]` right at its beginning is a member. */
function bracketEnd(segment: string, start: number): number | undefined {
  let at = start + 1
  if (segment[at] === '!' || segment[at] === '^') at++
  const end = segment.indexOf(']', at + 1)
  return end < 0 ? undefined : end
}

function bracketExpression(inner: string): string {
  const negated = inner.startsWith('!') || inner.startsWith('^')
  const members = (negated ? inner.slice(1) : inner).replaceAll(/[\\[\]&~|^]/g, String.raw`\$&`)
  return `[${negated ? '^' : ''}${members}]`
}

function escaped(c: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c
}
