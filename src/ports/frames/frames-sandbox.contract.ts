import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Frames } from './frames.ts'
import { failsWith } from './frames-session.contract.ts'

const limits = { memoryBytes: 256 * 2 ** 20, threads: 1 }

/** What a session for a user's SQL promises. */
export function testSandbox(frames: () => Frames): void {
  test('a sandbox sees its own tables, and each is a new one', async () => {
    const values = [1, null, 3]
    const rows = await frames().sandbox(limits, async (session) => {
      await session.createTable('mine', [{ name: 'n', type: 'integer', values }])
      return session.rows('SELECT sum(n) AS total FROM mine')
    })
    assert.deepEqual(rows, [{ total: 4 }])
    await assert.rejects(
      frames().sandbox(limits, (session) => session.rows('SELECT * FROM mine')),
      failsWith('invalid', /mine/),
    )
  })

  test('a sandbox reaches no file and no setting, and its memory has an end', async () => {
    for (const [sql, code] of [
      ["SELECT * FROM read_text('/etc/hostname')", 'invalid'],
      ["COPY (SELECT 1) TO '/tmp/gyre-never.csv'", 'invalid'],
      ["SET memory_limit = '10GB'", 'invalid'],
      ['SELECT list(range) AS all_of FROM range(100000000)', 'unavailable'],
    ] as const) {
      await assert.rejects(
        frames().sandbox(limits, (session) => session.run(sql)),
        failsWith(code, /./),
        sql,
      )
    }
  })

  test('exactly one SELECT passes', () =>
    frames().sandbox(limits, async (session) => {
      for (const sql of ['SELECT 1', 'WITH a AS (SELECT 1) FROM a;', 'VALUES (1) -- ;']) {
        await session.checkSelect(sql)
      }
      for (const sql of [
        'SELECT 1; SELECT 2',
        'CREATE TABLE x (a INT)',
        '',
        'SELEC',
        'SELECT 1)',
      ]) {
        await assert.rejects(session.checkSelect(sql), failsWith('invalid', /./), sql)
      }
    }))
}
