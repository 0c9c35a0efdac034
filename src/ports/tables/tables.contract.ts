import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { GyreError } from '#kernel/errors'
import { testScans } from './tables-scans.contract.ts'
import { testReading, testValues } from './tables-reading.contract.ts'
import { type Db, ids, insert, isGyreError, type Open, withThings } from './things.contract.ts'

/** What every `Tables` promises. `open` gives an empty database. */
export function runTablesContract(name: string, open: Open): void {
  describe(`tables on ${name}`, () => {
    testAtomicity(open)
    testConcurrency(open)
    testFailures(open)
    testValues(open)
    testReading(open)
    testScans(open)
  })
}

function testAtomicity(open: Open): void {
  test('a write is there for every read once it returned', () =>
    withThings(open, async (tables) => {
      const value = await tables.write<Db, string>(async (tx) => {
        await tx
          .insertInto('things')
          .values({ id: 'a', count: 1, size: null, note: null })
          .execute()
        return 'answer'
      })
      assert.equal(value, 'answer')
      assert.deepEqual(await ids(tables), ['a'])
    }))

  test('a write that throws leaves nothing, and the error is the one thrown', () =>
    withThings(open, async (tables) => {
      const mine = new GyreError({ code: 'refused', public: 'no' })
      await assert.rejects(
        tables.write<Db, void>(async (tx) => {
          await tx
            .insertInto('things')
            .values({ id: 'a', count: 1, size: null, note: null })
            .execute()
          throw mine
        }),
        (thrown) => thrown === mine,
      )
      assert.deepEqual(await ids(tables), [])
    }))

  test('a write inside a write throws instead of waiting for itself', () =>
    withThings(open, async (tables) => {
      await assert.rejects(
        tables.write(() => insert(tables, 'inner')),
        /inside a write/i,
      )
      await insert(tables, 'after')
      assert.deepEqual(await ids(tables), ['after'])
    }))

  test('what a write leaves running may write once it is over', () =>
    withThings(open, async (tables) => {
      let later: Promise<unknown> | undefined
      const over = Promise.withResolvers<void>()
      await tables.write<Db, void>(async () => {
        later = over.promise.then(() => insert(tables, 'later'))
      })
      over.resolve()
      await later
      assert.deepEqual(await ids(tables), ['later'])
    }))
}

function testConcurrency(open: Open): void {
  test('writes at the same time are serial: no increment is lost', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'n')
      const increment = () =>
        tables.write<Db, void>(async (tx) => {
          const row = await tx.selectFrom('things').select('count').executeTakeFirstOrThrow()
          await tx
            .updateTable('things')
            .set({ count: row.count + 1 })
            .execute()
        })
      await Promise.all(Array.from({ length: 100 }, increment))
      const row = await tables.read<Db>().selectFrom('things').select('count').executeTakeFirst()
      assert.equal(row?.count, 100)
    }))

  test('a write that fails takes nothing of its neighbours with it', () =>
    withThings(open, async (tables) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 30 }, (_, i) => insert(tables, `row ${i % 20}`)),
      )
      assert.equal(outcomes.filter((one) => one.status === 'rejected').length, 10)
      assert.equal((await ids(tables)).length, 20)
    }))

  test('a read during a write sees what is committed, and does not wait', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'before')
      await tables.write<Db, void>(async (tx) => {
        await tx
          .insertInto('things')
          .values({ id: 'open', count: 1, size: null, note: null })
          .execute()
        assert.deepEqual(await ids(tables), ['before'])
      })
      assert.deepEqual(await ids(tables), ['before', 'open'])
    }))

  test('a statement is a change by itself, and fails by itself', () =>
    withThings(open, async (tables) => {
      const row = { id: 'a', count: 1, size: null, note: null }
      const state = () =>
        tables.statement<Db, unknown>((db) => db.insertInto('things').values(row).execute())
      await state()
      await assert.rejects(state(), isGyreError('already_exists'))
      await assert.rejects(tables.write(state), /inside a write/i)
      assert.deepEqual(await ids(tables), ['a'])
    }))

  test('an async context is that of the caller, also when writes are grouped', () =>
    withThings(open, async (tables) => {
      const { AsyncLocalStorage } = await import('node:async_hooks')
      const storage = new AsyncLocalStorage<number>()
      const seen = await Promise.all(
        [1, 2, 3].map((n) =>
          storage.run(n, () =>
            tables.write<Db, number | undefined>(async (tx) => {
              await tx.selectFrom('things').select('id').execute()
              return storage.getStore()
            }),
          ),
        ),
      )
      assert.deepEqual(seen, [1, 2, 3])
    }))
}

function testFailures(open: Open): void {
  test('a second row of the same key is already_exists and says which', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a')
      await assert.rejects(
        insert(tables, 'a'),
        (thrown) => isGyreError('already_exists')(thrown) && /things\.id/.test(String(thrown)),
      )
    }))

  test('a statement that failed dooms its write, even when it is caught', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a')
      const write = tables.write<Db, void>(async (tx) => {
        const row = { id: 'b', count: 1, size: null, note: null }
        await tx.insertInto('things').values(row).execute()
        await tx
          .insertInto('things')
          .values(row)
          .execute()
          .catch(() => undefined)
      })
      await assert.rejects(write, isGyreError('already_exists'))
      assert.deepEqual(await ids(tables), ['a'])
      await insert(tables, 'c')
    }))

  test('after a failed statement, the next says the same', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a')
      await assert.rejects(
        tables.write<Db, void>(async (tx) => {
          const row = { id: 'a', count: 1, size: null, note: null }
          await tx
            .insertInto('things')
            .values(row)
            .execute()
            .catch(() => undefined)
          await tx.selectFrom('things').select('id').execute()
        }),
        isGyreError('already_exists'),
      )
    }))

  test('a bad statement is internal and keeps its text from users', () =>
    withThings(open, async (tables) => {
      const query = sql`select nothing_of_this from things`
      await assert.rejects(query.execute(tables.read<Db>()), (thrown) => {
        assert.ok(isGyreError('internal')(thrown))
        assert.doesNotMatch((thrown as GyreError).public, /nothing_of_this/)
        assert.match(String((thrown as GyreError).internal), /nothing_of_this/)
        return true
      })
    }))

  test('a reader cannot write', () =>
    withThings(open, async (tables) => {
      const row = { id: 'a', count: 1, size: null, note: null }
      const write = tables.read<Db>().insertInto('things').values(row).execute()
      await assert.rejects(write, isGyreError('unavailable'))
      assert.deepEqual(await ids(tables), [])
    }))

  test('a closed database is unavailable', async () => {
    const tables = await open()
    await tables.close()
    await assert.rejects(insert(tables, 'a'), isGyreError('unavailable'))
  })

  test('close waits for the writes before it', async () => {
    await withThings(open, async (tables) => {
      const writes = [insert(tables, 'a'), insert(tables, 'b')]
      await tables.close()
      await Promise.all(writes)
    })
  })
}
