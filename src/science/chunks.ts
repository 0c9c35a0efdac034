/**
 * Content-defined chunking with a Gear rolling hash: where a chunk ends depends on the last 32 bytes
 * alone, so that an edit moves no boundary but those beside it. The Gear hash is of Xia et al., "Ddelta"
 * (2014); two masks around the wanted size ("normalised chunking") are of Xia et al., "FastCDC"
 * (USENIX ATC 2016).
 *
 * These numbers and the table are part of the stored format: other ones find nothing that is there.
 */
export const chunkSizes = { leastBytes: 8192, wantedBytes: 32_768, mostBytes: 131_072 } as const

/** Before the wanted size a boundary is four times less likely, behind it four times more. */
const maskBefore = 0xff_ff_80_00 | 0
const maskBehind = 0xff_f8_00_00 | 0

const table = gearTable()

/** 256 numbers of 32 random bits each, by xorshift from a fixed start. */
function gearTable(): Int32Array {
  const numbers = new Int32Array(256)
  let x = 0x9e_37_79_b9 | 0
  for (let i = 0; i < numbers.length; i++) {
    for (let round = 0; round < 4; round++) {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
    }
    numbers[i] = x
  }
  return numbers
}

/** Finds the ends of chunks in bytes as they come. */
export class ChunkCutter {
  #hash = 0
  #length = 0

  /**
   * Looks for the end of the current chunk in bytes [start, end) of `bytes`; gives the position
   * behind it, or -1 when the chunk goes on behind `end`.
   */
  cut(bytes: Uint8Array, start: number, end: number): number {
    let at = start + Math.max(0, Math.min(end - start, chunkSizes.leastBytes - 32 - this.#length))
    let length = this.#length + at - start
    let hash = this.#hash
    while (at < end) {
      hash = (hash << 1) + table[bytes[at++]!]!
      length++
      if (length < chunkSizes.leastBytes) continue
      const mask = length < chunkSizes.wantedBytes ? maskBefore : maskBehind
      if ((hash & mask) !== 0 && length < chunkSizes.mostBytes) continue
      this.#hash = 0
      this.#length = 0
      return at
    }
    this.#hash = hash
    this.#length = length
    return -1
  }
}
