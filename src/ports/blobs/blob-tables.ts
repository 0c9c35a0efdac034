/** An object that holds blobs: a file of one, or a pack of many small ones. */
export interface BlobObjectRow {
  key: string
  kind: 'file' | 'pack'
  size_bytes: number
  /** How much of it the second copy has. */
  copied_bytes: number
  /** When bytes were last put into it. */
  written_at: number
  /** Nothing names it any more since then; it is removed when those who read it have ended. */
  doomed_at: number | null
}

/** Where a blob lies. What has a row here was complete and verified when it was written. */
export interface BlobPlaceRow {
  sha256: string
  md5: string
  size_bytes: number
  /** Null for a blob in pieces, which `blob_extents` has. */
  object: string | null
  start: number
  created_at: number
  /** When it was last put, or asked for by somebody who is about to name it. */
  touched_at: number
  /** When it was last read and found whole. */
  checked_at: number
  /** Its bytes are not what they were; nobody is given them. */
  damaged_at: number | null
  /** Nothing names it since then; it is deleted unless something does soon. */
  quarantined_at: number | null
}

/** A piece of a blob that shares bytes with others. */
export interface BlobExtentRow {
  sha256: string
  position: number
  object: string
  start: number
  size_bytes: number
}

/** A chunk of a large blob, to find again in others. */
export interface BlobChunkRow {
  digest: string
  object: string
  start: number
  size_bytes: number
}

/** A blob that is named by something, as one round of collecting garbage found. */
export interface BlobMarkRow {
  round: string
  sha256: string
  /** The kind of thing that names it; of several, the first that was found. */
  named_by: string
}

/** Bytes of a small blob whose pack is not flushed yet, where its content starts. */
export interface BlobRedoRow {
  object: string
  start: number
  content: Uint8Array
}

/** The index of the blob store. */
export interface BlobTables {
  blob_objects: BlobObjectRow
  blob_places: BlobPlaceRow
  blob_extents: BlobExtentRow
  blob_chunks: BlobChunkRow
  blob_marks: BlobMarkRow
  blob_redo: BlobRedoRow
}
