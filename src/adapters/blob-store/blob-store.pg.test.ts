import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { migrateTables } from '#adapters/sql/migrate'
import { openPostgres } from '#adapters/sql/postgres'
import { runBlobsContract } from '#ports/blobs/blobs.contract'
import type { Tables } from '#ports/tables/tables'
import { openStore, type StoreUnderTest } from './under-test.contract.ts'
import { testUpkeep } from './upkeep.contract.ts'

const root = await mkdtemp(join(tmpdir(), 'gyre-blobs-pg-'))
const opened: StoreUnderTest[] = []
let schema: { tables: Tables; drop(): Promise<void> } | undefined

/** One schema for all: each store starts by emptying its index. */
async function place(): Promise<{ tables: Tables }> {
  if (schema !== undefined) return schema
  const { url, drop } = await freshSchema()
  const tables = await openPostgres(url)
  await migrateTables(tables)
  schema = { tables, drop }
  return schema
}

runBlobsContract('a file system, with its index in PostgreSQL', async () => {
  const store = await openStore({ below: root, ...(await place()) })
  opened.push(store)
  return store.blobs
})

testUpkeep(place)

after(async () => {
  for (const store of opened) await store.close()
  await schema?.tables.close()
  await schema?.drop()
  await rm(root, { recursive: true })
})
