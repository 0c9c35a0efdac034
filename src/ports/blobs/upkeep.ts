import type { Transaction } from 'kysely'
import type { NamedBlob } from './blob-names.ts'
import type { BlobDigest } from './blobs.ts'

export interface CollectPolicy {
  /** Only what was not put or asked for since then may go, in milliseconds. */
  untouchedSince: number
  /** Only what is in quarantine since then is deleted. */
  quarantinedSince: number
  /** Objects that hold nothing since then are removed; those who read them have ended. */
  doomedSince: number
  /** Says what would happen, and does nothing. */
  dryRun: boolean
  /** Called in the transaction that deletes them: whatever remembers these without needing them. */
  forget(tx: Transaction<unknown>, digests: readonly BlobDigest[]): Promise<void>
}

export interface Counted {
  blobs: number
  sizeBytes: number
}

export interface CollectReport {
  /** Named by something. */
  kept: Counted
  /** Of those, by the kind of thing that names them, each once: under the first that was found. */
  keptBy: ({ by: string } & Counted)[]
  /** Named by nothing, and too young to go. */
  young: Counted
  /** Newly in quarantine. */
  quarantined: Counted
  /** Out of quarantine, since something names them again. */
  rescued: Counted
  deleted: Counted
  /** Files that no row names, left by crashes, and objects that were given up. */
  removedObjects: Counted
  /** The largest of what was (or would be) deleted or put into quarantine. */
  largest: { sha256: BlobDigest; sizeBytes: number }[]
}

export interface ScrubReport {
  checked: Counted
  /** Damaged, and put right from the second copy. */
  repaired: BlobDigest[]
  /** Damaged, and nowhere whole. They can be pushed again. */
  damaged: BlobDigest[]
}

export interface VerifyReport extends ScrubReport {
  /** Not in the store at all. */
  missing: BlobDigest[]
}

export interface StoreSummary {
  blobs: number
  /** What the blobs hold. */
  contentBytes: number
  /** What they take. */
  storedBytes: number
  files: number
  packs: number
  /** Blobs that share pieces with others. */
  inPieces: number
  quarantined: Counted
  damaged: Counted
  /** The last to be damaged, at most 100. */
  damagedBlobs: { sha256: BlobDigest; sizeBytes: number; at: number }[]
  /** Every blob was put or read since then and was whole; null without blobs. */
  checkedSince: number | null
  /** Bytes that the second copy does not have yet; null without one. */
  notCopiedBytes: number | null
}

export interface RebuiltIndex {
  /** Files that were read. */
  objects: number
  /** Blobs that are known now and were not, or were where they are not any more. */
  found: number
  /** Blobs that the index names and that are nowhere whole. */
  lost: BlobDigest[]
}

/** What keeps a blob store in order. Each may be stopped at any moment and started again. */
export interface BlobUpkeep {
  /** Gives up what is not in `live`: first into quarantine, later for good. */
  collect(live: AsyncIterable<NamedBlob>, policy: CollectPolicy): Promise<CollectReport>
  /** Reads the blobs that were not checked since then, longest unchecked first, up to so many bytes. */
  scrub(input: {
    uncheckedSince: number
    mostBytes: number
    signal?: AbortSignal
  }): Promise<ScrubReport>
  /** Reads just these blobs, however lately they were read, and deals with damage as `scrub` does. */
  verify(digests: readonly BlobDigest[], signal?: AbortSignal): Promise<VerifyReport>
  /** Gives the second copy what it does not have, up to so many bytes; gives how many it was. */
  copy(input: { mostBytes: number; signal?: AbortSignal }): Promise<number>
  /** Somebody is about to name these: they stay for as long as what is new. */
  touch(digests: readonly BlobDigest[]): Promise<void>
  /** Makes the index again of the bytes alone, for tables that were lost or are older than these. */
  rebuildIndex(onObject?: (objects: number) => void): Promise<RebuiltIndex>
  summary(): Promise<StoreSummary>
}
