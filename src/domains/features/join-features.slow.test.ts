import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { commitVersion, type DataFile, declareDataset, uploadBlob } from '#domains/data/index'
import type { Cell, InputColumn } from '#ports/frames/frames'
import {
  applyFeaturesDeclaration,
  joinFeatures,
  materializeService,
  OnlineFeatures,
} from './index.ts'

const project = 'p'
const dayMs = 86_400_000
const start = Date.UTC(2001, 0, 1)

let directory: string
let opened: OpenedPlatform
let ctx: Context
let online: OnlineFeatures

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gyre-join-'))
  opened = await openPlatform({ dataDirectory: directory })
  ctx = asSystem(opened.platform, 'test')
  online = new OnlineFeatures(opened.platform)
})
after(async () => {
  online.close()
  await opened.close()
  await rm(directory, { recursive: true })
})

interface Row {
  a: string | null
  b: number | null
  at: number
  known: number
  x: number | null
  flag: boolean | null
}

interface Request {
  a: string | null
  b: number | null
  at: number
  y: number | null
}

/** A small generator, so that a failing case can be run again by its seed. */
function random(seed: number): () => number {
  let state = seed * 2654435761 + 1
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 374761393) | 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

const texts = ['LAX', 'a,b', 'a\\', ',b', 'ü 😀', '']

function makeRows(next: () => number, count: number, late: boolean): Row[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!
  const rows: Row[] = []
  for (let i = 0; i < count; i++) {
    const last = rows.at(-1)
    // Some rows share their time, some lie at the very edge of a day.
    const day = start + Math.floor(next() * 12) * dayMs
    const at =
      last !== undefined && next() < 0.15
        ? last.at
        : day + pick([0, -1, 1, Math.floor(next() * dayMs)])
    const known = late
      ? at + pick([0, 1, -1, -dayMs, dayMs, 3 * dayMs, Math.floor(next() * 5 * dayMs)])
      : at
    rows.push({
      a: next() < 0.04 ? null : pick(texts),
      b: next() < 0.04 ? null : pick([1, 2, 12]),
      at,
      known,
      x: next() < 0.1 ? null : pick([next() * 100 - 50, Math.round(next() * 10), 1e9 * next(), -0]),
      flag: next() < 0.1 ? null : next() < 0.4,
    })
  }
  return rows
}

/** Requests at random times, and at the moments around which answers change. */
function makeRequests(next: () => number, rows: readonly Row[], count: number): Request[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!
  return Array.from({ length: count }, () => {
    const row = pick(rows)
    const edge = pick([
      row.known,
      row.at,
      row.at + 2 * dayMs,
      row.at + ttlMs,
      Math.floor(row.at / dayMs) * dayMs + 8 * dayMs,
    ])
    return {
      a: next() < 0.05 ? 'never seen' : row.a,
      b: row.b,
      at: next() < 0.7 ? edge + pick([-1, 0, 1]) : start + Math.floor(next() * 20 * dayMs),
      y: next() < 0.1 ? null : next() * 10,
    }
  })
}

const ttlMs = 36 * 3_600_000
const declaration = `
entities: {pair: {key: [a, b]}, single: {key: a}}
views:
  pairs:
    entity: pair
    source: DATA
    aggregations:
      rows_3d: {function: count, window: 3d}
      known_x_1d: {function: count, expression: x, window: 1d}
      sum_7d: {function: sum, expression: x, window: 7d}
      mean_3d: {function: mean, expression: x, window: 3d}
      rate_7d: {function: mean, expression: flag, window: 7d}
  singles:
    entity: single
    source: DATA
    aggregations:
      low_2d: {function: min, expression: x, window: 2d}
      high_7d: {function: max, expression: "abs(x) + 1", window: 7d}
  last:
    entity: single
    source: DATA
    ttl: 36h
    features: {last_x: x, last_flag: flag, last_at: at}
services:
  all:
    request: {at: timestamp, y: number}
    views: [pairs, singles, last]
    expressions: {hour: hour(at), ratio: "y / rows_3d", more: "y > 5 and last_x is not null"}
`

interface Feature {
  name: string
  value(rows: readonly Row[], t: number): number | null
}

/** Sums as they are promised: of multiples of 2^-20. */
function sum(values: readonly number[]): number {
  const total = values.reduce((all, value) => all + BigInt(roundHalfAway(value * 2 ** 20)), 0n)
  return Number(total) / 2 ** 20
}

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value))
}

function inDays(rows: readonly Row[], t: number, days: number): Row[] {
  const day = Math.floor(t / dayMs)
  return rows.filter((row) => {
    const of = Math.floor(row.at / dayMs)
    return row.known <= t && of <= day && of >= day - days
  })
}

/** There is no -0 among features. */
function numbers(rows: readonly Row[], value: (row: Row) => number | boolean | null): number[] {
  return rows
    .map(value)
    .filter((v) => v !== null)
    .map((v) => Number(v) + 0)
}

