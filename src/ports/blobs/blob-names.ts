import type { BlobDigest } from './blobs.ts'

/** A row that keeps a blob. */
export interface BlobKeeper {
  /** Whose row it is; undefined where it belongs to no project. */
  project: string | undefined
  words: string
}

/** A blob that a row names, and what kind of thing the row is, for people: `versions of data sets`. */
export interface NamedBlob {
  sha256: BlobDigest
  by: string
}

/** What names blobs, in all rooms. */
export interface BlobNames {
  /** Every blob that a row names, some more than once. */
  live(): AsyncIterable<NamedBlob>
  /** What names one blob. */
  keepers(sha256: BlobDigest): Promise<BlobKeeper[]>
  /**
   * Which of these blobs are named by anything but the rows for which `besides` is true, each with
   * something that names it. `besides` is handed the row's columns that tell what it is.
   */
  namedBesides(
    digests: ReadonlySet<BlobDigest>,
    besides: (table: string, row: Readonly<Record<string, unknown>>) => boolean,
  ): Promise<ReadonlyMap<BlobDigest, BlobKeeper>>
  /** Columns that may name blobs and of which no room says whether they do, as `table.column`. */
  undeclared(): Promise<string[]>
}
