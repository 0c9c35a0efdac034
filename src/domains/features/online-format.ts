import type { AggregatePlan, LatestPlan, ViewPlan } from './view-plan.ts'

/**
 * What the online store keeps of one entity, flat lists of numbers:
 * - `coarse`, `fine`: per tile its day, moment and measures;
 * - `latest`: per row its event time, moment and values.
 * Null stands where there is no value.
 */
export interface PackedTiles {
  coarse?: (number | null)[]
  fine?: (number | null)[]
  latest?: (number | null)[]
}

/** Numbers per tile or row. */
export function packedWidth(plan: ViewPlan): number {
  return 2 + (plan.kind === 'aggregate' ? plan.measures.length : plan.expressions.length)
}

/** The tiles of one entity, ordered by day and moment. */
export interface EntityTiles {
  day: Float64Array
  moment: Float64Array
  /** Row-major: the measures of each tile. */
  measures: Float64Array
}

/** The rows of one entity that can be the latest at some time, ordered by start. */
export interface EntityLatest {
  start: Float64Array
  event: Float64Array
  /** Row-major: the values of each row. */
  values: Float64Array
}

/** Decodes and merges the tiles of an entity from several segments. Nulls become NaN. */
export function decodeTiles(
  plan: AggregatePlan,
  segments: readonly (readonly (number | null)[])[],
): EntityTiles {
  const width = packedWidth(plan)
  const rows = rowsOf(segments, width).sort((a, b) => at(a, 0) - at(b, 0) || at(a, 1) - at(b, 1))
  const merged: (readonly (number | null)[])[] = []
  for (const row of rows) {
    const last = merged.at(-1)
    const same = last !== undefined && last[0] === row[0] && last[1] === row[1]
    if (same) merged[merged.length - 1] = mergeRows(plan, last, row)
    else merged.push(row)
  }
  const measures = new Float64Array(merged.length * plan.measures.length)
  merged.forEach((row, i) => {
    for (let m = 0; m < plan.measures.length; m++) {
      measures[i * plan.measures.length + m] = row[m + 2] ?? NaN
    }
  })
  return {
    day: Float64Array.from(merged, (row) => at(row, 0)),
    moment: Float64Array.from(merged, (row) => at(row, 1)),
    measures,
  }
}

/** The same tile of two files. */
function mergeRows(
  plan: AggregatePlan,
  a: readonly (number | null)[],
  b: readonly (number | null)[],
): (number | null)[] {
  const values = plan.measures.map(({ combine }, m) => {
    const [x, y] = [a[m + 2] ?? null, b[m + 2] ?? null]
    if (x === null || y === null) return x ?? y
    return combine === 'sum' ? x + y : combine === 'min' ? Math.min(x, y) : Math.max(x, y)
  })
  return [at(a, 0), at(a, 1), ...values]
}

/** Decodes the rows of latest values: the same choice as `createLatest` makes in SQL. */
export function decodeLatest(
  plan: LatestPlan,
  segments: readonly (readonly (number | null)[])[],
): EntityLatest {
  const width = packedWidth(plan)
  const start = (row: readonly (number | null)[]): number => Math.max(at(row, 0), at(row, 1))
  const rows = rowsOf(segments, width).sort(
    (a, b) =>
      start(a) - start(b) ||
      at(a, 0) - at(b, 0) ||
      at(a, 1) - at(b, 1) ||
      compareValues(a, b, width),
  )
  const kept: (readonly (number | null)[])[] = []
  let furthest = -Infinity
  for (const row of rows) {
    if (at(row, 0) < furthest) continue
    furthest = at(row, 0)
    const last = kept.at(-1)
    if (last !== undefined && start(last) === start(row)) kept.pop()
    kept.push(row)
  }
  const count = width - 2
  const values = new Float64Array(kept.length * count)
  kept.forEach((row, i) => {
    for (let v = 0; v < count; v++) values[i * count + v] = row[v + 2] ?? NaN
  })
  return {
    start: Float64Array.from(kept, start),
    event: Float64Array.from(kept, (row) => at(row, 0)),
    values,
  }
}

/** Of rows of one time the greatest values count; null is below every number. */
function compareValues(
  a: readonly (number | null)[],
  b: readonly (number | null)[],
  width: number,
): number {
  for (let i = 2; i < width; i++) {
    const [x, y] = [a[i] ?? -Infinity, b[i] ?? -Infinity]
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}

function at(row: readonly (number | null)[], i: number): number {
  return row[i] ?? 0
}

function rowsOf(
  segments: readonly (readonly (number | null)[])[],
  width: number,
): (readonly (number | null)[])[] {
  const rows: (readonly (number | null)[])[] = []
  for (const segment of segments) {
    for (let i = 0; i < segment.length; i += width) rows.push(segment.slice(i, i + width))
  }
  return rows
}

/** One text for all keys of an entity; different keys have different texts. */
export function entityKey(keys: readonly string[]): string {
  const [only] = keys
  if (keys.length === 1 && only !== undefined) return only
  return keys.map((key) => key.replaceAll('\\', '\\\\').replaceAll(',', '\\,')).join(',')
}

/** The same in SQL, of `k0…`. */
export function entityKeySql(count: number): string {
  if (count === 1) return 'k0'
  const escaped = Array.from(
    { length: count },
    (_, i) => `replace(replace(k${i}, '\\', '\\\\'), ',', '\\,')`,
  )
  return escaped.join(` || ',' || `)
}
