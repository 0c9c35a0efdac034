import { after } from 'node:test'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { testRunsTable } from './runs-table.contract.ts'

const drops: (() => Promise<void>)[] = []

testRunsTable(async () => {
  const { url, drop } = await freshSchema()
  drops.push(drop)
  return { databaseUrl: url }
})

after(async () => {
  for (const drop of drops) await drop()
})
