import { offsetToken } from '#kernel/page-token'

export interface PageQuery {
  limit: number
  pageToken?: string | undefined
}

export interface Page<T> {
  items: T[]
  nextPageToken?: string
}

/** A page of rows that were read with one more than the limit. */
export function pageFrom<T>(rows: readonly T[], offset: number, limit: number): Page<T> {
  const items = rows.slice(0, limit)
  return rows.length > limit ? { items, nextPageToken: offsetToken(offset + limit) } : { items }
}
