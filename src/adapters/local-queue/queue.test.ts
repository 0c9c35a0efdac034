import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { runLeasesContract } from '#ports/lease/lease.contract'
import { runQueueContract } from '#ports/queue/queue.contract'
import { openSqlite } from '../sql/sqlite.ts'
import { workOn } from './under-test.contract.ts'

const directory = await mkdtemp(join(tmpdir(), 'gyre-queue-'))
after(() => rm(directory, { recursive: true }))
let files = 0
const open = async () => workOn(await openSqlite(join(directory, `${++files}.db`)))

runQueueContract('SQLite', open)
runLeasesContract('SQLite', open)
