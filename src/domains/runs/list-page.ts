import { offsetToken } from '#kernel/page-token'

/** One page of a list that is in memory. */
export function pageOf<T>(
  all: readonly T[],
  offset: number,
  limit: number,
): { items: T[]; nextPageToken?: string } {
  const items = all.slice(offset, offset + limit)
  return offset + limit < all.length
    ? { items, nextPageToken: offsetToken(offset + limit) }
    : { items }
}
