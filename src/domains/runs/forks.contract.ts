import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { explain, lineage } from '#domains/journal/index'
import { GyreError } from '#kernel/errors'
import { createRandom } from '#science/random'
import {
  createRun,
  deleteRun,
  forkRun,
  getLoggedRun,
  getMetricHistory,
  getRun,
  logToRun,
  readCharts,
  rewindRun,
  sealRunMetrics,
  searchRuns,
  undoRewind,
} from './index.ts'
import { numberOf } from './metric-number.ts'
import { readRuns } from './store.ts'

interface Point {
  step: number
  timestamp: number
  value: number
}

/** What runs that are continued from others promise, on whichever database `place` names. */
export function testForks(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'forks'
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-forks-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const newRun = async (parameters = {}): Promise<string> =>
    (await createRun(ctx, { project, experiment: 'Default', parameters })).id

  /** Two points a step, the value falling with it. */
  const curve = (from: number, to: number, tilt = 0): Point[] =>
    Array.from({ length: (to - from + 1) * 2 }, (_, i) => {
      const step = from + Math.floor(i / 2)
      return { step, timestamp: 1000 + 2 * step + (i % 2), value: tilt - step + (i % 2) / 4 }
    })

  async function log(run: string, key: string, points: readonly Point[]): Promise<void> {
    for (let start = 0; start < points.length; start += 5000) {
      const metrics = points.slice(start, start + 5000).map((point) => ({ key, ...point }))
      await logToRun(ctx, { project, run, metrics })
    }
  }

  const seal = async (run: string): Promise<void> => {
    while ((await sealRunMetrics(ctx, { project, run })).sealed > 0);
  }

  async function historyOf(run: string, key: string): Promise<Point[]> {
    const points: Point[] = []
    for (let pageToken: string | undefined; ;) {
      const page = await getMetricHistory(ctx, { project, run, key, limit: 9999, pageToken })
      points.push(...page.items.map((point) => ({ ...point, value: numberOf(point.value) })))
      pageToken = page.nextPageToken
      if (pageToken === undefined) return points
    }
  }

  /** Compares all that is said of a series with its points. */
  async function verify(run: string, key: string, expected: readonly Point[]): Promise<void> {
    const inOrder = expected.toSorted((a, b) => a.step - b.step || a.timestamp - b.timestamp)
    const byTime = expected.toSorted((a, b) => a.timestamp - b.timestamp || a.step - b.step)
    assert.deepEqual(await historyOf(run, key), byTime)
    const values = expected.map(({ value }) => value)
    const { metricSummaries } = await getRun(ctx, { project, run })
    const [first, last] = [inOrder[0], inOrder.at(-1)] as [Point, Point]
    assert.deepEqual(
      metricSummaries.find((summary) => summary.key === key),
      {
        key,
        value: last.value,
        step: last.step,
        timestamp: last.timestamp,
        first: first.value,
        minimum: values.reduce((a, b) => Math.min(a, b)),
        maximum: values.reduce((a, b) => Math.max(a, b)),
        count: expected.length,
      },
    )
    const asked = { project, runs: [run], keys: [key], points: 7 }
    const [chart] = (await readCharts(ctx, asked)).series
    assert.equal(chart?.total, expected.length)
    assert.equal(
      Math.min(...chart.minimums.map(Number)),
      values.reduce((a, b) => Math.min(a, b)),
    )
    assert.equal(chart.steps.at(-1), last.step)
  }

  const refused =
    (code: string, text: RegExp) =>
    (thrown: unknown): boolean =>
      thrown instanceof GyreError && thrown.code === code && text.test(thrown.public)

  async function storedChunks(): Promise<number> {
    const { rows } = await sql<{
      count: number
    }>`select count(*) as count from metric_chunks`.execute(readRuns(ctx))
    return Number(rows[0]?.count)
  }

  test('a fork has the history up to the step without a copy, and goes on by itself', async () => {
    const source = await newRun({ lr: '0.1', depth: '3' })
    await log(source, 'loss', curve(0, 29_999))
    await log(source, 'late', curve(25_000, 25_010))
    await seal(source)
    const stored = await storedChunks()
    const fork = await forkRun(ctx, {
      project,
      run: source,
      step: 12_345,
      parameters: { lr: '0.2' },
    })
    assert.deepEqual(fork.parameters, { lr: '0.2', depth: '3' })
    assert.deepEqual(Object.keys(fork.metrics), ['loss'])
    await verify(fork.id, 'loss', curve(0, 12_345))
    assert.equal(await storedChunks(), stored, 'no chunk was copied')

    const own = curve(12_346, 14_000, 5)
    await log(fork.id, 'loss', own)
    await log(source, 'loss', curve(30_000, 30_100))
    await seal(fork.id)
    await seal(source)
    await verify(fork.id, 'loss', [...curve(0, 12_345), ...own])
    await verify(source, 'loss', curve(0, 30_100))
    const told = await getRun(ctx, { project, run: fork.id })
    assert.deepEqual([told.forkedFrom?.run, told.forkedFrom?.step], [source, 12_345])
    assert.equal((await getRun(ctx, { project, run: source })).forks[0]?.run, fork.id)
  })

  test('clients and searches see the shared part as the run’s own', async () => {
    const source = await newRun()
    await log(source, 'score', curve(0, 5000))
    await log(source, 'score', [{ step: 5001, timestamp: 99_999, value: -90_000 }])
    const fork = await forkRun(ctx, { project, run: source, step: 100 })
    const logged = await getLoggedRun(ctx, { project, run: fork.id })
    assert.deepEqual(
      logged.metrics.map(({ key, step }) => [key, step]),
      [['score', 100]],
    )
    assert.ok(logged.tags.some(([key, value]) => key === 'gyre.fork.run' && value === source))
    const found = await searchRuns(ctx, {
      project,
      filter: 'metrics.score > -100 and min.score < -99.9',
      state: 'active',
      limit: 10,
    })
    assert.deepEqual(
      found.items.map(({ id }) => id),
      [fork.id],
    )
    const { nodes } = await lineage(ctx, project, `run:${fork.id}`, {
      direction: 'up',
      depth: 2,
      limit: 20,
    })
    assert.ok(nodes.some((node) => node.subject === `run:${source}`))
    const why = JSON.stringify(
      await explain(ctx, project, `run:${fork.id}`, { depth: 3, limit: 50 }),
    )
    assert.match(why, /continues .* from step 100/)
  })

  test('neither loses points when the other is deleted, takes late points or is forked again', async () => {
    const source = await newRun()
    await log(source, 'loss', curve(0, 9999))
    const fork = await forkRun(ctx, { project, run: source, step: 6000 })
    const again = await forkRun(ctx, { project, run: fork.id, step: 3000, name: 'again' })
    const late = [{ step: 50, timestamp: 7, value: 77 }]
    await log(source, 'loss', late)
    await log(source, 'loss', curve(10_000, 12_000))
    await seal(source)
    await deleteRun(ctx, { project, run: source })
    await verify(fork.id, 'loss', curve(0, 6000))
    await verify(again.id, 'loss', curve(0, 3000))
    await log(fork.id, 'loss', late)
    await log(fork.id, 'loss', curve(6001, 8000))
    await seal(fork.id)
    await verify(fork.id, 'loss', [...curve(0, 8000), ...late])
    await verify(again.id, 'loss', curve(0, 3000))
    await verify(source, 'loss', [...curve(0, 12_000), ...late])
    await log(fork.id, 'loss', curve(0, 10))
    await verify(fork.id, 'loss', [...curve(0, 8000), ...late])
  })

  test('a rewind hides what came after the step, and undone it is there again', async () => {
    const run = await newRun()
    await log(run, 'loss', curve(0, 9000))
    await log(run, 'only late', curve(5000, 5003))
    const rewound = await rewindRun(ctx, { project, run, step: 4000 })
    assert.deepEqual(Object.keys(rewound.metrics), ['loss'])
    await verify(run, 'loss', curve(0, 4000))
    const other = curve(4001, 4500, 9)
    await log(run, 'loss', other)
    await log(run, 'only late', curve(4400, 4401))
    await seal(run)
    await verify(run, 'loss', [...curve(0, 4000), ...other])
    const [kept] = rewound.rewinds
    await verify(kept?.run ?? '', 'loss', curve(0, 9000))
    assert.equal((await getRun(ctx, { project, run: kept?.run ?? '' })).state, 'deleted')

    const undone = await undoRewind(ctx, { project, run })
    assert.deepEqual(undone.rewinds, [])
    await verify(run, 'loss', curve(0, 9000))
    await verify(run, 'only late', curve(5000, 5003))
    await verify(kept?.run ?? '', 'loss', [...curve(0, 4000), ...other])
    await log(run, 'loss', curve(9001, 9500))
    await seal(run)
    await verify(run, 'loss', curve(0, 9500))
    await assert.rejects(undoRewind(ctx, { project, run }), refused('conflict', /undone already/))
  })

  test('rewinds of rewinds and forks of what is hidden are undone one by one', async () => {
    const run = await newRun()
    await log(run, 'loss', curve(0, 5000))
    await rewindRun(ctx, { project, run, step: 3000 })
    await log(run, 'loss', curve(3001, 3500, 1))
    const { rewinds } = await rewindRun(ctx, { project, run, step: 1000 })
    assert.deepEqual(
      rewinds.map(({ step }) => step),
      [1000, 3000],
    )
    const fork = await forkRun(ctx, { project, run: rewinds[1]?.run ?? '', step: 4000 })
    await verify(fork.id, 'loss', curve(0, 4000))
    await verify(run, 'loss', curve(0, 1000))
    await undoRewind(ctx, { project, run })
    await verify(run, 'loss', [...curve(0, 3000), ...curve(3001, 3500, 1)])
    await undoRewind(ctx, { project, run })
    await verify(run, 'loss', curve(0, 5000))
  })

  test('any order of logging, sealing, forking and going back keeps every run as it should be', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = createRandom(seed)
      const runs = new Map<string, Point[]>([[await newRun(), []]])
      for (let turn = 0; turn < 24; turn++) {
        const ids = [...runs.keys()]
        const run = ids[random.integer(ids.length)] as string
        const points = runs.get(run) ?? []
        const end = Math.max(0, ...points.map(({ step }) => step))
        const choice = random.integer(8)
        if (choice < 4 || points.length === 0) {
          const start = end + 1 - (choice === 0 ? random.integer(end + 1) : 0)
          const fresh = curve(start, start + random.integer(2500), seed + turn)
          await log(run, 'loss', fresh)
          runs.set(run, distinct([...points, ...fresh]))
        } else if (choice < 6) {
          await seal(run)
        } else {
          const step = random.integer(end + 1)
          const cut = points.filter((point) => point.step <= step)
          if (cut.length === 0 || cut.length === points.length) continue
          if (choice === 6) runs.set((await forkRun(ctx, { project, run, step })).id, cut)
          else await rewindRun(ctx, { project, run, step }).then(() => runs.set(run, cut))
        }
      }
      for (const [run, points] of runs) if (points.length > 0) await verify(run, 'loss', points)
    }
  })

  test('points that are logged meanwhile are in the fork or not, but none is broken', async () => {
    const source = await newRun()
    await log(source, 'loss', curve(0, 3000))
    const logging = (async () => {
      for (let step = 3001; step < 3100; step++) await log(source, 'loss', curve(step, step))
    })()
    const forks = await Promise.all(
      [1, 2, 3].map(() => forkRun(ctx, { project, run: source, step: 2000 })),
    )
    await logging
    for (const fork of forks) await verify(fork.id, 'loss', curve(0, 2000))
    await verify(source, 'loss', curve(0, 3099))
  })

  test('what cannot be continued is refused with the reason', async () => {
    const run = await newRun()
    const place = { project, run }
    await assert.rejects(forkRun(ctx, place), refused('invalid', /has no metrics/))
    await log(run, 'loss', curve(5, 9))
    await assert.rejects(forkRun(ctx, { ...place, step: 4 }), refused('invalid', /up to step 4/))
    await assert.rejects(forkRun(ctx, { ...place, step: 1.5 }), refused('invalid', /whole number/))
    await assert.rejects(rewindRun(ctx, { ...place, step: 9 }), refused('invalid', /after step 9/))
    await assert.rejects(undoRewind(ctx, place), refused('conflict', /not taken back/))
    await assert.rejects(forkRun(ctx, { project, run: 'none' }), refused('not_found', /none/))
    await rewindRun(ctx, { ...place, step: -1 })
    assert.deepEqual((await getRun(ctx, place)).metrics, {})
    await undoRewind(ctx, place)
    await verify(run, 'loss', curve(5, 9))
    await deleteRun(ctx, place)
    await assert.rejects(rewindRun(ctx, { ...place, step: 6 }), refused('conflict', /deleted/))
  })
}

function distinct(points: readonly Point[]): Point[] {
  return [
    ...new Map(points.map((one) => [`${one.step} ${one.timestamp} ${one.value}`, one])).values(),
  ]
}
