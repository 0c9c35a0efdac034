import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Tables } from './tables.ts'
import { type Db, ids, insert, isGyreError, type Open, withThings } from './things.contract.ts'

/** Counts up to a number, which takes as long as it is large. */
function countTo(tables: Tables, most: number): Promise<unknown> {
  return sql`with recursive counted(n) as
      (select 1 union all select n + 1 from counted where n < cast(${most} as integer))
    select count(*) as n from counted`.execute(tables.scan())
}

export function testScans(open: Open): void {
  test('a scan sees what was written before it', () =>
    withThings(open, async (tables) => {
      for (let i = 0; i < 20; i++) {
        await insert(tables, String(i))
        const rows = await tables.scan<Db>().selectFrom('things').select('id').execute()
        assert.equal(rows.length, i + 1)
      }
    }))

  test('rows of a scan are those of a read', () =>
    withThings(open, async (tables) => {
      const rows = [
        { id: 'large', count: Number.MAX_SAFE_INTEGER, size: Infinity, note: '日本 🛩' },
        { id: 'none', count: 0, size: null, note: null },
      ]
      await tables.write<Db, unknown>((tx) => tx.insertInto('things').values(rows).execute())
      const found = await tables.scan<Db>().selectFrom('things').selectAll().orderBy('id').execute()
      assert.deepEqual(
        found.map((row) => ({ ...row })),
        rows,
      )
      const none = tables.scan<Db>().selectFrom('things').selectAll().where('id', '=', '-')
      assert.deepEqual(await none.execute(), [])
    }))

  test('a wrong statement fails alone, and a scan writes nothing', () =>
    withThings(open, async (tables) => {
      await assert.rejects(sql`select nothing from nowhere`.execute(tables.scan()))
      await assert.rejects(
        sql`insert into things (id, count) values ('a', 1)`.execute(tables.scan()),
      )
      assert.deepEqual(await ids(tables), [])
      await countTo(tables, 3)
    }))

  test('a transaction of scans keeps its snapshot while others write', () =>
    withThings(open, async (tables) => {
      await insert(tables, 'a')
      await tables
        .scan<Db>()
        .transaction()
        .execute(async (tx) => {
          const count = async () => (await tx.selectFrom('things').select('id').execute()).length
          assert.equal(await count(), 1)
          await insert(tables, 'b')
          assert.equal(await count(), 1)
        })
    }))

  test('nobody waits for scans, and more of them than can run take their turns', () =>
    withThings(open, async (tables) => {
      const order: string[] = []
      const scans = [4_000_000, 4_000_000, 10, 10, 10, 10].map(async (most) => {
        await countTo(tables, most)
        if (most > 10) order.push('scan')
      })
      await insert(tables, 'a')
      assert.deepEqual(await ids(tables), ['a'])
      order.push('read')
      await Promise.all(scans)
      assert.deepEqual(order, ['read', 'scan', 'scan'])
    }))

  test('a scan that takes too long is given up, and the next ones work', () =>
    withThings(
      open,
      async (tables) => {
        for (let i = 0; i < 2; i++) {
          await assert.rejects(countTo(tables, 10_000_000), isGyreError('too_large'))
        }
        const next = () => sql`select 1`.execute(tables.scan())
        while (await next().then(() => false, isGyreError('unavailable'))) {
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        await next()
      },
      { timeoutMs: 400 },
    ))
}
