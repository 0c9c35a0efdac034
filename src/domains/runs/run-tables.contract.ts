import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type OpenedPlatform, openPlatform } from '#app/platform'
import { asSystem, type Context } from '#domains/access/index'
import { GyreError } from '#kernel/errors'
import { createRun, deleteRun, exportRuns, logToRun, queryRuns, type RunExport } from './index.ts'

/** What reading runs as tables promises, on whichever database `place` names. */
export function testRunTables(place: () => Promise<{ databaseUrl?: string }>): void {
  const project = 'tables'
  const [first, second] = ['1'.repeat(32), '2'.repeat(32)]
  let directory: string
  let opened: OpenedPlatform
  let ctx: Context

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-tables-'))
    opened = await openPlatform({ dataDirectory: directory, ...(await place()) })
    ctx = asSystem(opened.platform, 'test')
    const started = { project, startedAt: Date.UTC(2026, 0, 2), user: 'ada' }
    await createRun(ctx, {
      ...started,
      id: first,
      experiment: 'one',
      name: 'a "quoted", name',
      parameters: { depth: '4', none: '' },
    })
    await createRun(ctx, { ...started, id: second, experiment: 'two', name: 'b' })
    const gone = await createRun(ctx, { ...started, experiment: 'one' })
    await deleteRun(ctx, { project, run: gone.id })
    await createRun(ctx, { project: 'other', experiment: 'one', name: 'secret' })
    const metrics = [1, 2, 3].map((step) => ({
      key: 'loss',
      value: 1 / step,
      step,
      timestamp: step,
    }))
    const odd = [
      { key: 'odd', value: 'NaN' as const, step: 1, timestamp: 1 },
      { key: 'odd', value: 'Infinity' as const, step: 2, timestamp: 2 },
    ]
    await logToRun(ctx, { project, run: first, metrics: [...metrics, ...odd] })
  })
  after(async () => {
    await opened.close()
    await rm(directory, { recursive: true })
  })

  const ask = (sql: string, more: { maxRows?: number; experiments?: number[] } = {}) =>
    queryRuns(ctx, { project, sql, maxRows: 100, ...more })

  const refused = (sql: string, code = 'invalid') =>
    assert.rejects(ask(sql), (thrown) => thrown instanceof GyreError && thrown.code === code, sql)

  async function fileOf(input: Omit<RunExport, 'project'>): Promise<Uint8Array> {
    return Buffer.concat(await Array.fromAsync(exportRuns(ctx, { project, ...input })))
  }

  test('SQL joins what was tracked, of one project and without deleted runs', async () => {
    const found = await ask(
      `SELECT r.name, p.value AS depth, m.value, m.minimum, m.count, r.started_at
       FROM runs r JOIN params p USING (run_id) JOIN metrics m USING (run_id)
       WHERE p.key = 'depth' AND m.key = 'loss' -- a comment at the end`,
    )
    assert.deepEqual(
      found.columns.map(({ name, type }) => `${name} ${type}`),
      [
        'name string',
        'depth string',
        'value number',
        'minimum number',
        'count integer',
        'started_at timestamp',
      ],
    )
    assert.deepEqual(found.rows, [['a "quoted", name', '4', 1 / 3, 1 / 3, 3, Date.UTC(2026, 0, 2)]])
    assert.deepEqual((await ask('SELECT count(*) AS n FROM runs')).rows, [[2]])
    assert.deepEqual((await ask('FROM points SELECT count(*) AS n')).rows, [[5]])
    const odd = await ask("SELECT value FROM points WHERE key = 'odd' ORDER BY step;")
    assert.deepEqual(odd.rows, [['NaN'], ['Infinity']])
    const one = await ask('SELECT name FROM runs', { experiments: [2] })
    assert.deepEqual(one.rows, [['b']])
  })

  test('a long result is cut and says so', async () => {
    const cut = await ask('SELECT range AS n FROM range(1000)', { maxRows: 3 })
    assert.deepEqual([cut.rows, cut.truncated], [[[0], [1], [2]], true])
    assert.equal((await ask('SELECT 1 AS n', { maxRows: 1 })).truncated, false)
  })

  test('SQL reaches nothing but the tables', async () => {
    const file = join(directory, 'secret.csv')
    await writeFile(file, 'a,b\n1,2\n')
    for (const sql of [
      `SELECT * FROM read_csv('${file}')`,
      `SELECT * FROM '${file}'`,
      `SELECT content FROM read_text('/etc/hostname')`,
      `SELECT * FROM glob('/*')`,
      `SELECT * FROM read_parquet('https://example.org/x.parquet')`,
      `COPY (SELECT 1) TO '${join(directory, 'out.csv')}'`,
      `ATTACH '${join(directory, 'x.db')}' AS x`,
      'INSTALL httpfs',
      'LOAD httpfs',
      "SET memory_limit = '100GB'",
      'CREATE TABLE x AS SELECT 1',
      'DROP TABLE runs',
      'SELECT 1; SELECT 2',
      `SELECT 1) ; COPY (SELECT 1) TO '${join(directory, 'out.csv')}' ; SELECT * FROM (SELECT 1`,
      'SELECT nonsense FROM runs',
      '',
      ';',
    ]) {
      await refused(sql)
    }
    assert.ok(!(await readdir(directory)).includes('out.csv'))
  })

  test('a query that wants too much memory is stopped, and the next one works', async () => {
    await refused('SELECT list(range) AS all_of FROM range(300000000)', 'unavailable')
    const leaving = new AbortController()
    const endless =
      'SELECT count(DISTINCT hash(a.range, b.range)) AS n FROM range(100000) a, range(100000) b'
    const asked = queryRuns(
      { ...ctx, signal: leaving.signal },
      { project, sql: endless, maxRows: 1 },
    )
    setTimeout(() => leaving.abort(), 200)
    await assert.rejects(asked, (thrown) => thrown instanceof GyreError)
    assert.deepEqual((await ask('SELECT 1 AS n')).rows, [[1]])
  })

  test('CSV says everything as text', async () => {
    const runs = String(await fileOf({ table: 'runs', format: 'csv' }))
    const [header, row] = runs.split('\r\n')
    assert.equal(
      header,
      'run_id,name,experiment_id,experiment,status,user_name,parent_run_id,started_at,ended_at',
    )
    assert.equal(row, `${first},"a ""quoted"", name",1,one,running,ada,,2026-01-02T00:00:00.000Z,`)
    const parameters = String(await fileOf({ table: 'parameters', format: 'csv' }))
    assert.equal(parameters, `run_id,key,value\r\n${first},depth,4\r\n${first},none,""\r\n`)
    const points = String(await fileOf({ table: 'points', format: 'csv', experiments: [1] }))
    assert.match(points, /,odd,1,1970-01-01T00:00:00.001Z,NaN\r\n.*,odd,2,.*,Infinity\r\n/)
    const nothing = String(await fileOf({ table: 'points', format: 'csv', experiments: [99] }))
    assert.equal(nothing, 'run_id,key,step,timestamp,value\r\n')
  })

  test('Parquet has the same, with types', async () => {
    for (const table of ['runs', 'points', 'metrics', 'tags'] as const) {
      const path = join(directory, `${table}.parquet`)
      await writeFile(path, await fileOf({ table, format: 'parquet' }))
      await ctx.frames.session(async (session) => {
        const [counted] = await session.rows<{ n: number }>(
          `SELECT count(*) AS n FROM ${session.scan([path])}`,
        )
        assert.equal(counted?.n, { runs: 2, points: 5, metrics: 2, tags: 0 }[table], table)
      })
    }
    await ctx.frames.session(async (session) => {
      const source = session.scan([join(directory, 'points.parquet')])
      const [found] = await session.rows<{ nans: number; infinite: number; type: string }>(
        `SELECT count(*) FILTER (isnan(value)) AS nans, count(*) FILTER (isinf(value)) AS infinite,
                any_value(typeof(timestamp)) AS type FROM ${source}`,
      )
      assert.deepEqual(found, { nans: 1, infinite: 1, type: 'TIMESTAMP' })
    })
  })
}
