import { after } from 'node:test'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { testForks } from './forks.contract.ts'

const drops: (() => Promise<void>)[] = []

testForks(async () => {
  const { url, drop } = await freshSchema()
  drops.push(drop)
  return { databaseUrl: url }
})

after(async () => {
  for (const drop of drops) await drop()
})
