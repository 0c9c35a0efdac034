import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { GyreError } from '#kernel/errors'
import { runFramesContract } from '#ports/frames/frames.contract'
import { openDuckdbFrames } from './frames.ts'

const root = await mkdtemp(join(tmpdir(), 'gyre-duckdb-'))
after(() => rm(root, { recursive: true, force: true }))

runFramesContract('DuckDB', (directory) =>
  openDuckdbFrames({ scratchDirectory: join(directory, 'scratch') }),
)
runFramesContract('DuckDB, locked down', (directory) =>
  openDuckdbFrames({ scratchDirectory: join(root, 'scratch'), allowedDirectories: [directory] }),
)

function isGyreError(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof GyreError && thrown.code === code
}

test('locked down, SQL reaches nothing but its directories', async () => {
  const inside = await mkdtemp(join(root, 'inside-'))
  const outside = await mkdtemp(join(root, 'outside-'))
  await writeFile(join(outside, 'secret.csv'), 'a\n1\n')
  const frames = await openDuckdbFrames({
    scratchDirectory: join(inside, 'scratch'),
    allowedDirectories: [inside],
  })
  const attempts = [
    `SELECT * FROM read_csv('${outside}/secret.csv')`,
    `SELECT * FROM read_text('/etc/passwd')`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT * FROM read_csv('${inside}/../${outside.split('/').at(-1)}/secret.csv')`,
    `SELECT * FROM 'https://example.org/x.parquet'`,
    `COPY (SELECT 1) TO '${outside}/out.csv'`,
    `ATTACH '${outside}/x.db'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    "SET temp_directory = '/tmp'",
    'SET lock_configuration = false',
    "CREATE SECRET s (TYPE s3, KEY_ID 'x')",
  ]
  await frames.session(async (session) => {
    for (const sql of attempts) await assert.rejects(session.run(sql), isGyreError('invalid'), sql)
    assert.deepEqual(await session.rows('SELECT 1 AS a'), [{ a: 1 }])
  })
  await frames.close()
})

test('more memory than allowed is unavailable, and the next query works', async () => {
  const frames = await openDuckdbFrames({
    scratchDirectory: join(root, 'small'),
    memoryLimit: '60MB',
  })
  await frames.session(async (session) => {
    const sql = 'SELECT list(range::VARCHAR) AS l FROM range(5000000)'
    await assert.rejects(
      session.rows(`SELECT len(l) AS n FROM (${sql})`),
      isGyreError('unavailable'),
    )
    assert.deepEqual(await session.rows('SELECT 1 AS a'), [{ a: 1 }])
  })
  await frames.close()
})

test('a query may outgrow the memory by way of the scratch directory', async () => {
  const frames = await openDuckdbFrames({
    scratchDirectory: join(root, 'spill'),
    memoryLimit: '150MB',
  })
  await frames.session(async (session) => {
    const rows = await session.rows(
      `SELECT count(*) AS n FROM (SELECT hash(range)::VARCHAR AS h FROM range(3000000) ORDER BY h)`,
    )
    assert.deepEqual(rows, [{ n: 3_000_000 }])
  })
  await frames.close()
})

test('opening loads nothing: the engine comes with the first query', async () => {
  const before = process.report.getReport() as unknown as { sharedObjects: string[] }
  const loaded = (report: { sharedObjects: string[] }) =>
    report.sharedObjects.some((path) => path.includes('duckdb'))
  // Other tests of this process have loaded it; a process of its own has not.
  const { execFileSync } = await import('node:child_process')
  const program = `const { openDuckdbFrames } = await import(process.argv[1])
    await openDuckdbFrames({ scratchDirectory: '/nowhere' })
    process.stdout.write(String(process.report.getReport().sharedObjects.some((p) => p.includes('duckdb'))))`
  const module = join(import.meta.dirname, 'frames.ts')
  const argv = ['--conditions=gyre-source', '--input-type=module', '-e', program, module]
  assert.equal(String(execFileSync(process.execPath, argv)), 'false')
  assert.equal(loaded(before), true)
})
