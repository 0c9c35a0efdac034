import type { Algorithm, ObjectCache } from '../repository/object-cache.ts'

/** An object on its way, by what DVC calls it: md5, or md5 and `.dir`. */
export interface Transfer {
  digests: readonly string[]
  algorithm: Algorithm
  cache: ObjectCache
  signal: AbortSignal
  /** Told as objects arrive. */
  onObjects(count: number, bytes: number): void
}

export interface TransferFailure {
  digest: string
  /**
   * `missing`: it is not where it should come from; `changed`: it is not what its name says, at
   * either end; `refused`: the remote does not take it.
   */
  reason: 'missing' | 'changed' | 'refused'
  message: string
}

/** A place that keeps objects for many repositories. What arrives is verified, both ways. */
export interface Remote {
  /** As people know it: the URL without secrets. */
  name: string
  /**
   * What a manifest that is there says of the files of its directory. `proven`: they are there too;
   * `remembered`: they are if all of them were seen there once, for asking costs a request for each;
   * `doubted`: nothing, each is looked for.
   */
  manifests: 'proven' | 'remembered' | 'doubted'
  /** Those of the objects that it lacks. */
  missing(digests: readonly string[], algorithm: Algorithm, signal: AbortSignal): Promise<string[]>
  /** From the cache to the remote. */
  upload(transfer: Transfer): Promise<TransferFailure[]>
  /** From the remote into the cache. */
  download(transfer: Transfer): Promise<TransferFailure[]>
  /** All objects that are there; undefined: it cannot tell. */
  list?(
    algorithm: Algorithm,
    signal: AbortSignal,
  ): AsyncIterable<{ digest: string; sizeBytes: number }>
  remove?(digests: readonly string[], algorithm: Algorithm, signal: AbortSignal): Promise<void>
}
