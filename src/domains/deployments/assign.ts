export const bucketCount = 10_000

/** The state of FNV-1a after the salt, from which units are hashed. */
export function saltState(salt: string): number {
  return fnv(0x811c9dc5, salt)
}

/**
 * The bucket of a unit, 0 to 9,999: the same for the same salt, spread evenly over units. A share of
 * s takes the buckets below s × 10,000, so that a growing share only ever adds units.
 */
export function bucketOf(state: number, unit: string): number {
  let hash = fnv(state, unit)
  // FNV mixes its last characters badly; this is the finaliser of MurmurHash3.
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return (hash >>> 0) % bucketCount
}

function fnv(state: number, text: string): number {
  let hash = state
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  return hash
}
