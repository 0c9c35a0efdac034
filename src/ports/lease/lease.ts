import type { Millis } from '#kernel/time'

export interface Lease {
  name: string
  owner: string
  token: number
  until: Millis
}

/**
 * Where one of many processes must be single (the loop, the scheduler).
 *
 * - `acquire` gives the lease when it is free or ran out, with a token greater than every earlier
 *   one, or `undefined` when somebody else holds it. Its own holder may acquire again.
 * - `renew` false means lost: stop at once.
 */
export interface Leases {
  acquire(name: string, owner: string, ttlMs: number): Promise<Lease | undefined>
  renew(lease: Lease, ttlMs: number): Promise<boolean>
  release(lease: Lease): Promise<void>
}
