import { GyreError } from '#kernel/errors'
import type { RowBatch } from './prediction-input.ts'
import { isMirrored, type Lane, laneOf, type Route } from './route.ts'
import type { Scores } from './score.ts'

/** Rows of a request and who scores them; null: all rows. */
export interface Assigned {
  lane: Lane
  rows: Int32Array | null
}

/** Which rows go to which version. */
export function assign(
  route: Route,
  units: string | readonly string[],
  batch: RowBatch,
): Assigned[] {
  const undivided = route.canary === null || route.canaryBuckets === 0
  if (typeof units === 'string' || undivided) {
    return [{ lane: laneOf(route, typeof units === 'string' ? units : ''), rows: null }]
  }
  // A tensor of the champion's features means nothing to a canary with other features.
  if (batch.tensor !== null && !route.sameTensor && route.champion !== null) {
    return [{ lane: route.champion, rows: null }]
  }
  const byLane = new Map<Lane, number[]>()
  units.forEach((unit, row) => {
    const lane = laneOf(route, unit)
    const rows = byLane.get(lane)
    if (rows === undefined) byLane.set(lane, [row])
    else rows.push(row)
  })
  return [...byLane].map(([lane, rows]) => ({
    lane,
    rows: rows.length === units.length ? null : Int32Array.from(rows),
  }))
}

/** The rows that the shadow sees as well; null: none. */
export function mirroredRows(
  route: Route,
  units: string | readonly string[],
  count: number,
): Int32Array | null {
  if (route.shadow === null) return null
  if (typeof units === 'string') {
    return isMirrored(route, units) ? Int32Array.from({ length: count }, (_, row) => row) : null
  }
  const rows = Int32Array.from(units.keys()).filter((row) => isMirrored(route, units[row] ?? ''))
  return rows.length === 0 ? null : rows
}

/** Puts the parts of several versions together in the order of the rows. */
export function joinScores(
  assigned: readonly Assigned[],
  scores: readonly Scores[],
  count: number,
): { predictions: Float32Array; outputs: number; versions: Int32Array } {
  const outputs = scores[0]?.outputs ?? 1
  if (scores.some((part) => part.outputs !== outputs)) {
    throw new GyreError({
      code: 'unavailable',
      public: 'The versions that share the traffic give different numbers of outputs.',
    })
  }
  const predictions = new Float32Array(count * outputs)
  const versions = new Int32Array(count)
  assigned.forEach(({ lane, rows }, part) => {
    const values = scores[part]?.predictions ?? new Float32Array(0)
    for (let i = 0; i < values.length / outputs; i++) {
      const row = rows === null ? i : (rows[i] ?? 0)
      versions[row] = lane.slot.version
      for (let j = 0; j < outputs; j++) {
        predictions[row * outputs + j] = values[i * outputs + j] ?? Number.NaN
      }
    }
  })
  return { predictions, outputs, versions }
}
