import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { type Db, ids, insert, isGyreError, type Open, withThings } from './things.contract.ts'

interface BytesDb {
  boxes: { id: string; body: Uint8Array }
}

export function testValues(open: Open): void {
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

  test('bytes come back as they went in, zeros and none at all, too', () =>
    withThings(open, async (tables) => {
      const postgres = tables.dialect === 'postgres'
      await tables.write<BytesDb, void>(async (tx) => {
        await tx.schema
          .createTable('boxes')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('body', postgres ? sql`bytea` : 'blob', (c) => c.notNull())
          .execute()
        const all = Uint8Array.from({ length: 300_000 }, (_, i) => i % 256)
        const part = all.subarray(255, 259)
        const rows = [all, part, new Uint8Array(0)].map((body, i) => ({ id: String(i), body }))
        await tx.insertInto('boxes').values(rows).execute()
      })
      const rows = await tables
        .read<BytesDb>()
        .selectFrom('boxes')
        .selectAll()
        .orderBy('id')
        .execute()
      const bodies = rows.map(({ body }) => Uint8Array.from(body))
      assert.deepEqual(
        bodies.map((body) => body.length),
        [300_000, 4, 0],
      )
      assert.ok(bodies[0]?.every((byte, i) => byte === i % 256))
      assert.deepEqual(bodies[1], Uint8Array.of(255, 0, 1, 2))
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

export function testReading(open: Open): void {
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
