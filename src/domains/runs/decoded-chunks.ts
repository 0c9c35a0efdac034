import type { PointColumns } from '#science/series/points'
import type { Context } from '#domains/access/index'

/** Bytes that are remembered of all runs together. */
const mostBytes = 12 * 2 ** 20

/** What a chunk is decoded from, so that it can be told from another one of the same number. */
interface Encoded {
  dense: Uint8Array
  noise: Uint8Array
}

interface Decoded extends Encoded {
  points: PointColumns
  sizeBytes: number
}

/**
 * Chunks that were decoded lately: a chart that is drawn again, wider or by somebody else, need not
 * decode them again. Points are shared, and nobody changes them.
 */
export class DecodedChunks {
  readonly #chunks = new Map<string, Decoded>()
  #sizeBytes = 0

  static of(ctx: Context): DecodedChunks {
    return ctx.memory('runs.decoded-chunks', () => new DecodedChunks())
  }

  get(name: string, { dense, noise }: Encoded): PointColumns | undefined {
    const known = this.#chunks.get(name)
    if (known === undefined) return undefined
    this.#forget(name, known)
    if (!isSame(known.dense, dense) || !isSame(known.noise, noise)) return undefined
    // The one that was used last comes last.
    this.#remember(name, known)
    return known.points
  }

  keep(name: string, { dense, noise }: Encoded, points: PointColumns): void {
    const sizeBytes = dense.byteLength + noise.byteLength + 24 * points.steps.length
    const known = this.#chunks.get(name)
    if (known !== undefined) this.#forget(name, known)
    this.#remember(name, { dense, noise, points, sizeBytes })
    for (const [oldest, chunk] of this.#chunks) {
      if (this.#sizeBytes <= mostBytes) return
      this.#forget(oldest, chunk)
    }
  }

  #remember(name: string, chunk: Decoded): void {
    this.#chunks.set(name, chunk)
    this.#sizeBytes += chunk.sizeBytes
  }

  #forget(name: string, chunk: Decoded): void {
    this.#chunks.delete(name)
    this.#sizeBytes -= chunk.sizeBytes
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false
  for (let i = 0; i < a.byteLength; i++) if (a[i] !== b[i]) return false
  return true
}
