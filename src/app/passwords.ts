import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import type { Passwords } from '#domains/access/index'

/** scrypt (RFC 7914) at OWASP's recommended cost: 16 MiB and about 0.2 s for each guess. */
const cost = { N: 2 ** 14, r: 8, p: 5 }
const keyBytes = 32
const mostAtOnce = 2
const mostRemembered = 1000

/**
 * Passwords by scrypt. Clients send theirs with every request, so what was verified is remembered,
 * for as long as the same hash is stored: by a digest under a key that only this process has. At
 * most two are worked on at once; others wait, so that guessing cannot starve the server.
 */
export function createPasswords(): Passwords {
  const remembered = new Set<string>()
  const key = randomBytes(32)
  const derive = limited(mostAtOnce)
  return {
    async hash(password) {
      const salt = randomBytes(16)
      const derived = await derive(password, salt, cost)
      const { N, r, p } = cost
      return ['scrypt', N, r, p, salt.toString('base64'), derived.toString('base64')].join('$')
    },
    async verify(password, hash) {
      const stored = readHash(hash)
      if (stored === undefined) return false
      const mark = createHmac('sha256', key).update(`${hash}\n${password}`).digest('base64')
      if (remembered.has(mark)) return true
      const derived = await derive(password, stored.salt, stored.cost)
      if (!timingSafeEqual(derived, stored.derived)) return false
      if (remembered.size >= mostRemembered) remembered.clear()
      remembered.add(mark)
      return true
    },
  }
}

type Cost = typeof cost

function readHash(hash: string): { cost: Cost; salt: Buffer; derived: Buffer } | undefined {
  const [method, N, r, p, salt = '', derived = ''] = hash.split('$')
  const key = Buffer.from(derived, 'base64')
  if (method !== 'scrypt' || key.length !== keyBytes) return undefined
  return {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64'),
    derived: key,
  }
}

function limited(most: number): (password: string, salt: Buffer, cost: Cost) => Promise<Buffer> {
  const waiting: (() => void)[] = []
  let busy = 0
  return async (password, salt, chosen) => {
    if (busy >= most) await new Promise<void>((resolve) => void waiting.push(resolve))
    else busy += 1
    try {
      return await derived(password, salt, chosen)
    } finally {
      const next = waiting.shift()
      if (next === undefined) busy -= 1
      else next()
    }
  }
}

function derived(password: string, salt: Buffer, chosen: Cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, keyBytes, chosen, (error, result) => {
      if (error === null) resolve(result)
      else reject(error)
    })
  })
}
