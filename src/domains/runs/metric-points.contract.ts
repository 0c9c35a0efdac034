import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { migrateTables } from '#adapters/sql/migrate'
import { migrations } from '#adapters/sql/migrations/all'
import { openPostgres } from '#adapters/sql/postgres'
import { openSqlite } from '#adapters/sql/sqlite'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import type { Tables } from '#ports/tables/tables'
import { createRandom, type Random } from '#science/random'
import { columnsFrom, comparePoints, type Point } from '#science/series/points'
import {
  createRun,
  getMetricHistory,
  getRun,
  listUnsealedRuns,
  logToRun,
  readCharts,
  sampleMetric,
  sealRunMetrics,
} from './index.ts'
import { metricNumber, numberOf } from './metric-number.ts'
import { storedValue } from './metric-point.ts'
import { readHistory } from './point-history.ts'

/** What the metric store promises, on whichever database `place` names. */
export function testMetricPoints(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'points'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-points-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const newRun = async (): Promise<string> =>
    (await createRun(ctx, { project, experiment: 'Default' })).id

  const log = (run: string, key: string, points: readonly Point[]) =>
    logToRun(ctx, {
      project,
      run,
      metrics: points.map((point) => ({ key, ...point, value: metricNumber(point.value) })),
    })

  async function historyOf(run: string, key: string, limit: number): Promise<Point[]> {
    const points: Point[] = []
    let pageToken: string | undefined
    do {
      const page = await getMetricHistory(ctx, { project, run, key, limit, pageToken })
      points.push(...page.items.map((point) => ({ ...point, value: numberOf(point.value) })))
      pageToken = page.nextPageToken
    } while (pageToken !== undefined)
    return points
  }

  /** All that can be asked of a series, compared with a list of all its points. */
  async function verify(random: Random, run: string, key: string, all: readonly Point[]) {
    const set = distinct(all)
    const limit = 1 + random.integer(set.length + 10)
    const history = set.toSorted((a, b) => a.timestamp - b.timestamp || comparePoints(a, b))
    assert.deepEqual(await historyOf(run, key, limit), history)
    await verifySummary(run, key, set)
    const steps = set.map(({ step }) => step)
    const some = (): number => steps[random.integer(steps.length)] as number
    const [from, to] = [some(), some()].toSorted((a, b) => a - b) as [number, number]
    for (const range of [{}, { from, to }]) {
      const inRange = set.filter(
        ({ step }) => step >= (range.from ?? -Infinity) && step <= (range.to ?? Infinity),
      )
      await verifyChart(run, key, 1 + random.integer(40), range, inRange)
      await verifySample(run, key, 1 + random.integer(40), range, inRange)
    }
  }

  async function verifySummary(run: string, key: string, set: readonly Point[]): Promise<void> {
    const { metricSummaries } = await getRun(ctx, { project, run })
    const numbers = set.map(({ value }) => value).filter((value) => !Number.isNaN(value))
    const last = set.at(-1) as Point
    assert.deepEqual(
      metricSummaries.find((summary) => summary.key === key),
      {
        key,
        value: metricNumber(last.value),
        step: last.step,
        timestamp: last.timestamp,
        first: metricNumber((set[0] as Point).value),
        minimum: metricNumber(numbers.length === 0 ? Number.NaN : Math.min(...numbers)),
        maximum: metricNumber(numbers.length === 0 ? Number.NaN : Math.max(...numbers)),
        count: set.length,
      },
    )
  }

  async function verifyChart(
    run: string,
    key: string,
    points: number,
    range: { from?: number; to?: number },
    expected: readonly Point[],
  ): Promise<void> {
    const { series } = await readCharts(ctx, {
      project,
      runs: [run],
      keys: [key],
      points,
      ...range,
    })
    const [chart] = series
    if (chart === undefined) return assert.equal(expected.length, 0)
    assert.equal(chart.total, expected.length)
    assert.ok(chart.steps.length <= points)
    let at = 0
    chart.counts.forEach((count, bucket) => {
      const values = expected.slice(at, at + count).map(({ value }) => value)
      const numbers = values.filter((value) => !Number.isNaN(value))
      at += count
      const last = expected[at - 1] as Point
      assert.deepEqual(
        [chart.steps[bucket], chart.timestamps[bucket], chart.values[bucket]],
        [last.step, last.timestamp, metricNumber(last.value)],
      )
      const none = numbers.length === 0
      assert.deepEqual(
        [chart.minimums[bucket], chart.maximums[bucket]],
        [
          metricNumber(none ? Number.NaN : Math.min(...numbers)),
          metricNumber(none ? Number.NaN : Math.max(...numbers)),
        ],
      )
    })
    assert.equal(at, expected.length)
  }

  async function verifySample(
    run: string,
    key: string,
    limit: number,
    range: { from?: number; to?: number },
    expected: readonly Point[],
  ): Promise<void> {
    const steps = await sampledSteps(run, key, limit, range)
    if (expected.length <= limit) {
      return assert.deepEqual(
        steps,
        expected.map(({ step }) => step),
      )
    }
    assert.equal(steps.length, limit)
    assert.equal(steps.at(-1), expected.at(-1)?.step)
    if (limit > 1) assert.equal(steps[0], expected[0]?.step)
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
    )
  }

  async function sampledSteps(
    run: string,
    key: string,
    count: number,
    range: { from?: number; to?: number },
  ): Promise<number[]> {
    const [sampled] = await sampleMetric(ctx, { project, runs: [run], key, count, ...range })
    return [...(sampled?.points.steps ?? [])]
  }

  const seal = (run: string) => sealRunMetrics(ctx, { project, run })

  test('points are what a list of them is, in whatever order they come and are sealed', async () => {
    const seed = Date.now() % 1_000_000
    for (let round = 0; round < 8; round++) {
      const random = createRandom(seed + round)
      const run = await newRun()
      const all: Point[] = []
      for (let batch = 0; batch < 12; batch++) {
        const fresh = randomBatch(random, all)
        const expected = distinct([...all, ...fresh]).length - distinct(all).length
        const { accepted } = await log(run, 'm', fresh)
        assert.equal(accepted, expected, `seed ${seed}, round ${round}, batch ${batch}`)
        all.push(...fresh)
        if (random.integer(3) === 0) await seal(run)
      }
      await verify(random, run, 'm', all)
      await seal(run)
      await verify(random, run, 'm', all)
    }
  })

  test('chunks are filled up, cut and rewritten where points come late', async () => {
    const random = createRandom(11)
    const run = await newRun()
    const all: Point[] = []
    const add = async (count: number, at: (i: number) => number): Promise<void> => {
      const points = Array.from({ length: count }, (_, i) => ({
        step: at(i),
        timestamp: 1000 + at(i),
        value: random.normal(),
      }))
      for (let start = 0; start < count; start += 10_000) {
        await log(run, 'm', points.slice(start, start + 10_000))
      }
      all.push(...points)
      const { sealed } = await seal(run)
      assert.equal(sealed, count)
    }
    await add(30_000, (i) => 10 * i)
    await add(30_000, (i) => 300_000 + 10 * i)
    await add(2000, (i) => 295_001 + 10 * i)
    await add(20_000, (i) => 5 + 10 * i)
    await add(1500, () => 1_000_000)
    assert.equal((await log(run, 'm', all.slice(9_000, 11_000))).accepted, 0)
    assert.deepEqual(await sampledSteps(run, 'm', 2, {}), [0, 1_000_000])
    const chart = await readCharts(ctx, { project, runs: [run], keys: ['m'], points: 20 })
    const counts = chart.series[0]?.counts ?? []
    assert.ok(Math.max(...counts) < 1.5 * (all.length / 20), counts.join())
    await verify(random, run, 'm', all)
  })

  test('runs are sealed when that is worth it, many small series together', async () => {
    const run = await newRun()
    for (let step = 0; step < 130; step++) {
      const metrics = Array.from({ length: 50 }, (_, i) => ({
        key: `k${i}`,
        value: i + step / 100,
        step,
        timestamp: step,
      }))
      await logToRun(ctx, { project, run, metrics })
    }
    const worth = async () => (await listUnsealedRuns(ctx)).some((each) => each.run === run)
    assert.ok(await worth())
    assert.deepEqual(await seal(run), { sealed: 0 })
    assert.ok(!(await worth()))
    const random = createRandom(3)
    for (const i of [0, 17, 49]) {
      const all = Array.from({ length: 130 }, (_, step) => ({
        step,
        timestamp: step,
        value: i + step / 100,
      }))
      await verify(random, run, `k${i}`, all)
    }
    assert.deepEqual(await historyOf(run, 'never', 10), [])
  })

  test('what was put together once is left alone until enough is new', async () => {
    const run = await newRun()
    const isWorth = async () => (await listUnsealedRuns(ctx)).some((each) => each.run === run)
    const logWide = (step: number, keys: number) =>
      logToRun(ctx, {
        project,
        run,
        metrics: Array.from({ length: keys }, (_, i) => ({
          key: `wide${i}`,
          value: i,
          step,
          timestamp: step,
        })),
      })
    for (let step = 0; step < 10; step++) await logWide(step, 1000)
    assert.ok(await isWorth())
    await seal(run)
    assert.ok(!(await isWorth()), 'ten thousand points that are too few for chunks')
    await logWide(10, 1000)
    assert.ok(!(await isWorth()))
    await logWide(11, 8000)
    assert.ok(await isWorth())
  })

  test('who appends and who seals, all at once, lose nothing and count nothing twice', async () => {
    const run = await newRun()
    const writers = 8
    const batches = 20
    const points = (writer: number, batch: number): Point[] =>
      Array.from({ length: 200 }, (_, i) => ({
        step: batch * 200 + i,
        timestamp: 5 * batch,
        value: writer,
      }))
    let done = false
    const sealing = [1, 2].map(async () => {
      for (; !done; await setImmediate()) await seal(run)
    })
    await Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let batch = 0; batch < batches; batch++) {
          await log(run, 'm', points(writer, batch))
          await log(run, 'm', points(writer, batch))
        }
      }),
    )
    done = true
    await Promise.all(sealing)
    const all = Array.from({ length: writers }, (_, writer) =>
      Array.from({ length: batches }, (_, batch) => points(writer, batch)),
    ).flat(2)
    await verify(createRandom(5), run, 'm', all)
  })

  test('points that an older version kept as rows are all there', async () => {
    const { databaseUrl } = await place()
    const old = join(directory, 'old')
    await openPlatform({ dataDirectory: old }).then((made) => made.close())
    await rm(join(old, 'gyre.db'), { force: true })
    const tables =
      databaseUrl === undefined
        ? await openSqlite(join(old, 'gyre.db'))
        : await openPostgres(databaseUrl)
    const written = await writeOldPoints(tables)
    await tables.close()
    const moved = await openPlatform({ dataDirectory: old, databaseUrl })
    try {
      const system = asSystem(moved.platform, 'test')
      for (const [key, points] of written) {
        const history = await readHistory(system, 'a'.repeat(32), key, { offset: 0, limit: 1e9 })
        assert.deepEqual(history, columnsFrom(points))
      }
      const more = { key: 'loss', value: 1, step: 70_000, timestamp: 70_000 }
      const again = { key: 'nan', value: 'NaN' as const, step: 1, timestamp: 1 }
      const batch = { project, run: 'a'.repeat(32), metrics: [more, again] }
      assert.deepEqual(await logToRun(system, batch), { accepted: 1 })
    } finally {
      await moved.close()
    }
  })

  describe('points of a logged model', () => {
    test('are kept besides those of the run, once', async () => {
      const run = await newRun()
      const measured = { key: 'f1', value: 0.5, step: 1, timestamp: 7, model: 'm-1' }
      const metrics = [
        measured,
        { ...measured, dataset: { name: 'd', digest: 'x' } },
        { ...measured, key: 'nan', value: 'NaN' as const },
        { key: 'other', value: 1, step: 0, timestamp: 7 },
      ]
      await logToRun(ctx, { project, run, metrics })
      await logToRun(ctx, { project, run, metrics })
      const rows = await ctx.tables
        .read<{ model_metrics: { model_id: string; key: string; dataset_name: string } }>()
        .selectFrom('model_metrics')
        .select(['key', 'dataset_name'])
        .where('model_id', '=', 'm-1')
        .orderBy('key')
        .orderBy('dataset_name')
        .execute()
      assert.deepEqual(
        rows.map((row) => [row.key, row.dataset_name]),
        [
          ['f1', ''],
          ['f1', 'd'],
          ['nan', ''],
        ],
      )
      assert.equal((await historyOf(run, 'f1', 10)).length, 1)
    })
  })
}

