import { invalid } from '#kernel/errors'

/** Where a page starts. The token is opaque to clients. Errors: `invalid` for one that we did not write. */
export function offsetOf(token: string | undefined): number {
  if (token === undefined || token === '') return 0
  const offset = /^o(\d{1,12})$/.exec(token)?.[1]
  if (offset === undefined) {
    throw invalid('The page token is not one that was given. Ask for the first page again.')
  }
  return Number(offset)
}

export function tokenFor(offset: number): string {
  return `o${offset}`
}

/** One page of a list that is in memory. */
export function pageOf<T>(
  all: readonly T[],
  offset: number,
  limit: number,
): { items: T[]; nextPageToken?: string } {
  const items = all.slice(offset, offset + limit)
  return offset + limit < all.length
    ? { items, nextPageToken: tokenFor(offset + limit) }
    : { items }
}
