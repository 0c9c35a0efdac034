import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqlite } from '#adapters/sql/sqlite'
import { LocalIds, newModelId, newNumber, newRunId } from './local-ids.ts'
import { prepareTables, type RelayTables } from './tables.ts'

async function openIds(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'gyre-ids-'))
  const tables = await openSqlite(join(directory, 'journal.db'))
  t.after(async () => {
    await tables.close()
    await rm(directory, { recursive: true })
  })
  await prepareTables(tables)
  const ids = new LocalIds(tables)
  const open = (local: string) => tables.write<RelayTables, void>((tx) => ids.open(tx, local))
  const resolve = (local: string, server: string) =>
    tables.write<RelayTables, void>((tx) => ids.resolve(tx, local, server))
  return { tables, ids, open, resolve }
}

describe('ids that were handed out', () => {
  it('become the server’s wherever they stand in a text', async (t) => {
    const { ids, open, resolve } = await openIds(t)
    const [run, model, experiment] = [newRunId(), newModelId(), newNumber()]
    const names = { [run]: 'a'.repeat(32), [model]: `m-${'b'.repeat(32)}`, [experiment]: '7' }
    for (const local of Object.keys(names)) await open(local)
    assert.deepEqual(ids.openIn(`${run} ${run} ${experiment}`).sort(), [run, experiment].sort())
    for (const [local, server] of Object.entries(names)) await resolve(local, server)
    assert.deepEqual(ids.openIn(`${run} ${model}`), [])
    const text = `/artifacts/${experiment}%2F${run}/x?path=${experiment}%2fmodels%2F${model}`
    assert.equal(
      ids.toServer(text),
      `/artifacts/7%2F${'a'.repeat(32)}/x?path=7%2fmodels%2Fm-${'b'.repeat(32)}`,
    )
    const nested = JSON.stringify({ tag: JSON.stringify([{ run_id: run, uri: `runs:/${run}/m` }]) })
    assert.equal(ids.toServer(nested), nested.replaceAll(run, 'a'.repeat(32)))
  })

  it('leave a longer word that holds them alone', async (t) => {
    const { ids, open, resolve } = await openIds(t)
    const run = newRunId()
    await open(run)
    await resolve(run, 'c'.repeat(32))
    for (const other of [`${run}0`, `f${run}`, `${run.slice(1)}`, `x${run}y`]) {
      assert.equal(ids.toServer(other), other)
    }
  })

  it('are told back only to clients that know them, also after a restart', async (t) => {
    const { ids, open, resolve, tables } = await openIds(t)
    const [known, unknown] = [newRunId(), newRunId()]
    await open(known)
    await open(unknown)
    await ids.handOut(known)
    await resolve(known, 'd'.repeat(32))
    await resolve(unknown, 'e'.repeat(32))
    const again = new LocalIds(tables)
    await again.load()
    for (const each of [ids, again]) {
      assert.equal(
        each.toLocal(`${'d'.repeat(32)},${'e'.repeat(32)}`),
        `${known},${'e'.repeat(32)}`,
      )
      assert.equal(each.toLocal(unknown), 'e'.repeat(32))
      assert.equal(each.canonical('e'.repeat(32)), unknown)
    }
  })
})
