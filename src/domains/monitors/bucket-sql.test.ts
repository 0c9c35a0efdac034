import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { createRandom } from '#science/random'
import { type BucketColumn, countBuckets, type DayCounts } from './bucket-sql.ts'

let opened: OpenedPlatform
let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gyre-buckets-'))
  opened = await openPlatform({ dataDirectory: directory })
})
after(async () => {
  await opened.close()
  await rm(directory, { recursive: true, force: true })
})

const dayMs = 86_400_000
const firstDay = Date.UTC(2001, 0, 1)

interface Table {
  at: number[]
  columns: Record<string, (number | null)[]>
}

function count(table: Table, columns: BucketColumn[], where = 'true'): Promise<DayCounts[]> {
  return opened.platform.frames.session(async (session) => {
    const names = Object.keys(table.columns)
    await session.createTable('given', [
      { name: 'moment', type: 'number', values: table.at },
      ...names.map((name) => ({
        name,
        type: 'number' as const,
        values: table.columns[name] ?? [],
      })),
    ])
    await session.run(
      'CREATE TEMP TABLE log AS SELECT * EXCLUDE (moment), CAST(moment AS BIGINT) AS event_at FROM given',
    )
    return countBuckets(session, 'log', where, columns)
  })
}

test('counts by day equal those of the definition', async () => {
  const random = createRandom(7)
  const rows = 3000
  const edges = [-1.5, -0.5, 0, 0.1, 0.7, 2].map(Math.fround)
  const values = Array.from({ length: rows }, (_, row) => {
    // Some lie on an edge, some have no value.
    if (row % 10 === 0) return null
    return row % 7 === 0 ? (edges[row % edges.length] ?? 0) : random.normal()
  })
  const at = values.map(() => firstDay + Math.floor(random.next() * 5 * dayMs))
  const column = { name: 'feature', source: 'x "quoted"', edges, rounded: true }
  const found = await count({ at, columns: { [column.source]: values } }, [column])
  const expected = Array.from({ length: 5 }, () => new Array<number>(edges.length + 2).fill(0))
  values.forEach((value, row) => {
    const day = expected[Math.floor(((at[row] ?? 0) - firstDay) / dayMs)] ?? []
    const bucket =
      value === null ? edges.length + 1 : edges.filter((edge) => Math.fround(value) >= edge).length
    day[bucket] = (day[bucket] ?? 0) + 1
  })
  assert.deepEqual(
    found.map(({ day }) => day),
    expected.map((_, day) => firstDay + day * dayMs),
  )
  assert.deepEqual(
    found.map(({ counts }) => counts['feature']),
    expected,
  )
  assert.equal(
    found.reduce((sum, day) => sum + day.rows, 0),
    rows,
  )
})

test('values are rounded as models see them, where the edges are', async () => {
  const edge = Math.fround(0.1)
  const values = [0.1, 0.0999999]
  const table = { at: [firstDay, firstDay], columns: { x: values } }
  const column = { name: 'x', source: 'x', edges: [edge] }
  const [rounded] = await count(table, [{ ...column, rounded: true }])
  const [plain] = await count(table, [{ ...column, rounded: false }])
  // 0.1 is less than the nearest 32-bit float, which the model sees in its place.
  assert.deepEqual(rounded?.counts['x'], [1, 1, 0])
  assert.deepEqual(plain?.counts['x'], [2, 0, 0])
})

test('a column without edges has one bucket, and a condition leaves rows out', async () => {
  const table = { at: [firstDay, firstDay, firstDay + dayMs], columns: { x: [1, null, 3] } }
  const column = { name: 'x', source: 'x', edges: [], rounded: false }
  assert.deepEqual(await count(table, [column], `event_at < ${firstDay + dayMs}`), [
    { day: firstDay, rows: 2, counts: { x: [1, 1] } },
  ])
  assert.deepEqual(await count(table, [column], 'false'), [])
})

test('many columns take several queries, and count their rows once', async () => {
  const names = Array.from({ length: 95 }, (_, i) => `x${i}`)
  const columns = Object.fromEntries(names.map((name, i) => [name, [i, i + 1, null]]))
  const found = await count(
    { at: [firstDay, firstDay, firstDay], columns },
    names.map((name, i) => ({ name, source: name, edges: [i + 0.5], rounded: false })),
  )
  assert.equal(found.length, 1)
  assert.equal(found[0]?.rows, 3)
  assert.deepEqual(new Set(names.map((name) => String(found[0]?.counts[name]))), new Set(['1,1,1']))
})
