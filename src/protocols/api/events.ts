import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalid, notFound } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { allows, authorizeWhole, everyProject, maySeeAll, type Principal } from '#kernel/principals'
import { hasProject, type Platform } from '#domains/access/index'
import { journalHead, readRecordsAfter } from '#domains/journal/index'
import type { Door } from './door.ts'
import { apiRoot } from './mount.ts'
import { recordView } from './routes/journal.ts'

export interface EventsOptions {
  platform: Platform
  door: Door
  /** Aborts when the server drains: every stream ends, and its reader comes again. */
  draining: AbortSignal
}

const heartbeatMs = 15_000
/** How long records of other processes may go unnoticed. */
const pollMs = 1000
const pageSize = 500
/** Pulses of things whose names are random ids: they tell nothing to who may not see the thing. */
const namelessTopic = /^(run|execution|rollout|job):/

/** Mounts the stream of live events. */
export function mountEvents(app: FastifyInstance, options: EventsOptions): void {
  const { platform, door } = options
  app.get(`${apiRoot}/events`, async (request, reply) => {
    const { project, after } = readRequest(request)
    const ctx =
      project === undefined ? door.contextOf(request) : door.enter(request, 'viewer', project)
    if (project !== undefined) authorizeWhole(ctx, 'viewer', project)
    if (project !== undefined && project !== everyProject && !(await hasProject(ctx, project))) {
      throw notFound('project', project)
    }
    const start = after ?? (await journalHead(platform))
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const stream = new EventStream(options, raw, ctx.principal, project, start)
    await stream.run()
  })
}

function readRequest({ query, headers }: FastifyRequest): {
  project: string | undefined
  after: number | undefined
} {
  const { project, after } = query as Record<string, unknown>
  const resumed = headers['last-event-id'] ?? after
  if (resumed !== undefined && (typeof resumed !== 'string' || !/^\d{1,15}$/.test(resumed))) {
    throw invalid('after: write the number of a record.')
  }
  if (project !== undefined && typeof project !== 'string') throw invalid('project: give one.')
  return {
    project:
      project === undefined || project === everyProject ? project : checkName('project', project),
    after: resumed === undefined ? undefined : Number(resumed),
  }
}

/** One reader's stream: records by a cursor, so that a slow reader holds up nothing but itself. */
class EventStream {
  readonly #options: EventsOptions
  readonly #response: ServerResponse
  readonly #principal: Principal
  readonly #project: string | undefined
  readonly #pulses = new Set<string>()
  #cursor: number
  #ended = false
  #ring: (() => void) | undefined
  #rung = true

  constructor(
    options: EventsOptions,
    response: ServerResponse,
    principal: Principal,
    project: string | undefined,
    start: number,
  ) {
    this.#options = options
    this.#response = response
    this.#principal = principal
    this.#project = project
    this.#cursor = start
  }

  async run(): Promise<void> {
    const { platform, draining } = this.#options
    const end = (): void => {
      this.#ended = true
      this.#wake()
    }
    const stops = [
      platform.onRecords(() => this.#wake()),
      platform.onPulse((topic) => this.#hear(topic)),
    ]
    this.#response.once('close', end)
    draining.addEventListener('abort', end)
    try {
      await this.#write(`retry: 1000\nid: ${this.#cursor}\n\n`)
      await this.#follow()
    } catch (thrown) {
      platform.log.error({ internal: String(thrown) }, 'A stream of events broke.')
    } finally {
      for (const stop of stops) stop()
      draining.removeEventListener('abort', end)
      this.#response.end()
    }
  }

  async #follow(): Promise<void> {
    let beat = Date.now()
    while (!this.#ended && !this.#options.draining.aborted) {
      await this.#sendRecords()
      await this.#sendPulses()
      if (Date.now() - beat >= heartbeatMs) {
        await this.#write(': alive\n\n')
        beat = Date.now()
      }
      await this.#wait()
    }
  }

  async #sendRecords(): Promise<void> {
    for (;;) {
      const records = await readRecordsAfter(this.#options.platform, this.#cursor, pageSize)
      for (const record of records) {
        this.#cursor = record.seq
        if (!this.#mayHave(record.project)) continue
        const data = JSON.stringify(recordView(record))
        await this.#write(`event: record\nid: ${record.seq}\ndata: ${data}\n\n`)
      }
      if (records.length < pageSize || this.#ended) return
    }
  }

  #mayHave(project: string): boolean {
    if (this.#project !== undefined) return project === this.#project
    return maySeeAll(this.#principal, project)
  }

  async #sendPulses(): Promise<void> {
    const topics = [...this.#pulses]
    this.#pulses.clear()
    for (const topic of topics) {
      await this.#write(`event: pulse\ndata: ${JSON.stringify({ topic })}\n\n`)
    }
  }

  #hear(topic: string): void {
    if (!namelessTopic.test(topic) && !allows(this.#principal, 'viewer', everyProject)) return
    this.#pulses.add(topic)
    this.#wake()
  }

  /** Waits where the reader is slower than the records. */
  async #write(text: string): Promise<void> {
    if (this.#ended || this.#response.write(text)) return
    await new Promise<void>((resolve) => {
      this.#response.once('drain', resolve)
      this.#response.once('close', resolve)
    })
  }

  #wake(): void {
    this.#rung = true
    this.#ring?.()
  }

  async #wait(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs)
        this.#ring = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    this.#ring = undefined
    this.#rung = false
  }
}
