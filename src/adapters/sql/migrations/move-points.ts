import { sql, type SqlBool, type Transaction } from 'kysely'
import { columnsFrom, type PointColumns } from '#science/series/points'
import { encodeSegment, type SegmentPart } from '#science/series/segment'

interface PointRow {
  run_id: string
  key: string
  step: number
  timestamp: number
  value: number
  is_nan: number
}

interface MovedTables {
  metric_points: PointRow
  run_metrics: { run_id: string; key: string; series: number; count: number }
  metric_heads: {
    run_id: string
    next_series: number
    next_segment: number
    segments: number
    points: number
    appended_at: number
  }
  metric_segments: {
    run_id: string
    segment: number
    points: number
    first_step: number
    last_step: number
    is_packed: number
    body: Uint8Array
  }
}

type Db = Transaction<MovedTables>

/** Rows that are read at once, and about the points of a segment. */
const pageRows = 20_000

/** Puts the rows of `metric_points` into segments, run by run, a page in memory at a time. */
export async function movePoints(transaction: Transaction<unknown>): Promise<void> {
  const db = transaction as unknown as Db
  const runs = await db
    .selectFrom('run_metrics')
    .select((eb) => ['run_id', eb.fn.countAll<number>().as('series')])
    .groupBy('run_id')
    .execute()
  for (const { run_id, series } of runs) await moveRun(db, run_id, Number(series))
}

async function moveRun(db: Db, run: string, seriesCount: number): Promise<void> {
  const keys = await db
    .selectFrom('run_metrics')
    .select(['key', 'series'])
    .where('run_id', '=', run)
    .orderBy('series')
    .execute()
  const segments = new SegmentRows(db, run)
  for (const { key, series } of keys) {
    for await (const points of pagesOf(db, run, key)) await segments.add({ series, points })
  }
  await segments.finish(seriesCount)
}

async function* pagesOf(db: Db, run: string, key: string): AsyncGenerator<PointColumns> {
  let last: PointRow | undefined
  for (;;) {
    let query = db
      .selectFrom('metric_points')
      .select(['run_id', 'key', 'step', 'timestamp', 'value', 'is_nan'])
      .where('run_id', '=', run)
      .where('key', '=', key)
      .orderBy('step')
      .orderBy('timestamp')
      .orderBy('value')
      .orderBy('is_nan')
      .limit(pageRows)
    if (last !== undefined) {
      const { step, timestamp, value, is_nan } = last
      query = query.where(
        sql<SqlBool>`(step, timestamp, value, is_nan) > (${step}, ${timestamp}, ${value}, ${is_nan})`,
      )
    }
    const rows = await query.execute()
    if (rows.length > 0) yield columnsFrom(rows.map(pointOf))
    if (rows.length < pageRows) return
    last = rows.at(-1)
  }
}

function pointOf({ step, timestamp, value, is_nan }: PointRow) {
  return { step, timestamp, value: is_nan === 1 ? Number.NaN : value }
}

/** Writes parts as segments of a run, few parts of many points or many of few. */
class SegmentRows {
  readonly #db: Db
  readonly #run: string
  #parts: SegmentPart[] = []
  #waiting = 0
  #segments = 0
  #points = 0

  constructor(db: Db, run: string) {
    this.#db = db
    this.#run = run
  }

  async add(part: SegmentPart): Promise<void> {
    this.#parts.push(part)
    this.#waiting += part.points.steps.length
    if (this.#waiting >= pageRows) await this.#write()
  }

  async finish(nextSeries: number): Promise<void> {
    if (this.#waiting > 0) await this.#write()
    await this.#db
      .insertInto('metric_heads')
      .values({
        run_id: this.#run,
        next_series: nextSeries,
        next_segment: this.#segments,
        segments: this.#segments,
        points: this.#points,
        appended_at: 0,
      })
      .execute()
  }

  async #write(): Promise<void> {
    const firsts = this.#parts.map(({ points }) => points.steps[0] as number)
    const lasts = this.#parts.map(({ points }) => points.steps.at(-1) as number)
    await this.#db
      .insertInto('metric_segments')
      .values({
        run_id: this.#run,
        segment: this.#segments++,
        points: this.#waiting,
        first_step: Math.min(...firsts),
        last_step: Math.max(...lasts),
        is_packed: 0,
        body: encodeSegment(this.#parts),
      })
      .execute()
    this.#points += this.#waiting
    this.#parts = []
    this.#waiting = 0
  }
}
