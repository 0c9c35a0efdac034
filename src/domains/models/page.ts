import { invalid } from '#kernel/errors'

export interface PageQuery {
  limit: number
  pageToken?: string | undefined
}

export interface Page<T> {
  items: T[]
  nextPageToken?: string
}

/** Where a page starts. Errors: `invalid` for a token that we did not write. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0
  const offset = /^o(\d{1,12})$/.exec(token)?.[1]
  if (offset !== undefined) return Number(offset)
  throw invalid('The page token is not one that was given. Ask for the first page again.')
}

/** A page of rows that were read with one more than the limit. */
export function pageFrom<T>(rows: readonly T[], offset: number, limit: number): Page<T> {
  const items = rows.slice(0, limit)
  return rows.length > limit ? { items, nextPageToken: `o${offset + limit}` } : { items }
}
