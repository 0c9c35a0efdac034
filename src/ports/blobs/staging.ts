import type { Transaction } from 'kysely'
import type { GyreError } from '#kernel/errors'
import type { BlobStat, PutOptions } from './blobs.ts'

export interface SmallContent {
  content: Uint8Array
  /** It is refused when it turns out to be something else. */
  expect?: PutOptions['expect']
}

/** Contents that are durable, and not blobs yet. */
export interface StagedBlobs {
  /** What each is, in the order given, or why it was refused. */
  results: (BlobStat | GyreError)[]
  /**
   * Makes blobs of them, as a part of this transaction. Gives false when their place was given up
   * meanwhile: whoever calls lets go of the transaction and stages them again.
   */
  keep(tx: Transaction<unknown>): Promise<boolean>
}

/**
 * Blobs that become durable together with the rows that name them: one flush of their bytes and one
 * commit, however many they are. What is staged and never kept is garbage.
 */
export interface BlobStaging {
  /** Contents of at most this are small. */
  readonly smallBytes: number
  stage(contents: readonly SmallContent[]): Promise<StagedBlobs>
}
