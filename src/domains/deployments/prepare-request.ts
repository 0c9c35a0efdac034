import {
  type InputShape,
  type PredictInput,
  readIds,
  readRows,
  readTimes,
  readUnits,
  type RowBatch,
} from './prediction-input.ts'
import { laneOf, pinnedLane, type Route } from './route.ts'
import { assign, type Assigned, mirroredRows } from './split-rows.ts'

export interface PredictRequest extends PredictInput {
  project: string
  endpoint: string
  /** Asks one loaded version, past the split of the traffic. */
  version?: number | undefined
  log?: boolean | undefined
  /** The caller's id of the request, for the log; default a new one. */
  requestId?: string | undefined
}

/** A request whose rows are read and assigned to versions. */
export interface Prepared {
  batch: RowBatch
  shape: InputShape
  ids: readonly string[]
  timestamps: Float64Array
  assigned: Assigned[]
  mirrored: Int32Array | null
  requestId: string
  receivedAt: number
  /** By `now`. */
  started: number
}

/** Reads the rows of a request and finds who scores them. Errors: as `Serving.score` has them. */
export function prepareRequest(
  sources: { now(): number; newId(): string; clock(): number },
  route: Route,
  request: PredictRequest,
): Prepared {
  const started = sources.now()
  const pinned = request.version === undefined ? null : pinnedLane(route, request.version)
  const shape = pinned?.slot ?? route.shape ?? laneOf(route, '').slot
  const requestId = request.requestId ?? sources.newId()
  const receivedAt = sources.clock()
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
