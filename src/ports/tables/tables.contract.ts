import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import { GyreError } from '#kernel/errors'
import type { Tables } from './tables.ts'

interface Db {
  things: { id: string; count: number; size: number | null; note: string | null }
}

/** What every `Tables` promises. `open` gives an empty database. */
export function runTablesContract(name: string, open: () => Promise<Tables>): void {
  describe(`tables on ${name}`, () => {
    testAtomicity(open)
    testConcurrency(open)
    testFailures(open)
    testValues(open)
    testReading(open)
  })
}

type Open = () => Promise<Tables>

async function withThings(open: Open, work: (tables: Tables) => Promise<void>): Promise<void> {
  const tables = await open()
  try {
    const postgres = tables.dialect === 'postgres'
    await tables.write<Db, void>(async (tx) => {
      await tx.schema
        .createTable('things')
        .addColumn('id', postgres ? sql`text collate "C"` : 'text', (c) => c.primaryKey())
        .addColumn('count', postgres ? 'bigint' : 'integer', (c) => c.notNull())
        .addColumn('size', postgres ? 'double precision' : 'real')
        .addColumn('note', 'text')
        .execute()
    })
    await work(tables)
  } finally {
    await tables.close()
  }
}

function insert(tables: Tables, id: string, count = 0): Promise<unknown> {
  return tables.write<Db, unknown>((tx) =>
    tx.insertInto('things').values({ id, count, size: null, note: null }).execute(),
  )
}

async function ids(tables: Tables): Promise<string[]> {
  const rows = await tables.read<Db>().selectFrom('things').select('id').orderBy('id').execute()
  return rows.map((row) => row.id)
}

function isGyreError(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof GyreError && thrown.code === code
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

function testValues(open: Open): void {
  test('values come back as they went in', () =>
    withThings(open, async (tables) => {
      const rows = [
        { id: 'bounds', count: Number.MAX_SAFE_INTEGER, size: 5e-324, note: '' },
        { id: 'negative', count: -Number.MAX_SAFE_INTEGER, size: -1.5, note: '日本 🛩 "\'\\' },
        { id: 'none', count: 0, size: null, note: null },
        { id: 'infinite', count: 1, size: Infinity, note: '{"a":[1]}' },
      ]
      await tables.write<Db, unknown>((tx) => tx.insertInto('things').values(rows).execute())
      const found = await tables
        .read<Db>()
        .selectFrom('things')
        .select(['id', 'count', 'size', 'note'])
        .orderBy('id')
        .execute()
      const expected = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      assert.deepEqual(
        found.map((row) => ({ ...row })),
        expected,
      )
    }))

  test('NaN is refused, since not every engine could keep it', () =>
    withThings(open, async (tables) => {
      const row = { id: 'a', count: 1, size: Number.NaN, note: null }
      await assert.rejects(
        tables.write<Db, unknown>((tx) => tx.insertInto('things').values(row).execute()),
        isGyreError('invalid'),
      )
    }))

  test('counts, sums and averages are numbers', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a', 1)
      await insert(tables, 'b', 2)
      const row = await tables
        .read<Db>()
        .selectFrom('things')
        .select((eb) => [
          eb.fn.countAll<number>().as('n'),
          eb.fn.sum<number>('count').as('sum'),
          eb.fn.avg<number>('count').as('mean'),
        ])
        .executeTakeFirst()
      assert.deepEqual({ ...row }, { n: 2, sum: 3, mean: 1.5 })
    }))

  test('texts are ordered by their bytes, and LIKE minds the case', () =>
    withThings(open, async (tables) => {
      for (const id of ['b', 'B', 'a', 'é', '_']) await insert(tables, id)
      assert.deepEqual(await ids(tables), ['B', '_', 'a', 'b', 'é'])
      const rows = await tables
        .read<Db>()
        .selectFrom('things')
        .select('id')
        .where('id', 'like', 'B%')
        .execute()
      assert.deepEqual(
        rows.map((row) => row.id),
        ['B'],
      )
    }))

  test('an update says how many rows it changed', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a')
      await insert(tables, 'b')
      const { numUpdatedRows } = await tables.write<Db, { numUpdatedRows: bigint }>((tx) =>
        tx.updateTable('things').set({ count: 5 }).executeTakeFirstOrThrow(),
      )
      assert.equal(numUpdatedRows, 2n)
    }))
}

function testReading(open: Open): void {
  test('a read transaction keeps its snapshot while others write', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a')
      await tables
        .read<Db>()
        .transaction()
        .execute(async (tx) => {
          const count = async () => (await tx.selectFrom('things').select('id').execute()).length
          assert.equal(await count(), 1)
          await insert(tables, 'b')
          assert.equal(await count(), 1)
        })
      assert.deepEqual(await ids(tables), ['a', 'b'])
    }))

  test('a stream gives all rows and may be left early', () =>
    withThings(open, async (tables) => {
      const rows = Array.from({ length: 250 }, (_, i) => {
        return { id: String(i).padStart(3, '0'), count: i, size: null, note: null }
      })
      await tables.write<Db, unknown>((tx) => tx.insertInto('things').values(rows).execute())
      const query = tables.read<Db>().selectFrom('things').select('count').orderBy('id')
      const seen: number[] = []
      for await (const row of query.stream(100)) seen.push(row.count)
      assert.deepEqual(
        seen,
        rows.map((row) => row.count),
      )
      for await (const row of query.stream(10)) if (row.count === 15) break
      assert.equal((await ids(tables)).length, 250)
    }))

  test('many reads at once all answer', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a')
      const answers = await Promise.all(Array.from({ length: 50 }, () => ids(tables)))
      assert.ok(answers.every((one) => one.length === 1))
    }))
}
