import { invalid } from './errors.ts'

/** A token of the page that begins at an offset, in MLflow's form in case a client looks. */
export function offsetToken(offset: number): string {
  return btoa(JSON.stringify({ offset }))
}

/** Where a page begins; no token is the first page. Errors: `invalid` for one that we did not write. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0
  const offset = readOffset(token)
  if (Number.isSafeInteger(offset) && (offset as number) >= 0) return offset as number
  throw invalid('Invalid page token, could not base64-decode')
}

function readOffset(token: string): unknown {
  try {
    return (JSON.parse(atob(token)) as { offset?: unknown } | null)?.offset
  } catch {
    return undefined
  }
}
