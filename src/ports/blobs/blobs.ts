/** Lower-case hexadecimal sha256 of the content. */
export type BlobDigest = string

export interface BlobStat {
  sha256: BlobDigest
  md5: string
  sizeBytes: number
}

export interface PutOptions {
  /** Refuses with `invalid` and stores nothing when the content turns out to be something else. */
  expect?: { sha256?: BlobDigest; md5?: string; sizeBytes?: number }
  /** Refuses with `too_large` as soon as more has arrived. */
  maxBytes?: number
  signal?: AbortSignal
}

/**
 * Bytes named by their content.
 *
 * - `put` reads the stream once, hashes while it writes, verifies, makes it durable and only then
 *   lets it be seen; half a blob is never seen. Putting what is there already is cheap and harmless.
 * - Presence is proof: what `has` and `stat` report was complete and verified when it was written.
 * - Nothing is ever changed in place. `delete` of what is absent is harmless.
 * - Errors: `not_found`, `invalid`, `too_large`, `unavailable` (disk full, read-only), all retryable
 *   only where the code says so.
 */
export interface Blobs {
  put(content: AsyncIterable<Uint8Array> | Uint8Array, options?: PutOptions): Promise<BlobStat>
  has(sha256: BlobDigest): Promise<boolean>
  stat(sha256: BlobDigest): Promise<BlobStat | undefined>
  /** The content, or bytes [start, end) of it. */
  read(sha256: BlobDigest, range?: { start: number; end?: number }): AsyncIterable<Uint8Array>
  /** All of it in memory; for what is known to be small. */
  readAll(sha256: BlobDigest): Promise<Uint8Array>
  /**
   * The contents of many small ones in the order asked, each in memory, read some at a time. A
   * caller that stops early calls `return`.
   */
  readEach(digests: readonly BlobDigest[]): AsyncGenerator<Uint8Array, void, undefined>
  /**
   * A read-only path on this machine for tools that need a file. The bytes stay the store's: do not
   * write, do not delete. Remote stores fetch into their cache first.
   */
  localPath(sha256: BlobDigest): Promise<string>
  delete(sha256: BlobDigest): Promise<void>
  list(): AsyncIterable<BlobDigest>
}
