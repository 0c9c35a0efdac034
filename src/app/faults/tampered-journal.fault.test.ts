import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { openServer } from '../opened-server.contract.ts'
import { runGyre } from './server-process.contract.ts'

describe('gyre doctor --journal, offline', () => {
  let directory: string
  let store: string
  let last = 0
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gyre-tampered-'))
    store = join(directory, 'store')
    const opened = await openServer({ data: store })
    const client = opened.client()
    for (let i = 0; i < 9; i++) await client.access.createProject({ body: { name: `p${i}` } })
    last = (await client.server.describe()).journalSeq
    await opened.close()
  })
  after(() => rm(directory, { recursive: true }))

  it('exits with 0 for a journal that nobody touched', async () => {
    const { code, out } = await doctor(store)
    assert.equal(code, 0)
    assert.match(out, new RegExp(`${last} records follow from one another`))
  })

  const tampering: Record<string, { sql: string; names: number }> = {
    'an actor was replaced': {
      sql: `update journal set actor = 'mallory' where seq = 4`,
      names: 4,
    },
    'a detail was changed': {
      sql: `update journal set detail = '{"a":1}' where seq = 3`,
      names: 3,
    },
    'a time was moved': { sql: `update journal set at = at - 1 where seq = 7`, names: 7 },
    'a record was taken out': { sql: 'delete from journal where seq = 5', names: 5 },
    'the end was cut off': { sql: 'delete from journal where seq > 8', names: 9 },
    'two records changed places': {
      sql: `update journal set seq = -1 where seq = 5; update journal set seq = 5 where seq = 6;
        update journal set seq = 6 where seq = -1`,
      names: 5,
    },
  }
  for (const [what, { sql, names }] of Object.entries(tampering)) {
    it(`exits with 1 and names record ${names} where ${what}`, async () => {
      const data = join(directory, what.replaceAll(' ', '-'))
      await cp(store, data, { recursive: true })
      const database = new DatabaseSync(join(data, 'gyre.db'))
      database.exec('pragma foreign_keys=off')
      database.exec(sql)
      database.close()
      const { code, out } = await doctor(data)
      assert.equal(code, 1, out)
      assert.match(out, new RegExp(`Record ${names} is broken`))
    })
  }
})

async function doctor(data: string): Promise<{ code: number | null; out: string }> {
  const { code, out, err } = await runGyre({ args: ['doctor', '--journal', '--data', data] })
  return { code, out: out + err }
}
