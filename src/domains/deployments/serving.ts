import { asGyreError, notFound } from '#kernel/errors'
import { authorize, type Context, type Platform } from '#domains/access/index'
import type { VariantRole } from './endpoint.ts'
import type { FeatureSource } from './feature-source.ts'
import {
  type InputShape,
  type PredictInput,
  readIds,
  readRows,
  readTimes,
  readUnits,
  type RowBatch,
} from './prediction-input.ts'
import { PredictionLog, type Segment } from './prediction-log.ts'
import { type Lane, laneOf, pinnedLane, type Route } from './route.ts'
import { scorePart, type Scores } from './score.ts'
import { assign, type Assigned, joinScores, mirroredRows } from './split-rows.ts'
import { TrafficMeter } from './traffic.ts'
import { writeSegment } from './write-log.ts'

export interface ServingOptions {
  /** Milliseconds from any start, finer than the clock. */
  now(): number
  features?: FeatureSource | undefined
  /** Most bytes of predictions that wait to be written; default 64 MiB. */
  logBytes?: number | undefined
}

export interface PredictRequest extends PredictInput {
  project: string
  endpoint: string
  /** Asks one loaded version, past the split of the traffic. */
  version?: number | undefined
  log?: boolean | undefined
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

interface Prepared {
  batch: RowBatch
  shape: InputShape
  ids: readonly string[]
  timestamps: Float64Array
  assigned: Assigned[]
  mirrored: Int32Array | null
  requestId: string
  receivedAt: number
  started: number
}

const defaultLogBytes = 64 * 1024 * 1024

/** Answers predictions by a table of routes that is replaced as a whole, and logs them. */
export class Serving {
  readonly traffic: TrafficMeter
  readonly #platform: Platform
  readonly #options: ServingOptions
  readonly #log: PredictionLog
  readonly #routes = new Map<string, Route>()
  #writing: Promise<void> = Promise.resolve()
  #shadowing = 0
  #dropped = 0

  constructor(platform: Platform, options: ServingOptions) {
    this.#platform = platform
    this.#options = options
    this.#log = new PredictionLog(options.logBytes ?? defaultLogBytes)
    this.traffic = new TrafficMeter(() => platform.clock())
  }

  get features(): FeatureSource | undefined {
    return this.#options.features
  }

  /** Replaces how an endpoint is served, between two requests. */
  setRoute(route: Route): void {
    this.#routes.set(routeKey(route.project, route.endpoint), route)
  }

  removeRoute(project: string, endpoint: string): void {
    this.#routes.delete(routeKey(project, endpoint))
  }

  routes(): Route[] {
    return [...this.#routes.values()]
  }

  /** How an endpoint is served here. Errors: `not_found`. */
  routeOf(project: string, endpoint: string): Route {
    const route = this.#routes.get(routeKey(project, endpoint))
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
    authorize(ctx, 'viewer', request.project)
    const { project, endpoint } = request
    const route = this.routeOf(project, endpoint)
    let prepared: Prepared | undefined
    try {
      prepared = this.#prepare(route, request)
      const { assigned, batch, timestamps } = prepared
      const scores = await Promise.all(
        assigned.map(({ lane, rows }) =>
          scorePart(this.features, { slot: lane.slot, batch, timestamps, rows }),
        ),
      )
      return this.#finish(route, prepared, scores, request.log !== false)
    } catch (thrown) {
      const lanes = prepared?.assigned.map(({ lane }) => described(lane)) ?? []
      if (request.log !== false) this.traffic.failed(project, endpoint, thrown, lanes)
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

  #prepare(route: Route, request: PredictRequest): Prepared {
    const started = this.#options.now()
    const pinned = request.version === undefined ? null : pinnedLane(route, request.version)
    const shape = pinned?.slot ?? route.shape ?? laneOf(route, '').slot
    const requestId = this.#platform.newId()
    const receivedAt = this.#platform.clock()
    const batch = readRows(shape, request)
    const ids = readIds(request.ids, requestId, batch.count)
    const units = readUnits(request, ids)
    return {
      batch,
      shape,
      ids,
      requestId,
      receivedAt,
      started,
      timestamps: readTimes(shape, batch, request.at, receivedAt),
      assigned: pinned === null ? assign(route, units, batch) : [{ lane: pinned, rows: null }],
      mirrored: pinned === null ? mirroredRows(route, units, batch.count) : null,
    }
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
      values: scores.features,
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

function routeKey(project: string, endpoint: string): string {
  return `${project}/${endpoint}`
}

function described(lane: Lane): { version: number; role: VariantRole } {
  return { version: lane.slot.version, role: lane.role }
}

function keysOf({ shape, batch }: Prepared): RowBatch['columns'] & object {
  const columns = batch.columns ?? {}
  const keys = shape.input.filter(({ kind, name }) => kind === 'key' && name in columns)
  return Object.fromEntries(keys.map(({ name }) => [name, columns[name] ?? []]))
}
