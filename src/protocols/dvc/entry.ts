import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context, Log, Platform } from '#domains/access/index'
import { findRemote, openRemote, type Remote } from '#domains/data/index'
import { Visits } from './visits.ts'

export interface DvcOptions {
  platform: Platform
  log: Log
  /** Who asks. Throws `unauthenticated` for nobody. */
  contextOf(request: FastifyRequest): Context
}

/** A request at a remote: who asks, of which remote, and under which path of it. */
export interface Call {
  ctx: Context
  remote: Remote
  path: string
  request: FastifyRequest
  reply: FastifyReply
  /** Aborted when the caller goes away. */
  signal: AbortSignal
}

/** How long a remote is taken to belong to the project it was found in. */
const knownMs = 2000

/** Finds the remote of each request; a push asks tens of thousands of times. */
export class Entry {
  readonly visits: Visits
  readonly #options: DvcOptions
  readonly #remotes = new Map<string, { remote: Remote; until: number }>()
  readonly #opened = new Set<string>()

  constructor(options: DvcOptions) {
    this.#options = options
    this.visits = new Visits(options.platform, options.log)
  }

  async enter(request: FastifyRequest, reply: FastifyReply): Promise<Call> {
    const ctx = this.#options.contextOf(request)
    const { repo, '*': path = '' } = request.params as { repo: string; '*'?: string }
    const signal = goneSignal(reply)
    const remote = await this.#find(ctx, repo)
    this.visits.enter(ctx, remote, request)
    return { ctx: { ...ctx, signal }, remote, path, request, reply, signal }
  }

  /** As `enter`, for what changes the remote: it is there from then on. */
  async enterToChange(request: FastifyRequest, reply: FastifyReply): Promise<Call> {
    const call = await this.enter(request, reply)
    const { ctx, remote } = call
    if (!this.#opened.has(remote.repo)) {
      await openRemote(ctx, remote)
      this.#opened.add(remote.repo)
    }
    return call
  }

  async #find(ctx: Context, repo: string): Promise<Remote> {
    const now = ctx.clock()
    const known = this.#remotes.get(repo)
    if (known !== undefined && known.until > now) return known.remote
    const remote = await findRemote(ctx, repo)
    if (this.#remotes.size > 1000) this.#remotes.clear()
    this.#remotes.set(repo, { remote, until: now + knownMs })
    return remote
  }
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
