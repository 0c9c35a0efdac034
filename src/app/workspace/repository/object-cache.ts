import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ManifestEntry, parseDvcManifest } from '#kernel/dvc-manifest'
import { GyreError } from '#kernel/errors'

/** DVC 3 hashes bytes; DVC 2 hashed texts with CRLF as LF, and keeps them in another place. */
export type Algorithm = 'md5' | 'md5-dos2unix'

/** A file in the cache that has this mode is whole: it got it when all of it was written. */
export const wholeMode = 0o444

/** DVC's cache: one file per content, `files/md5/ab/cdef…`, or `ab/cdef…` for DVC 2. */
export class ObjectCache {
  readonly directory: string
  readonly shared: boolean

  constructor(directory: string, shared: boolean) {
    this.directory = directory
    this.shared = shared
  }

  /** Where objects of an algorithm lie. */
  root(algorithm: Algorithm): string {
    return algorithm === 'md5' ? join(this.directory, 'files', 'md5') : this.directory
  }

  place(digest: string, algorithm: Algorithm): string {
    return `${this.root(algorithm)}/${digest.slice(0, 2)}/${digest.slice(2)}`
  }

  has(digest: string, algorithm: Algorithm): boolean {
    return existsSync(this.place(digest, algorithm))
  }

  /** Bytes of an object; undefined: it is not here. */
  sizeOf(digest: string, algorithm: Algorithm): number | undefined {
    return lstatSync(this.place(digest, algorithm), { throwIfNoEntry: false })?.size
  }

  /** Which of the digests have no file here. Cheap for many: it lists directories. */
  missing(digests: Iterable<string>, algorithm: Algorithm): string[] {
    const listed = new Map<string, ReadonlySet<string>>()
    const missing: string[] = []
    for (const digest of digests) {
      const prefix = digest.slice(0, 2)
      let names = listed.get(prefix)
      if (names === undefined) {
        names = namesIn(join(this.root(algorithm), prefix))
        listed.set(prefix, names)
      }
      if (!names.has(digest.slice(2))) missing.push(digest)
    }
    return missing
  }

  /** All objects of an algorithm: their digests, `.dir` manifests among them. */
  *list(algorithm: Algorithm): Generator<{ digest: string; sizeBytes: number }> {
    for (const prefix of namesIn(this.root(algorithm))) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) continue
      for (const rest of namesIn(join(this.root(algorithm), prefix))) {
        if (!/^[0-9a-f]{30}(?:\.dir)?$/.test(rest)) continue
        const info = lstatSync(join(this.root(algorithm), prefix, rest), { throwIfNoEntry: false })
        if (info !== undefined) yield { digest: prefix + rest, sizeBytes: info.size }
      }
    }
  }

  /** The files of a `.dir`. Errors: `not_found` when it is not here; `invalid` when it is damaged. */
  manifest(digest: string, algorithm: Algorithm): ManifestEntry[] {
    const place = this.place(digest, algorithm)
    let text: string
    try {
      text = readFileSync(place, 'utf8')
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown
      throw new GyreError({
        code: 'not_found',
        public: `The cache lacks the manifest ${digest}. Get it with: gyre data fetch`,
        cause: thrown,
      })
    }
    return parseDvcManifest(text, `The manifest ${place}`)
  }
}

function namesIn(directory: string): Set<string> {
  try {
    return new Set(readdirSync(directory))
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return new Set()
    throw thrown
  }
}
