import { createReadStream } from 'node:fs'
import type { Client } from '#client/client'
import { asGyreError } from '#kernel/errors'
import type { RunSurroundings } from './surroundings.ts'

export interface TrackedRun {
  /** undefined: nobody tracks it. */
  readonly id: string | undefined
  metric(key: string, value: number, step: number, at?: number): void
  upload(path: string, file: string): Promise<void>
  link(links: { inputs?: string[]; outputs?: string[] }): Promise<void>
  finish(status: 'finished' | 'failed' | 'killed', reason?: string): Promise<void>
}

export interface NewTrackedRun {
  server: { client: Client; project: string } | undefined
  experiment: string
  name?: string | undefined
  parameters: Record<string, string>
  tags: Record<string, string>
  surroundings: RunSurroundings
  inputs: readonly string[]
  /** Told once when the server stops taking what is logged. */
  note(text: string): void
}

const untracked: TrackedRun = {
  id: undefined,
  metric: () => {},
  upload: async () => {},
  link: async () => {},
  finish: async () => {},
}

const flushMs = 200

/**
 * Starts a run on the server, if one answers; work goes on either way. Metrics are sent in batches
 * while it works, each with its own time, so that sending one again is harmless.
 */
export async function trackRun(request: NewTrackedRun): Promise<TrackedRun> {
  if (request.server === undefined) return untracked
  const { client, project } = request.server
  try {
    const run = await client.runs.createRun({
      params: { project },
      body: {
        experiment: request.experiment,
        parameters: request.parameters,
        tags: request.tags,
        environment: { ...request.surroundings },
        inputs: [...request.inputs],
        ...(request.name === undefined ? {} : { name: request.name }),
      },
      signal: AbortSignal.timeout(5000),
    })
    return new ServerRun(client, project, run.id, request.note)
  } catch (thrown) {
    request.note(`This run is not tracked: ${asGyreError(thrown).public}`)
    return untracked
  }
}

interface Point {
  key: string
  value: number | 'NaN' | 'Infinity' | '-Infinity'
  step: number
  timestamp: number
}

class ServerRun implements TrackedRun {
  readonly id: string
  readonly #client: Client
  readonly #params: { project: string; run: string }
  readonly #note: (text: string) => void
  #points: Point[] = []
  #timer: NodeJS.Timeout | undefined
  #chain: Promise<void> = Promise.resolve()
  #failed = false

  constructor(client: Client, project: string, id: string, note: (text: string) => void) {
    this.id = id
    this.#client = client
    this.#params = { project, run: id }
    this.#note = note
  }

  metric(key: string, value: number, step: number, at: number = Date.now()): void {
    const safe = Number.isFinite(value) ? value : (String(value) as Point['value'])
    this.#points.push({ key, value: safe, step, timestamp: at })
    this.#timer ??= setTimeout(() => this.#flush(), flushMs)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const metrics = this.#points
    this.#points = []
    if (metrics.length === 0) return
    this.#enqueue(() => this.#client.runs.logToRun({ params: this.#params, body: { metrics } }))
  }

  async upload(path: string, file: string): Promise<void> {
    this.#enqueue(() =>
      this.#client.runs.uploadArtifact({
        params: this.#params,
        query: { path },
        body: createReadStream(file),
      }),
    )
    await this.#chain
  }

  async link(links: { inputs?: string[]; outputs?: string[] }): Promise<void> {
    this.#enqueue(() => this.#client.runs.linkToRun({ params: this.#params, body: links }))
    await this.#chain
  }

  async finish(status: 'finished' | 'failed' | 'killed', reason?: string): Promise<void> {
    this.#flush()
    const body = { status, ...(reason === undefined ? {} : { reason }) }
    this.#enqueue(() => this.#client.runs.finishRun({ params: this.#params, body }))
    await this.#chain
  }

  #enqueue(send: () => Promise<unknown>): void {
    this.#chain = this.#chain.then(async () => {
      try {
        await send()
      } catch (thrown) {
        if (!this.#failed) this.#note(`Run ${this.id}: ${asGyreError(thrown).public}`)
        this.#failed = true
      }
    })
  }
}
