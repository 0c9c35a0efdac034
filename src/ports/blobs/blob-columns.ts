type Row = Readonly<Record<string, unknown>>

/**
 * Says of a column of a room's tables whether its values name blobs. Every column whose name speaks of
 * a digest must be declared by its room: what is not known to name a blob would be collected as
 * garbage, so that a store with such a column collects nothing.
 */
export type BlobColumn = NamingColumn | OtherColumn

/** Its values keep blobs. */
export interface NamingColumn {
  table: string
  column: string
  /**
   * - `blob`: the value is a digest.
   * - `blobs in a text`: every digest in the value, JSON mostly.
   * - `list of blobs`: the value is the digest of a blob, and every digest in that counts as well.
   */
  names: 'blob' | 'blobs in a text' | 'list of blobs'
  /** Only rows in which a column is not this value. */
  except?: { column: string; value: string }
  /** What a row is, for people: all of them, other columns, and the words made of those. */
  told: { all: string; columns: readonly string[]; words(row: Row): string }
}

/** Its values are digests of something else. */
export interface OtherColumn {
  table: string
  column: string
  names: 'no blob'
  because: string
}

export function noBlob(table: string, column: string, because: string): OtherColumn {
  return { table, column, names: 'no blob', because }
}
