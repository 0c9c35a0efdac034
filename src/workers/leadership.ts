import { asGyreError } from '#kernel/errors'
import type { Lease } from '#ports/lease/lease'
import type { Platform } from '#domains/access/index'
import { pause } from './wake-up.ts'

export interface LeadershipOptions {
  /** What must be done by one process at a time. */
  name: string
  owner: string
  /** How long the others wait when the leader vanished. */
  ttlMs?: number
}

const defaultTtlMs = 10_000

/**
 * Does `work` while this process is the leader of `name`, again and again, until `signal` aborts.
 * The work's signal aborts when leadership is lost; it must then stop at once.
 */
export async function lead(
  platform: Platform,
  options: LeadershipOptions,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const ttlMs = options.ttlMs ?? defaultTtlMs
  while (!signal.aborted) {
    const lease = await acquire(platform, options, ttlMs)
    if (lease === undefined) await pause(ttlMs / 4, signal)
    else await hold(platform, lease, ttlMs, work, signal)
  }
}

async function acquire(
  { leases, log }: Platform,
  { name, owner }: LeadershipOptions,
  ttlMs: number,
): Promise<Lease | undefined> {
  try {
    return await leases.acquire(name, owner, ttlMs)
  } catch (thrown) {
    log.error(
      { lease: name, internal: asGyreError(thrown).internal },
      'A lease cannot be asked for.',
    )
    return undefined
  }
}

async function hold(
  { leases, log }: Platform,
  lease: Lease,
  ttlMs: number,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const lost = new AbortController()
  const renew = async (): Promise<void> => {
    if (!(await leases.renew(lease, ttlMs))) lost.abort()
  }
  const beat = setInterval(() => void renew().catch(() => lost.abort()), ttlMs / 4)
  const inner = AbortSignal.any([signal, lost.signal])
  try {
    await work(inner)
  } catch (thrown) {
    const { public: text, internal } = asGyreError(thrown)
    log.error({ lease: lease.name, internal }, text)
    await pause(1000, inner)
  } finally {
    clearInterval(beat)
    if (!lost.signal.aborted) await leases.release(lease)
  }
}
