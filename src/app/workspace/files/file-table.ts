/**
 * Files of a directory in columns, one row each: 200,000 of them take some 30 MB, objects would take
 * four times that.
 */
export class FileTable {
  /** From the directory, with `/`; '' is the path itself when it is a file. */
  readonly paths: string[] = []
  readonly sizes: number[] = []
  /** Milliseconds with fractions: the kernel's time stamps, to a quarter of a microsecond. */
  readonly modifiedAt: number[] = []
  readonly changedAt: number[] = []
  readonly inodes: number[] = []
  #digests: Buffer = Buffer.alloc(0)

  get length(): number {
    return this.paths.length
  }

  add(path: string, stats: FileSignature): void {
    this.paths.push(path)
    this.sizes.push(stats.size)
    this.modifiedAt.push(stats.mtimeMs)
    this.changedAt.push(stats.ctimeMs)
    this.inodes.push(stats.ino)
  }

  /** Replaces what is known of a row's file, after it was written or touched. */
  resign(row: number, stats: FileSignature): void {
    this.sizes[row] = stats.size
    this.modifiedAt[row] = stats.mtimeMs
    this.changedAt[row] = stats.ctimeMs
    this.inodes[row] = stats.ino
  }

  /** md5 in hexadecimal; of a row that has none yet, zeros. */
  digest(row: number): string {
    return this.#digests.toString('hex', row * 16, row * 16 + 16).padEnd(32, '0')
  }

  /** The md5 of a row, 16 bytes, from `from` at `at`. */
  setDigest(row: number, from: Uint8Array, at: number): void {
    const needed = this.length * 16
    if (this.#digests.length < needed) {
      const grown = Buffer.alloc(Math.max(needed, this.#digests.length * 2))
      this.#digests.copy(grown)
      this.#digests = grown
    }
    this.#digests.set(from.subarray(at, at + 16), row * 16)
  }

  /** The digests of all rows, 16 bytes each. */
  digestBytes(): Buffer {
    const bytes = Buffer.alloc(this.length * 16)
    this.#digests.copy(bytes, 0, 0, bytes.length)
    return bytes
  }

  useDigests(bytes: Buffer): void {
    this.#digests = bytes
  }

  totalBytes(): number {
    let sum = 0
    for (const size of this.sizes) sum += size
    return sum
  }
}

/** What tells that a file was not written to: what `stat` says of it. */
export interface FileSignature {
  size: number
  mtimeMs: number
  ctimeMs: number
  ino: number
}
