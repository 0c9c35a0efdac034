/** A stream of pseudo-random numbers that depends on nothing but its seed. */
export interface Random {
  /** Uniform in [0, 1), with 32 random bits. */
  next(): number
  /** Uniform in 0 … n - 1, for a whole n from 1 to 2^32. */
  integer(n: number): number
  /** Shuffles in place (Fisher-Yates) and gives the same array back. */
  shuffle<T extends RandomlyOrdered>(array: T): T
  /** Standard normal. */
  normal(): number
}

/** What `shuffle` can order: any array, typed or not. */
interface RandomlyOrdered {
  readonly length: number
  [index: number]: unknown
}

/**
 * A generator that gives the same stream for the same seed on every machine: xoshiro128** (Blackman
 * and Vigna 2018), its state filled from the seed by splitmix32; normals by Marsaglia's polar method.
 * Not for secrets.
 */
export function createRandom(seed: number): Random {
  const state = seedState(seed)
  const next = (): number => nextWord(state) / 4294967296
  const integer = (n: number): number => Math.floor(next() * n)
  const shuffle = <T extends RandomlyOrdered>(array: T): T => shuffleWith(integer, array)
  let spare = Number.NaN
  const normal = (): number => {
    if (!Number.isNaN(spare)) {
      const kept = spare
      spare = Number.NaN
      return kept
    }
    const pair = normalPair(next)
    spare = pair[1]
    return pair[0]
  }
  return { next, integer, shuffle, normal }
}

function seedState(seed: number): Uint32Array {
  const state = new Uint32Array(4)
  let word = (seed ^ Math.floor(seed / 4294967296)) >>> 0
  for (let index = 0; index < 4; index++) {
    word = (word + 0x9e3779b9) >>> 0
    let mixed = word
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    state[index] = mixed ^ (mixed >>> 15)
  }
  return state
}

function nextWord(state: Uint32Array): number {
  const second = state[1]!
  const scaled = Math.imul(second, 5)
  const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0
  state[2]! ^= state[0]!
  state[3]! ^= second
  state[1]! ^= state[2]!
  state[0]! ^= state[3]!
  state[2]! ^= second << 9
  const last = state[3]!
  state[3] = (last << 11) | (last >>> 21)
  return result
}

function normalPair(next: () => number): [number, number] {
  for (;;) {
    const x = 2 * next() - 1
    const y = 2 * next() - 1
    const square = x * x + y * y
    if (square > 0 && square < 1) {
      const scale = Math.sqrt((-2 * Math.log(square)) / square)
      return [x * scale, y * scale]
    }
  }
}

function shuffleWith<T extends RandomlyOrdered>(integer: (n: number) => number, array: T): T {
  for (let last = array.length - 1; last > 0; last--) {
    const other = integer(last + 1)
    const kept = array[last]
    array[last] = array[other]
    array[other] = kept
  }
  return array
}