interface OldTables {
  metric_points: Record<string, unknown>
  run_metrics: Record<string, unknown>
  runs: Record<string, unknown>
}

/** A run as the version before chunks kept it; gives its points by key. */
async function writeOldPoints(tables: Tables): Promise<Map<string, Point[]>> {
  await migrateTables(
    tables,
    migrations.filter(({ name }) => name < '0010'),
  )
  const run = { id: 'a'.repeat(32), project: 'points', experiment: 0, name: 'old', user_name: 'x' }
  const rest = { description: '', status: 'running', state: 'active', environment: '{}' }
  const points = new Map<string, Point[]>([
    ['loss', Array.from({ length: 45_000 }, (_, i) => ({ step: i, timestamp: i, value: i / 7 }))],
    ['nan', [{ step: 1, timestamp: 1, value: Number.NaN }]],
    ['few', [{ step: 5, timestamp: 5, value: -Infinity }]],
  ])
  await tables.write<OldTables, void>(async (db) => {
    await db
      .insertInto('runs')
      .values({ ...run, ...rest, created_at: 1, updated_at: 1 })
      .execute()
    for (const [key, all] of points) {
      const rows = all.map(({ step, timestamp, value }) => {
        return { run_id: run.id, key, step, timestamp, ...storedValue(value) }
      })
      for (let at = 0; at < rows.length; at += 2000) {
        await db
          .insertInto('metric_points')
          .values(rows.slice(at, at + 2000))
          .execute()
      }
      const last = rows.at(-1) as (typeof rows)[number]
      const first = { first_value: 0, first_is_nan: 0, first_step: 0, first_timestamp: 0 }
      await db
        .insertInto('run_metrics')
        .values({ ...last, ...first, count: rows.length })
        .execute()
    }
  })
  return points
}

function distinct(points: readonly Point[]): Point[] {
  const sorted = points.toSorted(comparePoints)
  return sorted.filter((p, i) => i === 0 || comparePoints(sorted[i - 1] as Point, p) !== 0)
}

const odd = [0, -1.5, Number.NaN, Infinity, -Infinity, 5e-324]

/** Points of which some continue, some come late and some are there already. */
function randomBatch(random: Random, all: readonly Point[]): Point[] {
  const size = 1 + random.integer(random.integer(4) === 0 ? 3000 : 60)
  const base = random.integer(3) === 0 ? random.integer(200) : all.length
  return Array.from({ length: size }, (_, i) => {
    const known = all[random.integer(Math.max(1, all.length))]
    if (known !== undefined && random.integer(10) === 0) return known
    return {
      step: random.integer(5) === 0 ? random.integer(300) : base + i,
      timestamp: random.integer(4) === 0 ? random.integer(500) : 1000 + base + i,
      value:
        random.integer(20) === 0 ? (odd[random.integer(odd.length)] as number) : random.normal(),
    }
  })
}
