import { after } from 'node:test'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { testPurge } from './purge-runs.contract.ts'

const drops: (() => Promise<void>)[] = []

testPurge(async () => {
  const { url, drop } = await freshSchema()
  drops.push(drop)
  return { databaseUrl: url }
})

after(async () => {
  for (const drop of drops) await drop()
})
