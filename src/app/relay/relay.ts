import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lockDirectory } from '#adapters/fs/directory-lock'
import { openFsBlobs } from '#adapters/fs/blobs'
import { openSqlite } from '#adapters/sql/sqlite'
import type { Log } from '#domains/access/index'
import type { Blobs } from '#ports/blobs/blobs'
import { listen } from '../listen.ts'
import { Aside } from './aside.ts'
import { Credentials } from './credentials.ts'
import { Forwarder } from './forwarder.ts'
import type { FrontParts } from './front.ts'
import { createFrontHttp } from './http.ts'
import { Journal } from './journal.ts'
import { LocalIds } from './local-ids.ts'
import { LocalViews } from './local-views.ts'
import { prepareTables } from './tables.ts'
import { Upstream } from './upstream.ts'
import { randomBytes } from 'node:crypto'

export interface RelayOptions {
  /** The server: a Gyre, or any MLflow tracking server. */
  to: string
  directory: string
  port: number
  /** The `Authorization` for clients that send none. */
  credential: string | undefined
  /** What the journal and the spooled artifacts may take. */
  maxBytes: number
  /** How many requests go to the server at once. */
  connections: number
  log: Log
}

export interface RunningRelay {
  url: string
  close(): Promise<void>
}

/** What is on disk, opened by one process at a time. */
export interface RelayStore {
  journal: Journal
  ids: LocalIds
  views: LocalViews
  spool: Blobs
  aside: Aside
  close(): Promise<void>
}

const sweepMs = 60_000
const keptMs = 86_400_000

/** Opens a relay's directory alone. Errors: `conflict` while another process has it. */
export async function openRelayStore(directory: string): Promise<RelayStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = await lockDirectory(directory)
  const tables = await openSqlite(join(directory, 'journal.db'))
  await prepareTables(tables)
  const ids = new LocalIds(tables)
  await ids.load()
  const journal = new Journal(tables, ids, Date.now)
  await journal.load()
  const spool = await openFsBlobs(join(directory, 'spool'))
  await removeUnwanted(spool, journal)
  return {
    journal,
    ids,
    spool,
    views: new LocalViews(tables, journal, Date.now),
    aside: new Aside(tables, ids, journal),
    async close() {
      await tables.close()
      await lock.release()
    },
  }
}

/** Starts the relay and returns when clients can come. */
export async function startRelay(options: RelayOptions): Promise<RunningRelay> {
  const store = await openRelayStore(options.directory)
  const salt = await store.journal.fact('salt', () => randomBytes(16).toString('hex'))
  const credentials = new Credentials(salt, options.credential)
  const upstream = new Upstream(options.to, options.connections + 32)
  const { log, connections } = options
  const forwarder = new Forwarder({ ...store, upstream, credentials, log, connections })
  credentials.onNew(() => forwarder.wakeParked())
  const parts: FrontParts = {
    ...store,
    upstream,
    forwarder,
    credentials,
    maxBytes: options.maxBytes,
  }
  const sweep = setInterval(() => void tidy(store, log), sweepMs)
  const stopWork = async (): Promise<void> => {
    clearInterval(sweep)
    await forwarder.stop()
    await upstream.close()
    await store.close()
  }
  try {
    const app = createFrontHttp(parts, store.aside, log)
    const { url, stop } = await listen(app, { host: '127.0.0.1', port: options.port })
    const address = join(options.directory, 'server.json')
    const entry = { pid: process.pid, since: new Date().toISOString(), url, to: options.to }
    await writeFile(address, `${JSON.stringify(entry)}\n`)
    await forwarder.start()
    return {
      url,
      async close() {
        await stop()
        await stopWork()
        await rm(address, { force: true })
      },
    }
  } catch (thrown) {
    await stopWork()
    throw thrown
  }
}

/** Content whose entry never came, or is done: a crash came between the two. */
async function removeUnwanted(spool: Blobs, journal: Journal): Promise<void> {
  for await (const sha256 of spool.list()) {
    if (!(await journal.isFileWanted(sha256))) await spool.delete(sha256)
  }
}

async function tidy({ journal, views }: RelayStore, log: Log): Promise<void> {
  try {
    await journal.release({ before: Date.now() - keptMs })
    await views.forgetOld()
  } catch (thrown) {
    log.error({ internal: String(thrown) }, 'relay: tidying up failed')
  }
}
