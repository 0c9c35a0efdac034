import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { after, test } from 'node:test'
import { runLeasesContract } from '#ports/lease/lease.contract'
import { runQueueContract } from '#ports/queue/queue.contract'
import { freshSchema, postgresUrl } from '../sql/fresh-schema.contract.ts'
import { openPostgres } from '../sql/postgres.ts'
import { workOn } from './under-test.contract.ts'

const drops: (() => Promise<void>)[] = []

after(async () => {
  for (const drop of drops) await drop()
})

if (postgresUrl === undefined) {
  test('PostgreSQL', { skip: 'GYRE_TEST_POSTGRES_URL is not set' })
} else {
  const open = async () => {
    const { url, drop } = await freshSchema()
    drops.push(drop)
    return workOn(await openPostgres(url))
  }
  runQueueContract('PostgreSQL', open)
  runLeasesContract('PostgreSQL', open)

  test('a job is not claimed between the check of its holder and the commit', async () => {
    const { tables, queue, advance, close } = await open()
    const elsewhere = AsyncLocalStorage.snapshot()
    const job = { kind: 'work', project: 'default', payload: null }
    await tables.write<unknown, void>((tx) => queue.insert(tx, [job]))
    const late = await queue.claim(['work'], 'late', 1000)
    assert.ok(late)
    advance(2000)
    await tables.write<unknown, void>(async (tx) => {
      await queue.assertHeld(tx, late)
      const claimed = await elsewhere(() => queue.claim(['work'], 'other', 1000))
      assert.equal(claimed, undefined)
    })
    assert.ok(await queue.claim(['work'], 'other', 1000))
    await close()
  })
}