/** Null where nothing of the entity is known in the view's longest window. */
function windowed(
  days: number,
  longest: number,
  of: (rows: Row[]) => number | null,
): Feature['value'] {
  return (rows, t) => (inDays(rows, t, longest).length === 0 ? null : of(inDays(rows, t, days)))
}

function latest(value: (row: Row) => number | boolean | null): Feature['value'] {
  return (rows, t) => {
    const rank = (row: Row): number[] =>
      [row.at, row.known, row.x, row.flag, row.at].map((v) => (v === null ? -Infinity : Number(v)))
    let best: Row | undefined
    for (const row of rows) {
      if (row.at > t || row.known > t) continue
      if (best === undefined || compare(rank(row), rank(best)) > 0) best = row
    }
    if (best === undefined || t - best.at > ttlMs) return null
    const found = value(best)
    return found === null ? null : Number(found) + 0
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((x, at) => x !== b[at])
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1
}

const mean = (values: number[]): number | null =>
  values.length === 0 ? null : sum(values) / values.length

const pairs: Feature[] = [
  { name: 'rows_3d', value: windowed(3, 7, (rows) => rows.length) },
  { name: 'known_x_1d', value: windowed(1, 7, (rows) => numbers(rows, (r) => r.x).length) },
  {
    name: 'sum_7d',
    value: windowed(7, 7, (rows) => {
      const values = numbers(rows, (r) => r.x)
      return values.length === 0 ? null : sum(values)
    }),
  },
  { name: 'mean_3d', value: windowed(3, 7, (rows) => mean(numbers(rows, (r) => r.x))) },
  { name: 'rate_7d', value: windowed(7, 7, (rows) => mean(numbers(rows, (r) => r.flag))) },
]
const extreme = (values: number[], of: (...values: number[]) => number): number | null =>
  values.length === 0 ? null : of(...values)
const singles: Feature[] = [
  {
    name: 'low_2d',
    value: windowed(2, 7, (rows) =>
      extreme(
        numbers(rows, (r) => r.x),
        Math.min,
      ),
    ),
  },
  {
    name: 'high_7d',
    value: windowed(7, 7, (rows) =>
      extreme(
        numbers(rows, (r) => (r.x === null ? null : Math.abs(r.x) + 1)),
        Math.max,
      ),
    ),
  },
  { name: 'last_x', value: latest((row) => row.x) },
  { name: 'last_flag', value: latest((row) => row.flag) },
  { name: 'last_at', value: latest((row) => row.at) },
]

/** What every feature must be, computed row by row from all rows. */
function expected(rows: readonly Row[], request: Request): Record<string, number | null> {
  const usable = rows.filter((row) => row.a !== null)
  const single = usable.filter((row) => row.a === request.a)
  const pair = single.filter((row) => row.b !== null && row.b === request.b)
  const values: Record<string, number | null> = {}
  for (const { name, value } of pairs) values[name] = value(pair, request.at)
  for (const { name, value } of singles) values[name] = value(single, request.at)
  const { rows_3d: count, last_x: last } = values
  values['hour'] = new Date(request.at).getUTCHours()
  values['ratio'] = request.y === null || !count ? null : request.y / count
  const over = request.y === null ? null : request.y > 5
  values['more'] = last === null || over === false ? 0 : over === null ? null : 1
  return values
}

async function parquet(name: string, columns: InputColumn[]): Promise<Buffer> {
  const path = join(directory, name)
  await ctx.frames.session(async (session) => {
    await session.createTable('given', columns)
    await session.exportParquet('SELECT * FROM given', path)
  })
  return readFile(path)
}

async function upload(path: string, content: Uint8Array): Promise<DataFile> {
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { path, ...(await uploadBlob(ctx, { project, sha256, content })) }
}

async function dataFile(path: string, rows: readonly Row[]): Promise<DataFile> {
  const column = (name: string, type: InputColumn['type'], values: Cell[]) => ({
    name,
    type,
    values,
  })
  const content = await parquet(path, [
    column(
      'a',
      'string',
      rows.map((row) => row.a),
    ),
    column(
      'b',
      'integer',
      rows.map((row) => row.b),
    ),
    column(
      'at',
      'timestamp',
      rows.map((row) => row.at),
    ),
    column(
      'known',
      'timestamp',
      rows.map((row) => row.known),
    ),
    column(
      'x',
      'number',
      rows.map((row) => row.x),
    ),
    column(
      'flag',
      'boolean',
      rows.map((row) => row.flag),
    ),
  ])
  return upload(path, content)
}

async function requestFile(requests: readonly Request[]): Promise<string> {
  const content = await parquet('requests.parquet', [
    { name: 'a', type: 'string', values: requests.map(({ a }) => a) },
    { name: 'b', type: 'integer', values: requests.map(({ b }) => b) },
    { name: 'at', type: 'timestamp', values: requests.map(({ at }) => at) },
    { name: 'y', type: 'number', values: requests.map(({ y }) => y) },
  ])
  return (await upload('requests.parquet', content)).sha256
}

async function joined(
  dataset: string,
  requests: readonly Request[],
): Promise<Record<string, Cell[]>> {
  const spine = { blob: await requestFile(requests), data: {} }
  const set = await joinFeatures(ctx, { project, service: `all_${dataset}`, spine })
  assert.equal(set.rows, requests.length)
  return ctx.frames.session(async (session) =>
    session.columns(
      `SELECT * FROM ${session.scan([await ctx.blobs.localPath(set.sha256)], 'parquet')}`,
    ),
  )
}

describe('joinFeatures', () => {
  for (const [seed, late] of [
    [1, true],
    [2, true],
    [3, false],
    [4, true],
    [5, false],
    [6, true],
  ] as const) {
    it(`is what was known at each moment, as the online store is (seed ${seed}${late ? ', late data' : ''})`, async () => {
      const next = random(seed)
      const dataset = `data${seed}`
      const definition = { description: '', path: null, expectations: [] }
      await declareDataset(ctx, {
        project,
        dataset,
        ...definition,
        timestamp: 'at',
        knownAt: late ? 'known' : null,
      })
      const rows = makeRows(next, 400, late)
      const files: DataFile[] = []
      // Rows of one entity and day come in several files, in no order.
      for (const [i, part] of [
        rows.slice(0, 150),
        rows.slice(150, 390),
        rows.slice(390),
      ].entries()) {
        files.push(await dataFile(`${i}.parquet`, part))
        await commitVersion(ctx, { project, dataset, files, message: '' })
        if (i > 0) continue
        const source = declaration
          .replaceAll('DATA', dataset)
          .replaceAll(/(pairs|singles|last|all)(?=[:,\]])/g, `$1_${dataset}`)
        await applyFeaturesDeclaration(ctx, { project, source })
      }
      // The online store grows file by file.
      for (const version of [1, 2, 3]) {
        await materializeService(ctx, { project, service: `all_${dataset}`, version })
        if (version === 1) await online.prepare(project, `all_${dataset}`)
      }
      const requests = makeRequests(next, rows, 500)
      const offline = await joined(dataset, requests)
      const found = await online.lookup(project, `all_${dataset}`, {
        a: requests.map(({ a }) => a),
        b: requests.map(({ b }) => b),
        at: requests.map(({ at }) => at),
        y: requests.map(({ y }) => y),
      })
      for (const [i, request] of requests.entries()) {
        assert.equal(offline['a']![i], request.a, 'rows keep their order')
        assert.equal(offline['at']![i], request.at)
        for (const [name, value] of Object.entries(expected(rows, request))) {
          const where = `${name} of ${JSON.stringify(request)} (row ${i})`
          assert.equal(offline[name]![i] ?? null, value, `offline ${where}`)
          const served = found.columns[found.names.indexOf(name)]![i]!
          assert.equal(Number.isNaN(served) ? null : served, value, `online ${where}`)
        }
      }
    })
  }

  it('takes any name for a column, also those that it uses itself', async () => {
    const dataset = 'names'
    const definition = { description: '', path: null, expectations: [] }
    await declareDataset(ctx, {
      project,
      dataset,
      ...definition,
      timestamp: 'ts',
      knownAt: 'known',
    })
    const at = [start, start + dayMs, start + 2 * dayMs]
    const names = ['pos', 't', 'label', 'day', 'moment', 'e0', 'm0', 'start', 'select', 'a "b"']
    const content = await parquet('names.parquet', [
      { name: 'k0', type: 'string', values: ['x', 'x', 'y'] },
      { name: 'ts', type: 'timestamp', values: at },
      { name: 'known', type: 'timestamp', values: at },
      ...names.map((name) => ({ name, type: 'number' as const, values: [1, 2, 3] })),
    ])
    const files = [await upload('names.parquet', content)]
    await commitVersion(ctx, { project, dataset, files, message: '' })
    const source = `
entities: {k: {key: k0}}
views:
  names: {entity: k, source: names, aggregations: {sum: {function: sum, expression: pos + e0 + m0, window: 2d}}}
  newest: {entity: k, source: names, features: {newest: start}}
services: {names: {request: {t: number}, views: [names, newest], expressions: {twice: t * 2}}}`
    await applyFeaturesDeclaration(ctx, { project, source })
    const keep = names.filter((name) => name !== 'label')
    const spine = { data: dataset, seed: 1, sample: 2, label: 'wanted=label > 1', keep }
    const set = await joinFeatures(ctx, { project, service: 'names', spine })
    const rows = await ctx.frames.session(async (session) =>
      session.rows(
        `SELECT * FROM ${session.scan([await ctx.blobs.localPath(set.sha256)], 'parquet')}`,
      ),
    )
    assert.deepEqual(
      rows.map((row) => [
        row['pos'],
        row['a "b"'],
        row['wanted'],
        row['sum'],
        row['newest'],
        row['twice'],
      ]),
      rows.map(({ ts }) => {
        const i = at.indexOf(ts as number)
        // What x did on the first day counts on the second.
        return [i + 1, i + 1, i === 0 ? 0 : 1, [3, 9, 9][i], i + 1, 2 * (i + 1)]
      }),
    )
    assert.equal(rows.length, 2)
  })
})
