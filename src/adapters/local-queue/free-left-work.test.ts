import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openSqlite } from '../sql/sqlite.ts'
import { migrateTables } from '../sql/migrate.ts'
import { freeLeftWork } from './free-left-work.ts'
import { createSqlLeases } from './leases.ts'
import { createSqlQueue } from './queue.ts'

const directory = await mkdtemp(join(tmpdir(), 'gyre-left-work-'))
after(() => rm(directory, { recursive: true }))

test('what a dead process held can be taken at once, and its old tokens are worth nothing', async () => {
  const tables = await openSqlite(join(directory, 'left.db'))
  await migrateTables(tables)
  const clock = (): number => 1000
  let ids = 0
  const queue = createSqlQueue(tables, { newId: () => `job-${++ids}`, clock })
  const leases = createSqlLeases(tables, { clock })
  await tables.write((tx) => queue.insert(tx, [{ kind: 'k', project: 'p', payload: {} }]))
  const dead = await queue.claim(['k'], 'dead', 30_000)
  const led = await leases.acquire('loop', 'dead', 10_000)
  assert.ok(dead !== undefined && led !== undefined)
  assert.equal(await queue.claim(['k'], 'next', 30_000), undefined)
  assert.equal(await leases.acquire('loop', 'next', 10_000), undefined)

  await freeLeftWork(tables, clock())
  const again = await queue.claim(['k'], 'next', 30_000)
  assert.equal(again?.id, dead.id)
  assert.equal(again.attempt, 2)
  assert.match(again.reason ?? '', /dead stopped answering/)
  assert.ok((await leases.acquire('loop', 'next', 10_000)) !== undefined)
  await assert.rejects(queue.complete(dead), { code: 'conflict' })
  assert.equal(await leases.renew(led, 10_000), false)
  await tables.close()
})
