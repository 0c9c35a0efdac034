import assert from 'node:assert/strict'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'
import { runTablesContract } from '#ports/tables/tables.contract'
import { runMigrationContract } from './migrate.contract.ts'
import { openSqlite } from './sqlite.ts'

const directory = await mkdtemp(join(tmpdir(), 'gyre-sqlite-'))
after(() => rm(directory, { recursive: true }))
let files = 0
const freshPath = () => join(directory, `${++files}.db`)

runTablesContract('SQLite', (limit) => openSqlite(freshPath(), limit))
runMigrationContract('SQLite', async () => {
  const path = freshPath()
  return () => openSqlite(path)
})

const unavailable =
  (text: RegExp) =>
  (thrown: unknown): boolean =>
    thrown instanceof GyreError && thrown.code === 'unavailable' && text.test(thrown.public)

async function fill(tables: Tables, text: string): Promise<void> {
  await tables.write<unknown, void>(async (tx) => {
    await sql`insert into t values (${text})`.execute(tx)
  })
}

test('a full disk fails the write whole, its neighbours too, and the next works', async () => {
  const tables = await openSqlite(freshPath())
  await tables.write<unknown, void>(async (tx) => void (await sql`create table t (x)`.execute(tx)))
  await tables.write<unknown, void>(
    async (tx) => void (await sql`pragma max_page_count = 20`.execute(tx)),
  )
  const outcomes = await Promise.allSettled([
    fill(tables, 'small'),
    fill(tables, 'x'.repeat(500_000)),
    fill(tables, 'small, too'),
  ])
  assert.equal(outcomes[1]?.status, 'rejected')
  assert.ok(unavailable(/disk .* full/)((outcomes[1] as PromiseRejectedResult).reason))
  const acknowledged = outcomes.filter((one) => one.status === 'fulfilled').length
  const count = async () =>
    (await sql<{ n: number }>`select count(*) as n from t`.execute(tables.read())).rows[0]?.n
  assert.equal(await count(), acknowledged)
  await fill(tables, 'after')
  assert.equal(await count(), acknowledged + 1)
  await tables.close()
})

test('what is no database is said to be none, with its name', async () => {
  const path = freshPath()
  await writeFile(path, 'this is a text, and a rather long one, that SQLite cannot read at all')
  await assert.rejects(openSqlite(path), unavailable(/not a SQLite database.*\.db/))
})

test('a directory that is not there is said to be so', async () => {
  const path = join(directory, 'nowhere', 'x.db')
  await assert.rejects(openSqlite(path), unavailable(/cannot be opened/))
})

test('a damaged file is reported when it is read', async () => {
  const path = freshPath()
  const tables = await openSqlite(path)
  await tables.write<unknown, void>(async (tx) => void (await sql`create table t (x)`.execute(tx)))
  for (let i = 0; i < 20; i++) await fill(tables, 'x'.repeat(3000))
  await tables.close()
  const { byteLength } = await readFile(path)
  const file = await open(path, 'r+')
  await file.write(Buffer.alloc(byteLength - 8192, 0xa5), 0, byteLength - 8192, 8192)
  await file.close()
  const damaged = await openSqlite(path)
  await assert.rejects(
    sql`select count(x) from t where x like 'y%'`.execute(damaged.read()),
    unavailable(/damaged.*backup/),
  )
  await damaged.close()
})

test('a write waits for another process without stopping the event loop', async () => {
  const path = freshPath()
  const tables = await openSqlite(path)
  await tables.write<unknown, void>(async (tx) => void (await sql`create table t (x)`.execute(tx)))
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  setTimeout(() => other.exec('commit'), 200)
  await fill(tables, 'waited')
  clearInterval(timer)
  assert.ok(turns > 3, `only ${turns} turns while it waited`)
  other.close()
  await tables.close()
})

test('it is durable in the write-ahead log, by full synchronisation', async () => {
  const tables = await openSqlite(freshPath())
  const pragmas = await tables.write<unknown, unknown[]>(async (tx) => [
    (await sql`pragma journal_mode`.execute(tx)).rows[0],
    (await sql`pragma synchronous`.execute(tx)).rows[0],
  ])
  assert.deepEqual(
    pragmas.map((row) => Object.values(row as object)[0]),
    ['wal', 2],
  )
  await tables.close()
})
