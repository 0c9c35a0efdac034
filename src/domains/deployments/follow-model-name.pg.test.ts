import { after } from 'node:test'
import { freshSchema } from '#adapters/sql/fresh-schema.contract'
import { testFollowedNames } from './follow-model-name.contract.ts'

const drops: (() => Promise<void>)[] = []

testFollowedNames(async () => {
  const { url, drop } = await freshSchema()
  drops.push(drop)
  return { databaseUrl: url }
})

after(async () => {
  for (const drop of drops) await drop()
})
