import { GyreError, invalid } from '#kernel/errors'

/** DuckDB's kinds of failure that are not the query's fault. */
const unavailableTexts: Readonly<Record<string, string>> = {
  'Out of Memory Error':
    'The query needs more memory than it may use. Read fewer rows or columns, or raise the limit.',
  'INTERRUPT Error': 'The query was interrupted.',
  'FATAL Error': 'The query engine failed and is started again. Try again.',
  'INTERNAL Error': 'The query engine failed and is started again. Try again.',
}
const noSpace = /no space left|disk quota|could not (write|flush|sync)|max_temp_directory_size/i

/** Whether the engine refuses to go on after this. */
export function isFatal(thrown: unknown): boolean {
  return (
    thrown instanceof Error && /FATAL Error|INTERNAL Error|been invalidated/.test(thrown.message)
  )
}

/** Gives what DuckDB threw as a `GyreError`; what it did not throw comes back as it is. */
export function fromDuckdbError(thrown: unknown, sql: string): unknown {
  if (!(thrown instanceof Error) || thrown instanceof GyreError) return thrown
  const match =
    /^(?:TransactionContext Error: |Failed to (?:bind value|extract statements): )?([A-Z]\w*(?: \w+)* (?:Error|Exception)): /.exec(
      thrown.message,
    )
  const kind = match?.[1]
  const internal = `${thrown.message} in: ${sql}`
  const text = noSpace.test(thrown.message)
    ? 'The disk is full, so the query could not be finished. Free some space.'
    : unavailableTexts[kind ?? '']
  if (text !== undefined) {
    return new GyreError({ code: 'unavailable', public: text, internal, cause: thrown })
  }
  if (kind === undefined) return thrown
  return invalid(readable(thrown.message))
}

/** Without the engine's kind, its own suggestions and the text of the query that we wrapped. */
function readable(message: string): string {
  const [what = ''] = message
    .replace(
      /^(?:Failed to (?:bind value|extract statements): |[A-Z]\w*(?: \w+)* (?:Error|Exception): )+/,
      '',
    )
    .split(
      /\n\nLINE |\nPossible (?:solutions|fixes):|\n\s*Candidate functions:|\nThis type was auto-detected/,
    )
  const file = /\n\s*file = (.*)/.exec(message)?.[1]
  const place = file === undefined || what.includes(file) ? '' : ` (file ${file})`
  const text = what.trim().replaceAll(/\n+/g, '; ')
  return `The query failed: ${text}${place}${/[.!?]$/.test(text) ? '' : '.'}`
}
