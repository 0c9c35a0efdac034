import { PairMap } from '#kernel/pair-map'
import type { VariantRole } from './endpoint.ts'
import type { SeenFeatures } from './score.ts'

/** What is written down of the rows that one version scored in one request. */
export interface LoggedRows {
  project: string
  endpoint: string
  version: number
  role: VariantRole
  stage: string | null
  requestId: string
  receivedAt: number
  latencyMs: number
  features: readonly string[]
  /** Of the rows of this part only. */
  seen: SeenFeatures
  /** The first output of each row. */
  predictions: Float32Array
  outputs: number
  /** Of the whole request; `rows` says which of them these are. */
  ids: readonly string[]
  timestamps: Float64Array
  keys: Readonly<Record<string, ArrayLike<string | number | boolean | null>>>
  rows: Int32Array | null
}

const firstCapacity = 256
/** A file of so many rows is worth writing. */
const rowsPerSegment = 65_536
/** Estimate of what a row takes besides its features and its id. */
const bytesPerRow = 120

/** Rows of one endpoint and version by columns, on their way to a file. */
export class Segment {
  readonly project: string
  readonly endpoint: string
  readonly version: number
  readonly features: readonly string[]
  readonly keyNames: readonly string[]
  count = 0
  bytes = 0
  ids: string[] = []
  requestIds: string[] = []
  stages: (string | null)[] = []
  roles: string[] = []
  keys: (string | null)[][]
  at = new Float64Array(firstCapacity)
  receivedAt = new Float64Array(firstCapacity)
  latencyMs = new Float64Array(firstCapacity)
  predictions = new Float64Array(firstCapacity)
  values: Float64Array[]

  constructor(rows: LoggedRows) {
    this.project = rows.project
    this.endpoint = rows.endpoint
    this.version = rows.version
    this.features = rows.features
    this.keyNames = Object.keys(rows.keys)
    this.keys = this.keyNames.map(() => [])
    this.values = rows.features.map(() => new Float64Array(firstCapacity))
  }

  get full(): boolean {
    return this.count >= rowsPerSegment
  }

  /** Whether rows fit: a request by feature values has no keys, and others have. */
  takes(rows: LoggedRows): boolean {
    return (
      this.version === rows.version &&
      this.features.length === rows.features.length &&
      this.keyNames.length === Object.keys(rows.keys).length
    )
  }

  add(rows: LoggedRows, bytes: number): void {
    const count = rows.predictions.length / rows.outputs
    this.#reserve(this.count + count)
    const start = this.count
    this.#addFeatures(rows.seen, start, count)
    for (let i = 0; i < count; i++) {
      const row = rows.rows === null ? i : (rows.rows[i] ?? 0)
      this.ids.push(rows.ids[row] ?? '')
      this.requestIds.push(rows.requestId)
      this.stages.push(rows.stage)
      this.roles.push(rows.role)
      this.at[start + i] = rows.timestamps[row] ?? 0
      this.predictions[start + i] = rows.predictions[i * rows.outputs] ?? Number.NaN
    }
    this.keyNames.forEach((name, k) => {
      const values = rows.keys[name]
      const column = this.keys[k]
      for (let i = 0; i < count; i++) {
        const value = values?.[rows.rows === null ? i : (rows.rows[i] ?? 0)]
        column?.push(value === null || value === undefined ? null : String(value))
      }
    })
    this.receivedAt.fill(rows.receivedAt, start, start + count)
    this.latencyMs.fill(rows.latencyMs, start, start + count)
    this.count += count
    this.bytes += bytes
  }

  #addFeatures({ columns, tensor }: SeenFeatures, start: number, count: number): void {
    const width = this.values.length
    this.values.forEach((column, i) => {
      if (tensor === null) return column.set(columns[i] ?? [], start)
      for (let row = 0; row < count; row++) column[start + row] = tensor[row * width + i] ?? 0
    })
  }

  #reserve(count: number): void {
    if (count <= this.at.length) return
    const capacity = Math.max(count, this.at.length * 2)
    const grown = (column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(capacity)
      larger.set(column)
      return larger
    }
    this.at = grown(this.at)
    this.receivedAt = grown(this.receivedAt)
    this.latencyMs = grown(this.latencyMs)
    this.predictions = grown(this.predictions)
    this.values = this.values.map((column) => grown(column as Float64Array<ArrayBuffer>))
  }
}

/**
 * Predictions between the request and the file, off the request's path: at most `maxBytes` wait;
 * what comes when it is full is dropped and counted, and requests never wait.
 */
export class PredictionLog {
  readonly #maxBytes: number
  readonly #open = new PairMap<Segment[]>()
  #sealed: Segment[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes that wait, those being written included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Segments that are worth writing now. */
  get sealed(): number {
    return this.#sealed.length
  }

  /** Takes the rows, or gives false and drops them all. */
  add(rows: LoggedRows): boolean {
    const count = rows.predictions.length / rows.outputs
    const texts = rows.requestId.length + (rows.ids[0]?.length ?? 0)
    const bytes = count * (bytesPerRow + texts + 8 * rows.features.length)
    if (this.#bytes + bytes > this.#maxBytes) return false
    this.#bytes += bytes
    const segments = this.#open.get(rows.project, rows.endpoint) ?? []
    if (segments.length === 0) this.#open.set(rows.project, rows.endpoint, segments)
    let segment = segments.find((candidate) => candidate.takes(rows))
    if (segment === undefined) {
      segment = new Segment(rows)
      segments.push(segment)
    }
    segment.add(rows, bytes)
    if (segment.full) {
      segments.splice(segments.indexOf(segment), 1)
      this.#sealed.push(segment)
    }
    return true
  }

  /** Takes out what waits, of one endpoint or of all; give each back or mark it written. */
  take(project?: string, endpoint?: string): Segment[] {
    const wanted = (segment: Segment): boolean =>
      project === undefined || (segment.project === project && segment.endpoint === endpoint)
    const taken = this.#sealed.filter(wanted)
    this.#sealed = this.#sealed.filter((segment) => !wanted(segment))
    for (const segments of this.#open.values()) {
      const [first] = segments
      if (first === undefined || !wanted(first)) continue
      taken.push(...segments)
      this.#open.delete(first.project, first.endpoint)
    }
    return taken
  }

  /** A segment that could not be written: it waits for the next time. */
  giveBack(segment: Segment): void {
    this.#sealed.push(segment)
  }

  written(segment: Segment): void {
    this.#bytes -= segment.bytes
  }
}
