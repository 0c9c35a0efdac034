import type { KeyedPoint, Point } from './metric-store.ts'
import { type RunMetricRow, runMetricColumns, type RunsTransaction } from './store.ts'

/** Order of points: (step, timestamp, value); a NaN stands where 0 would, as it is stored. */
export function comparePoints(a: Point, b: Point): number {
  return (
    a.step - b.step ||
    a.timestamp - b.timestamp ||
    sign((Number.isNaN(a.value) ? 0 : a.value) - (Number.isNaN(b.value) ? 0 : b.value)) ||
    Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value))
  )
}

/** Infinity minus itself is NaN, which is no order. */
function sign(difference: number): number {
  return Number.isNaN(difference) ? 0 : Math.sign(difference)
}

/** Brings the summaries of a run's metrics up to date with points that were just added. */
export async function summarisePoints(
  db: RunsTransaction,
  run: string,
  added: readonly KeyedPoint[],
): Promise<void> {
  if (added.length === 0) return
  const byKey = new Map<string, Point[]>()
  for (const point of added) {
    const list = byKey.get(point.key)
    if (list === undefined) byKey.set(point.key, [point])
    else list.push(point)
  }
  const known = await db
    .selectFrom('run_metrics')
    .select(runMetricColumns)
    .where('run_id', '=', run)
    .where('key', 'in', [...byKey.keys()])
    .execute()
  const before = new Map(known.map((row) => [row.key, row]))
  const rows = [...byKey].map(([key, points]) => summaryOf(run, key, before.get(key), points))
  for (const row of rows) await upsert(db, row)
}

async function upsert(db: RunsTransaction, row: RunMetricRow): Promise<void> {
  const { run_id: _run, key: _key, ...values } = row
  await db
    .insertInto('run_metrics')
    .values(row)
    .onConflict((c) => c.columns(['run_id', 'key']).doUpdateSet(values))
    .execute()
}

function summaryOf(
  run: string,
  key: string,
  before: RunMetricRow | undefined,
  points: readonly Point[],
): RunMetricRow {
  const known = before === undefined ? [] : [firstOf(before), latestOf(before)]
  const ordered = [...known, ...points].sort(comparePoints)
  const first = ordered[0] as Point
  const latest = ordered.at(-1) as Point
  const minimum = extreme(before?.minimum ?? null, points, Math.min)
  const maximum = extreme(before?.maximum ?? null, points, Math.max)
  return {
    run_id: run,
    key,
    value: Number.isNaN(latest.value) ? 0 : latest.value,
    is_nan: Number.isNaN(latest.value) ? 1 : 0,
    step: latest.step,
    timestamp: latest.timestamp,
    first_value: Number.isNaN(first.value) ? 0 : first.value,
    first_is_nan: Number.isNaN(first.value) ? 1 : 0,
    first_step: first.step,
    first_timestamp: first.timestamp,
    minimum,
    maximum,
    count: (before?.count ?? 0) + points.length,
  }
}

function latestOf(row: RunMetricRow): Point {
  const value = row.is_nan === 1 ? Number.NaN : row.value
  return { step: row.step, timestamp: row.timestamp, value }
}

function firstOf(row: RunMetricRow): Point {
  const value = row.first_is_nan === 1 ? Number.NaN : row.first_value
  return { step: row.first_step, timestamp: row.first_timestamp, value }
}

function extreme(
  before: number | null,
  points: readonly Point[],
  pick: (a: number, b: number) => number,
): number | null {
  let result = before
  for (const { value } of points) {
    if (!Number.isNaN(value)) result = result === null ? value : pick(result, value)
  }
  return result
}
