import type { Objects } from '#ports/objects/objects'
import type { Tables } from '#ports/tables/tables'
import type { BlobTables } from '#ports/blobs/blob-tables'

/** What the blob store stands on. */
export interface StoreParts {
  objects: Objects
  /** A second place for the same objects, to put right what is damaged in the first. */
  copy: Objects | undefined
  tables: Tables
  /** A directory for copies of blobs that are no files by themselves; may be lost. */
  cacheDirectory: string
  clock(): number
}

export function readIndex({ tables }: StoreParts) {
  return tables.read<BlobTables>()
}

/** Rows of one statement: engines bound the count of parameters. */
export const rowsPerStatement = 500

export function* inGroups<T>(items: readonly T[], size = rowsPerStatement): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
