import { createHash, type Hash, hash } from 'node:crypto'
import { readSync } from 'node:fs'
import { ChunkCutter } from '#science/chunks'
import type { BlobStat } from '#ports/blobs/blobs'

/** A piece of a large blob, by its content. */
export interface Chunk {
  digest: string
  sizeBytes: number
}

export interface Hashed {
  stat: BlobStat
  chunks: Chunk[]
}

const readBytes = 1 << 20

/** Computes the names and the chunks of a file while it grows. */
export class FileHashing {
  readonly #sha256 = createHash('sha256')
  readonly #md5 = createHash('md5')
  readonly #cutter = new ChunkCutter()
  readonly #buffer = Buffer.allocUnsafe(readBytes)
  readonly #chunks: Chunk[] = []
  readonly #file: number
  #chunk: Hash = createHash('sha256')
  #chunkBytes = 0
  #sizeBytes = 0

  constructor(file: number) {
    this.#file = file
  }

  /** Reads on until so many bytes of the file are counted. */
  advance(sizeBytes: number): void {
    while (this.#sizeBytes < sizeBytes) {
      const wanted = Math.min(readBytes, sizeBytes - this.#sizeBytes)
      const count = readSync(this.#file, this.#buffer, 0, wanted, this.#sizeBytes)
      if (count === 0) throw new Error('The file is shorter than what was written to it.')
      this.#count(this.#buffer.subarray(0, count))
    }
  }

  #count(bytes: Buffer): void {
    this.#sha256.update(bytes)
    this.#md5.update(bytes)
    this.#sizeBytes += bytes.length
    for (let at = 0; at < bytes.length;) {
      const end = this.#cutter.cut(bytes, at, bytes.length)
      this.#chunk.update(bytes.subarray(at, end < 0 ? bytes.length : end))
      this.#chunkBytes += (end < 0 ? bytes.length : end) - at
      if (end < 0) return
      this.#endChunk()
      at = end
    }
  }

  #endChunk(): void {
    this.#chunks.push({ digest: this.#chunk.digest('hex'), sizeBytes: this.#chunkBytes })
    this.#chunk = createHash('sha256')
    this.#chunkBytes = 0
  }

  finish(): Hashed {
    if (this.#chunkBytes > 0) this.#endChunk()
    return {
      stat: {
        sha256: this.#sha256.digest('hex'),
        md5: this.#md5.digest('hex'),
        sizeBytes: this.#sizeBytes,
      },
      chunks: this.#chunks,
    }
  }
}

/** What bytes are, as they come. */
export async function statOfStream(content: AsyncIterable<Uint8Array>): Promise<BlobStat> {
  const sha256 = createHash('sha256')
  const md5 = createHash('md5')
  let sizeBytes = 0
  for await (const part of content) {
    sha256.update(part)
    md5.update(part)
    sizeBytes += part.byteLength
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex'), sizeBytes }
}

/** The sha256 of bytes as they come. */
export async function sha256Of(content: AsyncIterable<Uint8Array>): Promise<string> {
  const sha256 = createHash('sha256')
  for await (const part of content) sha256.update(part)
  return sha256.digest('hex')
}

export function sha256OfAll(content: Uint8Array): string {
  return hash('sha256', content, 'hex')
}
