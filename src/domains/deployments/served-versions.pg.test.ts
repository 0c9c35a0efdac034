import { after } from 'node:test'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { testRetention } from './served-versions.contract.ts'

const drops: (() => Promise<void>)[] = []

testRetention(async () => {
  const { url, drop } = await freshSchema()
  drops.push(drop)
  return { databaseUrl: url }
})

after(async () => {
  for (const drop of drops) await drop()
})
