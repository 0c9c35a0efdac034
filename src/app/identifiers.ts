import type { Md5 } from '#domains/access/index'
import { createHash, createHmac, hash, randomBytes, randomFillSync } from 'node:crypto'

/**
 * Makes ids of 32 lower-case hexadecimal characters, ordered by time of creation: 48 bits of
 * milliseconds, 16 bits that count up within one of them, 64 random bits.
 */
export function createIdMaker(clock: () => number): () => string {
  let lastAt = -1
  let count = 0
  let prefix = ''
  const pool = Buffer.alloc(8 * 128)
  let used = pool.length
  return () => {
    const now = clock()
    // A clock that is set back must not put new things before old ones.
    if (now > lastAt || count === 0xffff) {
      lastAt = Math.max(now, lastAt + 1)
      count = 0
      prefix = lastAt.toString(16).padStart(12, '0')
    } else count++
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const random = pool.toString('hex', used, used + 8)
    used += 8
    return prefix + count.toString(16).padStart(4, '0') + random
  }
}

/** 256 random bits in base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Counts the md5 of bytes as they come. */
export function createMd5(): Md5 {
  const md5 = createHash('md5')
  const counting: Md5 = {
    update(bytes) {
      md5.update(bytes)
      return counting
    },
    hex: () => md5.digest('hex'),
  }
  return counting
}

/** Lower-case hexadecimal sha256. */
export function sha256(content: string | Uint8Array): string {
  return typeof content === 'string'
    ? hash('sha256', content)
    : createHash('sha256').update(content).digest('hex')
}

/** HMAC-SHA256 in base64. */
export function hmac(key: string, content: string): string {
  return createHmac('sha256', key).update(content).digest('base64')
}
