import { asGyreError, notFound } from '#kernel/errors'
import { PairMap } from '#kernel/pair-map'
import { authorize, type Context, type Platform } from '#domains/access/index'
import type { VariantRole } from './endpoint.ts'
import type { FeatureSource } from './feature-source.ts'
import type { InputShape, RowBatch } from './prediction-input.ts'
import { PredictionLog, type Segment } from './prediction-log.ts'
import { type Prepared, type PredictRequest, prepareRequest } from './prepare-request.ts'
import type { Lane, Route } from './route.ts'
import { scorePart, type Scores } from './score.ts'
import { type Assigned, joinScores } from './split-rows.ts'
import { TrafficMeter } from './traffic.ts'
import { writeSegment } from './write-log.ts'

export interface ServingOptions {
  /** Milliseconds from any start, finer than the clock. */
  now(): number
  features?: FeatureSource | undefined
  /** Most bytes of predictions that wait to be written; default 64 MiB. */
  logBytes?: number | undefined
}

/** Scored rows, before a protocol gives them their shape. */
export interface Scored {
  requestId: string
  ids: readonly string[]
  /** Row-major: `outputs` values per row. */
  predictions: Float32Array
  outputs: number
  /** Who scored: all rows one, or each row its own. */
  lane: { version: number; role: VariantRole } | null
  versions: Int32Array | null
  /** Feature names and the model's tensor, of the first lane. */
  shape: InputShape
}

const defaultLogBytes = 64 * 1024 * 1024

/** Answers predictions by a table of routes that is replaced as a whole, and logs them. */
export class Serving {
  readonly traffic: TrafficMeter
  readonly #platform: Platform
  readonly #options: ServingOptions
  readonly #sources: Parameters<typeof prepareRequest>[0]
  readonly #log: PredictionLog
  readonly #routes = new PairMap<Route>()
  #writing: Promise<void> = Promise.resolve()
  #shadowing = 0
  #dropped = 0

  constructor(platform: Platform, options: ServingOptions) {
    this.#platform = platform
    this.#options = options
    const { now } = options
    this.#sources = { now, newId: platform.newId, clock: platform.clock }
    this.#log = new PredictionLog(options.logBytes ?? defaultLogBytes)
    this.traffic = new TrafficMeter(() => platform.clock())
  }

  get features(): FeatureSource | undefined {
    return this.#options.features
  }

  /** Replaces how an endpoint is served, between two requests. */
  setRoute(route: Route): void {
    this.#routes.set(route.project, route.endpoint, route)
  }

  removeRoute(project: string, endpoint: string): void {
    this.#routes.delete(project, endpoint)
  }

  routes(): Route[] {
    return [...this.#routes.values()]
  }

  /** How an endpoint is served here. Errors: `not_found`. */
  routeOf(project: string, endpoint: string): Route {
    const route = this.#routes.get(project, endpoint)
    if (route !== undefined) return route
    throw notFound(
      'endpoint',
      endpoint,
      `See those of project ${project} with: gyre endpoints list`,
    )
  }

  /**
   * Scores rows by the versions that their units are assigned to, and logs them. Errors: `invalid`
   * names the row and the column, `not_found`, `unavailable` before a release, `overloaded`.
   */
  async score(ctx: Context, request: PredictRequest): Promise<Scored> {
    return this.scoreSoon(ctx, request)
  }

  /** As `score`, but throws and answers at once where nothing has to be waited for. */
  scoreSoon(ctx: Context, request: PredictRequest): Scored | Promise<Scored> {
    authorize(ctx, 'viewer', request.project)
    const route = this.routeOf(request.project, request.endpoint)
    const log = request.log !== false
    let prepared: Prepared | undefined
    try {
      prepared = prepareRequest(this.#sources, route, request)
      const scores = this.#scores(prepared)
      if (!(scores instanceof Promise)) return this.#finish(route, prepared, scores, log)
      return this.#finishLater(route, prepared, scores, log)
    } catch (thrown) {
      if (log) this.#failed(route, prepared, thrown)
      throw thrown
    }
  }

  /** Bytes of predictions that wait to be written. */
  get logBytes(): number {
    return this.#log.bytes
  }

  /** Predictions that were not logged since the start. */
  get logDropped(): number {
    return this.#dropped
  }

  /** Rows of the log that wait to be written make a file soon; true when there are many. */
  get logPressing(): boolean {
    return this.#log.sealed > 0
  }

  /**
   * Writes what is logged, of one endpoint or of all, and returns when that is in files. What cannot
   * be written waits for the next time.
   */
  async flush(project?: string, endpoint?: string): Promise<void> {
    const written = this.#writing.then(async () => {
      for (const segment of this.#log.take(project, endpoint)) await this.#write(segment)
    })
    this.#writing = written.catch(() => undefined)
    await written
  }

  /** What each part of the rows gives, in the order of the parts. */
  #scores({ assigned, batch, timestamps }: Prepared): Scores[] | Promise<Scores[]> {
    const scores = assigned.map(({ lane, rows }) =>
      scorePart(this.features, { slot: lane.slot, batch, timestamps, rows }),
    )
    const ready = scores.filter((part): part is Scores => !(part instanceof Promise))
    return ready.length === scores.length ? ready : Promise.all(scores.map(async (part) => part))
  }

