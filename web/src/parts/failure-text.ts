/** A failure in words. The server's own say what, where and what to do. */
export function failureOf(error: unknown): { title: string; text: string; code: string } {
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  return { code, title: titles[code] ?? 'This did not work', text }
}

/** The server's code of a failure; `unknown` for anything that did not come from it. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown'
}

const titles: Readonly<Record<string, string>> = {
  invalid: 'The request was not understood',
  unauthenticated: 'Sign in first',
  forbidden: 'Your role does not allow this',
  not_found: 'There is no such thing',
  already_exists: 'It exists already',
  conflict: 'Its state does not allow this now',
  refused: 'Refused',
  too_large: 'Too large',
  overloaded: 'The server is busy',
  unavailable: 'The server cannot be reached',
  internal: 'The server failed',
}
