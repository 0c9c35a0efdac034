import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, test } from 'node:test'
import { openSqlite } from './sqlite.ts'

const directory = await mkdtemp(join(tmpdir(), 'gyre-sqlite-fault-'))
after(() => rm(directory, { recursive: true }))

/** Writes pairs of rows, many at once, and says each time a write was acknowledged. */
const program = `const { openSqlite } = await import(process.argv[1])
  const tables = await openSqlite(process.argv[2])
  const from = Number(process.argv[3])
  await tables.write((tx) => tx.schema.createTable('t').ifNotExists()
    .addColumn('id', 'integer').addColumn('half', 'integer').execute())
  const worker = async (first) => {
    for (let id = first; ; id += 8) {
      await tables.write(async (tx) => {
        await tx.insertInto('t').values({ id, half: 1 }).execute()
        await tx.insertInto('t').values({ id, half: 2 }).execute()
      })
      process.stdout.write(id + '\\n')
    }
  }
  for (let i = 0; i < 8; i++) void worker(from + i)`

test('killed at any moment, it has every acknowledged write, and none by halves', async () => {
  const path = join(directory, 'killed.db')
  const module = join(import.meta.dirname, 'sqlite.ts')
  const acknowledged = new Set<number>()
  for (let round = 0; round < 6; round++) {
    const args = [module, path, String(round * 1_000_000)]
    const argv = ['--conditions=gyre-source', '--input-type=module', '-e', program, ...args]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => (said += String(bytes)))
    const ended = new Promise((resolve) => child.once('close', resolve))
    while (said.length < 500) await sleep(1)
    await sleep(3 + 17 * round)
    child.kill('SIGKILL')
    await ended
    for (const line of said.split('\n').slice(0, -1)) acknowledged.add(Number(line))

    const tables = await openSqlite(path)
    const rows = await tables
      .read<{ t: { id: number; half: number } }>()
      .selectFrom('t')
      .select(['id', (eb) => eb.fn.sum<number>('half').as('halves')])
      .groupBy('id')
      .execute()
    assert.ok(rows.every((row) => row.halves === 3))
    const stored = new Set(rows.map((row) => row.id))
    for (const id of acknowledged) assert.ok(stored.has(id), `write ${id} is lost`)
    await tables.close()
  }
  assert.ok(acknowledged.size > 300, `${acknowledged.size} writes`)
})