  async #finishLater(
    route: Route,
    prepared: Prepared,
    scores: Promise<Scores[]>,
    log: boolean,
  ): Promise<Scored> {
    try {
      return this.#finish(route, prepared, await scores, log)
    } catch (thrown) {
      if (log) this.#failed(route, prepared, thrown)
      throw thrown
    }
  }

  #failed({ project, endpoint }: Route, prepared: Prepared | undefined, thrown: unknown): void {
    const lanes = prepared?.assigned.map(({ lane }) => described(lane)) ?? []
    this.traffic.failed(project, endpoint, thrown, lanes)
  }

  #finish(route: Route, prepared: Prepared, scores: readonly Scores[], log: boolean): Scored {
    const { assigned, ids, requestId, shape } = prepared
    const latencyMs = this.#options.now() - prepared.started
    if (log) {
      assigned.forEach(({ lane, rows }, i) => {
        const part = scores[i]
        if (part !== undefined) this.#logPart(route, prepared, { lane, rows }, part, latencyMs)
      })
      this.traffic.answered(route.project, route.endpoint, latencyMs)
      if (prepared.mirrored !== null) void this.#mirror(route, prepared, prepared.mirrored)
    }
    const [only] = assigned
    const [first] = scores
    if (assigned.length === 1 && only !== undefined && first !== undefined) {
      const { predictions, outputs } = first
      return {
        requestId,
        ids,
        predictions,
        outputs,
        lane: described(only.lane),
        versions: null,
        shape,
      }
    }
    return { requestId, ids, shape, lane: null, ...joinScores(assigned, scores, ids.length) }
  }

  #logPart(
    route: Route,
    prepared: Prepared,
    { lane, rows }: Assigned,
    scores: Scores,
    latencyMs: number,
  ): void {
    const { project, endpoint } = route
    const count = scores.predictions.length / scores.outputs
    const kept = this.#log.add({
      project,
      endpoint,
      version: lane.slot.version,
      role: lane.role,
      stage: lane.stage,
      requestId: prepared.requestId,
      receivedAt: prepared.receivedAt,
      latencyMs,
      features: lane.slot.features,
      seen: scores.seen,
      predictions: scores.predictions,
      outputs: scores.outputs,
      ids: prepared.ids,
      timestamps: prepared.timestamps,
      keys: keysOf(prepared),
      rows,
    })
    if (!kept) {
      this.#dropped += count
      this.traffic.dropped(project, endpoint, count)
    }
    this.traffic.scored(project, endpoint, {
      ...described(lane),
      rows: count,
      missing: scores.missing,
      latencyMs,
    })
  }

  /** Has the shadow score the same rows after the answer was made; nobody waits for it. */
  async #mirror(route: Route, prepared: Prepared, mirrored: Int32Array): Promise<void> {
    const lane = route.shadow
    if (lane === null || this.#shadowing >= 16) return
    this.#shadowing++
    const started = this.#options.now()
    const rows = mirrored.length === prepared.batch.count ? null : mirrored
    try {
      const { batch, timestamps } = prepared
      const scores = await scorePart(this.features, { slot: lane.slot, batch, timestamps, rows })
      this.#logPart(route, prepared, { lane, rows }, scores, this.#options.now() - started)
    } catch (thrown) {
      const { public: text, internal } = asGyreError(thrown)
      this.#platform.log.warn({ endpoint: route.endpoint, internal }, `The shadow failed: ${text}`)
    } finally {
      this.#shadowing--
    }
  }

  async #write(segment: Segment): Promise<void> {
    try {
      await writeSegment(this.#platform, segment)
      this.#log.written(segment)
    } catch (thrown) {
      this.#log.giveBack(segment)
      throw thrown
    }
  }
}

function described(lane: Lane): { version: number; role: VariantRole } {
  return { version: lane.slot.version, role: lane.role }
}

const noKeys: RowBatch['columns'] & object = {}

function keysOf({ shape, batch }: Prepared): RowBatch['columns'] & object {
  const { columns } = batch
  if (columns === null) return noKeys
  const keys = shape.input.filter(({ kind, name }) => kind === 'key' && name in columns)
  return Object.fromEntries(keys.map(({ name }) => [name, columns[name] ?? []]))
}
