import { comparePoints, type Point } from '#science/series/points'
import {
  piecesOf,
  rawStatement,
  type RawStatement,
  runRaw,
  valueRows,
} from '#domains/journal/index'
import { storedValue } from './metric-point.ts'
import { type RunMetricRow, runMetricColumns, type RunsTransaction } from './store.ts'

const sizes = [64, 16, 4, 1] as const

const columns = runMetricColumns.join(', ')
const updated = runMetricColumns
  .filter((column) => !['run_id', 'key', 'series'].includes(column))
  .map((column) => `${column} = excluded.${column}`)
  .join(', ')

function forEachSize(text: (size: number) => string): ReadonlyMap<number, RawStatement> {
  return new Map(sizes.map((size) => [size, rawStatement(text(size))]))
}

const reads = forEachSize(
  (size) => `select ${columns} from run_metrics where run_id = ? and key in ${valueRows(1, size)}`,
)
const writes = forEachSize(
  (size) =>
    `insert into run_metrics (${columns}) values ${valueRows(size, runMetricColumns.length)}
    on conflict (run_id, key) do update set ${updated}`,
)

/** What is known of these keys of a run. */
export async function readSummaries(
  db: RunsTransaction,
  run: string,
  keys: readonly string[],
): Promise<Map<string, RunMetricRow>> {
  const known = new Map<string, RunMetricRow>()
  for (const piece of piecesOf(keys, sizes)) {
    const statement = reads.get(piece.length) as RawStatement
    const rows = await runRaw<RunMetricRow>(db, statement, [run, ...piece])
    for (const row of rows) known.set(row.key, row)
  }
  return known
}

export async function writeSummaries(
  db: RunsTransaction,
  rows: readonly RunMetricRow[],
): Promise<void> {
  for (const piece of piecesOf(rows, sizes)) {
    const statement = writes.get(piece.length) as RawStatement
    const values = piece.flatMap((row) => runMetricColumns.map((column) => row[column]))
    await runRaw(db, statement, values)
  }
}

/** A summary with points that are new to it. They are sorted by step, and at least one. */
export function summaryWith(
  before: RunMetricRow | Pick<RunMetricRow, 'run_id' | 'key' | 'series'>,
  points: readonly Point[],
): RunMetricRow {
  const known = 'count' in before ? before : undefined
  const newFirst = points[0] as Point
  const newLast = points.at(-1) as Point
  const first = known === undefined ? newFirst : earlier(firstOf(known), newFirst)
  const latest = known === undefined ? newLast : later(latestOf(known), newLast)
  const latestStored = storedValue(latest.value)
  const firstStored = storedValue(first.value)
  const { minimum, maximum } = extremes(known, points)
  return {
    run_id: before.run_id,
    key: before.key,
    series: before.series,
    value: latestStored.value,
    is_nan: latestStored.is_nan,
    step: latest.step,
    timestamp: latest.timestamp,
    first_value: firstStored.value,
    first_is_nan: firstStored.is_nan,
    first_step: first.step,
    first_timestamp: first.timestamp,
    minimum,
    maximum,
    count: (known?.count ?? 0) + points.length,
  }
}

function earlier(a: Point, b: Point): Point {
  return comparePoints(b, a) < 0 ? b : a
}

function later(a: Point, b: Point): Point {
  return comparePoints(b, a) > 0 ? b : a
}

export function latestOf(row: RunMetricRow): Point {
  const value = row.is_nan === 1 ? Number.NaN : row.value
  return { step: row.step, timestamp: row.timestamp, value }
}

function firstOf(row: RunMetricRow): Point {
  const value = row.first_is_nan === 1 ? Number.NaN : row.first_value
  return { step: row.first_step, timestamp: row.first_timestamp, value }
}

function extremes(
  before: Pick<RunMetricRow, 'minimum' | 'maximum'> | undefined,
  points: readonly Point[],
): { minimum: number | null; maximum: number | null } {
  let minimum = before?.minimum ?? null
  let maximum = before?.maximum ?? null
  for (const { value } of points) {
    if (Number.isNaN(value)) continue
    if (minimum === null || value < minimum) minimum = value
    if (maximum === null || value > maximum) maximum = value
  }
  return { minimum, maximum }
}
