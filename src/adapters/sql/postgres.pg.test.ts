import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { GyreError } from '#kernel/errors'
import { runTablesContract } from '#ports/tables/tables.contract'
import { freshSchema, postgresUrl } from './fresh-schema.contract.ts'
import { runMigrationContract } from './migrate.contract.ts'
import { openPostgres } from './postgres.ts'

const drops: (() => Promise<void>)[] = []

async function freshUrl(): Promise<string> {
  const { url, drop } = await freshSchema()
  drops.push(drop)
  return url
}

after(async () => {
  for (const drop of drops) await drop()
})

if (postgresUrl === undefined) {
  test('PostgreSQL', { skip: 'GYRE_TEST_POSTGRES_URL is not set' })
} else {
  runTablesContract('PostgreSQL', async (limit) => openPostgres(await freshUrl(), limit))
  runMigrationContract('PostgreSQL', async () => {
    const url = await freshUrl()
    return () => openPostgres(url)
  })

  test('a lost connection is unavailable, and the next write works', async () => {
    const tables = await openPostgres(await freshUrl())
    await assert.rejects(
      tables.write<unknown, unknown>((tx) =>
        sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx),
      ),
      (thrown) => thrown instanceof GyreError && thrown.code === 'unavailable' && thrown.retryable,
    )
    const { rows } = await tables.write<unknown, { rows: unknown[] }>((tx) =>
      sql`select 1 as one`.execute(tx),
    )
    assert.deepEqual(rows, [{ one: 1 }])
    await tables.close()
  })

  test('a transient failure is tried again', async () => {
    const tables = await openPostgres(await freshUrl())
    let attempts = 0
    await tables.write<unknown, void>(async (tx) => {
      attempts++
      if (attempts < 3) await sql`do $$ begin raise sqlstate '40001'; end $$`.execute(tx)
    })
    assert.equal(attempts, 3)
    await tables.close()
  })

  test('a wrong password, database or port is told apart, without the secret', async () => {
    const cases = [
      (url: URL) => void (url.port = '1'),
      (url: URL) => void (url.pathname = '/no_such_database'),
    ]
    for (const change of cases) {
      const url = new URL(postgresUrl as string)
      url.password = 'secret-word'
      change(url)
      await assert.rejects(openPostgres(url.href), (thrown) => {
        assert.ok(thrown instanceof GyreError && thrown.code === 'unavailable')
        assert.doesNotMatch(`${thrown.public} ${thrown.internal}`, /secret-word/)
        return true
      })
    }
  })
}

test('a URL of something else is invalid', async () => {
  for (const url of ['mysql://x/y', 'postgres', '']) {
    await assert.rejects(
      openPostgres(url),
      (thrown) => thrown instanceof GyreError && thrown.code === 'invalid',
    )
  }
})
