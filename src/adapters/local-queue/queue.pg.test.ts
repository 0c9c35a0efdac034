import { after, test } from 'node:test'
import { runLeasesContract } from '#ports/lease/lease.contract'
import { runQueueContract } from '#ports/queue/queue.contract'
import { freshSchema, postgresUrl } from '../sql/fresh-schema.contract.ts'
import { openPostgres } from '../sql/postgres.ts'
import { workOn } from './under-test.contract.ts'

const drops: (() => Promise<void>)[] = []

after(async () => {
  for (const drop of drops) await drop()
})

if (postgresUrl === undefined) {
  test('PostgreSQL', { skip: 'GYRE_TEST_POSTGRES_URL is not set' })
} else {
  const open = async () => {
    const { url, drop } = await freshSchema()
    drops.push(drop)
    return workOn(await openPostgres(url))
  }
  runQueueContract('PostgreSQL', open)
  runLeasesContract('PostgreSQL', open)
}
