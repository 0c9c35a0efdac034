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
  readonly #md5 = new DigestColumn(16)
  readonly #sha256 = new DigestColumn(32)

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
    return this.#md5.hex(row)
  }

  /** sha256 in hexadecimal; undefined where it was never asked for. */
  sha256(row: number): string | undefined {
    return this.#sha256.has(row) ? this.#sha256.hex(row) : undefined
  }

  /** The digests of a row, of which there is one behind the other in `md5` and `sha256`. */
  setDigests(row: number, md5: Uint8Array, sha256: Uint8Array | undefined, at: number): void {
    this.#md5.set(row, md5, at)
    if (sha256 !== undefined) this.#sha256.set(row, sha256, at)
  }

  setDigest(row: number, md5: string): void {
    this.#md5.set(row, Buffer.from(md5, 'hex'), 0)
  }

  /** The digests of all rows, 16 and 32 bytes each; zeros where there is none. */
  digestBytes(): { md5: Buffer; sha256: Buffer } {
    return { md5: this.#md5.bytes(this.length), sha256: this.#sha256.bytes(this.length) }
  }

  useDigests({ md5, sha256 }: { md5: Buffer; sha256: Buffer }): void {
    this.#md5.use(md5)
    this.#sha256.use(sha256)
  }

  totalBytes(): number {
    let sum = 0
    for (const size of this.sizes) sum += size
    return sum
  }
}

/** Digests of rows, one behind the other. */
class DigestColumn {
  readonly #width: number
  #bytes: Buffer = Buffer.alloc(0)

  constructor(width: number) {
    this.#width = width
  }

  hex(row: number): string {
    const at = row * this.#width
    return this.#bytes.toString('hex', at, at + this.#width).padEnd(2 * this.#width, '0')
  }

  has(row: number): boolean {
    const part = this.#bytes.subarray(row * this.#width, (row + 1) * this.#width)
    return part.some((byte) => byte !== 0)
  }

  set(row: number, from: Uint8Array, at: number): void {
    const needed = (row + 1) * this.#width
    if (this.#bytes.length < needed) {
      const grown = Buffer.alloc(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(grown)
      this.#bytes = grown
    }
    this.#bytes.set(from.subarray(at * this.#width, (at + 1) * this.#width), row * this.#width)
  }

  bytes(rows: number): Buffer {
    const bytes = Buffer.alloc(rows * this.#width)
    this.#bytes.copy(bytes, 0, 0, bytes.length)
    return bytes
  }

  use(bytes: Buffer): void {
    this.#bytes = bytes
  }
}

/** What tells that a file was not written to: what `stat` says of it. */
export interface FileSignature {
  size: number
  mtimeMs: number
  ctimeMs: number
  ino: number
}
