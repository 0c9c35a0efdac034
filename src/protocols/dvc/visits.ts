import type { FastifyRequest } from 'fastify'
import type { Context, Log, Platform } from '#domains/access/index'
import { recordVisits, type Remote, type RemoteVisit } from '#domains/data/index'

/** After so long without a request, the next one starts another visit. */
const silenceMs = 120_000
/** How often what was counted is written down. */
const writeEveryMs = 2000
/** Visits counted at a time; strangers must not fill the memory. */
const mostVisits = 1000

export interface Moved {
  asked?: number
  pushed?: { objects: number; sizeBytes: number }
  pulled?: { objects: number; sizeBytes: number }
  failure?: string
}

/**
 * Counts what each client does at each remote. A push asks tens of thousands of times, so that sums
 * are kept here and written every few seconds.
 */
export class Visits {
  readonly #platform: Platform
  readonly #log: Log
  readonly #visits = new Map<string, RemoteVisit>()
  readonly #changed = new Set<RemoteVisit>()
  readonly #ofRequest = new WeakMap<FastifyRequest, RemoteVisit>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(platform: Platform, log: Log) {
    this.#platform = platform
    this.#log = log
  }

  /** Says whose request it is; what it comes to is told with `note`. */
  enter(ctx: Context, { repo }: Remote, request: FastifyRequest): void {
    const client = clientOf(request)
    const who = ctx.principal.name
    const key = `${repo}\n${who}\n${client}`
    const now = ctx.clock()
    let visit = this.#visits.get(key)
    if (visit === undefined || visit.lastAt < now - silenceMs) {
      visit = newVisit({ id: ctx.newId(), repo, who, client, now })
      this.#forgetOldest()
      this.#visits.delete(key)
      this.#visits.set(key, visit)
    }
    visit.lastAt = now
    this.#ofRequest.set(request, visit)
  }

  /** Adds to the visit of a request; nothing when nobody entered with it. */
  note(request: FastifyRequest, { asked = 0, pushed, pulled, failure }: Moved): void {
    const visit = this.#ofRequest.get(request)
    if (visit === undefined) return
    visit.asked += asked
    add(visit.pushed, pushed)
    add(visit.pulled, pulled)
    if (failure !== undefined) {
      visit.failures++
      visit.lastFailure = failure.slice(0, 1000)
    }
    this.#changed.add(visit)
    this.#timer ??= setTimeout(() => void this.#write(), writeEveryMs).unref()
  }

  /** Writes what is left. */
  async close(): Promise<void> {
    await this.#write()
  }

  #forgetOldest(): void {
    const [oldest] = this.#visits.keys()
    if (this.#visits.size >= mostVisits && oldest !== undefined) this.#visits.delete(oldest)
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const visits = [...this.#changed]
    this.#changed.clear()
    if (visits.length === 0) return this.#writing
    this.#writing = this.#writing.then(async () => {
      try {
        await recordVisits(this.#platform, visits)
      } catch (thrown) {
        this.#log.error({ internal: String(thrown) }, 'Visits of a remote could not be kept.')
      }
    })
    return this.#writing
  }
}

/** Address and program of who asks. */
export function clientOf(request: FastifyRequest): string {
  return `${request.ip} ${request.headers['user-agent'] ?? ''}`.trim().slice(0, 200)
}

function newVisit(of: { id: string; repo: string; who: string; client: string; now: number }) {
  const { now, ...names } = of
  const nothing = () => ({ objects: 0, sizeBytes: 0 })
  return {
    ...names,
    firstAt: now,
    lastAt: now,
    asked: 0,
    pushed: nothing(),
    pulled: nothing(),
    failures: 0,
    lastFailure: null,
  } satisfies RemoteVisit as RemoteVisit
}

function add(sum: RemoteVisit['pushed'], more: Moved['pushed']): void {
  if (more === undefined) return
  sum.objects += more.objects
  sum.sizeBytes += more.sizeBytes
}
