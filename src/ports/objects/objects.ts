/** Bytes [start, end) of an object. */
export interface ObjectRange {
  start: number
  end: number
}

/** A part of an object where something was put. */
export interface Place {
  key: string
  start: number
}

/**
 * Where bytes lie, by key: a directory of this machine or a bucket. It knows nothing of what they
 * are; the blob store above it gives keys that were never used before, and knows what is whole.
 *
 * - What `keepFile` and `append` return from is durable, and seen by every process.
 * - Nothing is changed in place; `remove` of what is absent is harmless.
 * - Errors: `not_found`, `unavailable` (disk full, read-only, unreachable), retryable only where the
 *   code says so.
 */
export interface Objects {
  /** A path on this machine for a new file on its way in, and what removes it if it is still there. */
  spool(): { path: string; discard(): void }
  /** Takes a file of the spool over under this key. */
  keepFile(key: string, path: string): Promise<void>
  /** Puts bytes behind others, or into an object of their own; whoever calls has gathered them. */
  append(bytes: Uint8Array): Promise<Place>
  /**
   * As `append`, but durable only after the next `flush`: for who keeps the bytes elsewhere until
   * then. Absent where appending is no cheaper that way.
   */
  appendSoon?(bytes: Uint8Array): Promise<Place>
  /** Makes what was appended durable; gives the keys of this process's objects that are, then. */
  flush(): Promise<string[]>
  read(key: string, range: ObjectRange): AsyncIterable<Uint8Array>
  /** The bytes of a range that is known to be small. Shorter when the object is. */
  readRange(key: string, range: ObjectRange): Promise<Uint8Array>
  /** Where the object is as a file of this machine, if it is one. Read it only. */
  localPath(key: string): string | undefined
  sizeOf(key: string): Promise<number | undefined>
  remove(key: string): Promise<void>
  /** Every object, in no order. */
  list(): AsyncIterable<{ key: string; sizeBytes: number; modifiedAt: number }>
  close(): Promise<void>
}
