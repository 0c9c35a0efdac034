/** A point of a metric: any double, NaN and infinities included. Step and time are whole numbers. */
export interface Point {
  step: number
  /** Milliseconds since 1970. */
  timestamp: number
  value: number
}

/** Points by column, all of one length: a million of them are three arrays, not a million objects. */
export interface PointColumns {
  readonly steps: Float64Array
  readonly timestamps: Float64Array
  readonly values: Float64Array
}

export const noPoints: PointColumns = columnsOf(0)

/** Columns of `count` zeros, to be filled. */
export function columnsOf(count: number): PointColumns {
  return {
    steps: new Float64Array(count),
    timestamps: new Float64Array(count),
    values: new Float64Array(count),
  }
}

export function columnsFrom(points: readonly Point[]): PointColumns {
  const columns = columnsOf(points.length)
  points.forEach((point, i) => {
    columns.steps[i] = point.step
    columns.timestamps[i] = point.timestamp
    columns.values[i] = point.value
  })
  return columns
}

export function pointAt(columns: PointColumns, index: number): Point {
  return {
    step: columns.steps[index] as number,
    timestamp: columns.timestamps[index] as number,
    value: columns.values[index] as number,
  }
}

/** The rows from `start` to before `end`, without copying. */
export function slicePoints(columns: PointColumns, start: number, end: number): PointColumns {
  return {
    steps: columns.steps.subarray(start, end),
    timestamps: columns.timestamps.subarray(start, end),
    values: columns.values.subarray(start, end),
  }
}

export function concatPoints(parts: readonly PointColumns[]): PointColumns {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const all = columnsOf(parts.reduce((sum, part) => sum + part.steps.length, 0))
  let at = 0
  for (const part of parts) {
    all.steps.set(part.steps, at)
    all.timestamps.set(part.timestamps, at)
    all.values.set(part.values, at)
    at += part.steps.length
  }
  return all
}

/** By value; a NaN stands after a 0, as MLflow stores it. Infinities and zeros as one expects. */
function compareValues(a: number, b: number): number {
  const x = Number.isNaN(a) ? 0 : a
  const y = Number.isNaN(b) ? 0 : b
  if (x !== y) return x < y ? -1 : 1
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

/** The order of points: (step, timestamp, value). 0 only for the same point. */
export function comparePoints(a: Point, b: Point): number {
  return a.step - b.step || a.timestamp - b.timestamp || compareValues(a.value, b.value)
}

export type PointOrder = 'step' | 'timestamp'

/** Sorted by (step, timestamp, value) or by (timestamp, step, value); the same arrays when they are. */
export function sortPoints(columns: PointColumns, order: PointOrder = 'step'): PointColumns {
  const { steps, timestamps, values } = columns
  const [first, second] = order === 'step' ? [steps, timestamps] : [timestamps, steps]
  const compare = (i: number, j: number): number =>
    (first[i] as number) - (first[j] as number) ||
    (second[i] as number) - (second[j] as number) ||
    compareValues(values[i] as number, values[j] as number)
  let i = 1
  while (i < steps.length && compare(i - 1, i) <= 0) i++
  if (i >= steps.length) return columns
  const ranks = Uint32Array.from(steps, (_, rank) => rank).sort(compare)
  const sorted = columnsOf(steps.length)
  ranks.forEach((rank, at) => {
    sorted.steps[at] = steps[rank] as number
    sorted.timestamps[at] = timestamps[rank] as number
    sorted.values[at] = values[rank] as number
  })
  return sorted
}

/** Sorted points as a set: each once. */
export function distinctPoints(sorted: PointColumns): PointColumns {
  const { steps, timestamps, values } = sorted
  const isNew = (i: number): boolean =>
    i === 0 ||
    steps[i] !== steps[i - 1] ||
    timestamps[i] !== timestamps[i - 1] ||
    compareValues(values[i] as number, values[i - 1] as number) !== 0
  const kept = Uint32Array.from(steps, (_, i) => i).filter(isNew)
  if (kept.length === steps.length) return sorted
  const distinct = columnsOf(kept.length)
  kept.forEach((from, at) => {
    distinct.steps[at] = steps[from] as number
    distinct.timestamps[at] = timestamps[from] as number
    distinct.values[at] = values[from] as number
  })
  return distinct
}

/** Where a point is, or would be, in points sorted by step: the first that is not before it. */
export function findPoint(sorted: PointColumns, point: Point): number {
  let low = 0
  let high = sorted.steps.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comparePoints(pointAt(sorted, middle), point) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export function hasPoint(sorted: PointColumns, point: Point): boolean {
  const at = findPoint(sorted, point)
  return at < sorted.steps.length && comparePoints(pointAt(sorted, at), point) === 0
}
