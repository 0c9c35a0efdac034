import { setTimeout as sleep } from 'node:timers/promises'
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type Transaction,
} from 'kysely'
import pg from 'pg'
import { GyreError } from '#kernel/errors'
import type { Tables } from '#ports/tables/tables'
import { type ScanLimit, usualScanLimit } from './scan-limit.ts'
import { PostgresDriver } from './postgres-driver.ts'
import { fromPostgresError, isTransient } from './postgres-errors.ts'
import { WriteGuard } from './write-guard.ts'

const attempts = 5

/**
 * Every write first takes one lock of the schema, so that writes are serial as on SQLite: nothing is
 * ever retried because two commits met at the journal's head, which every one of them updates. Each
 * statement after it sees all that was committed before (read committed).
 */
const beginWrite =
  "begin; select pg_advisory_xact_lock(hashtextextended('gyre:' || current_schema(), 0))"

/** Session settings: a server that froze or vanished must not hold the write lock for ever. */
const session = `set timezone = 'UTC'; set lock_timeout = '30s';
  set idle_in_transaction_session_timeout = '60s'; set tcp_keepalives_idle = 30`

/**
 * Connects to `postgres://user:password@host:port/database`; `?options=-c search_path=…` chooses a
 * schema. Throws `unavailable` when it cannot be reached or is too old, `invalid` for a bad URL.
 */
export async function openPostgres(
  url: string,
  scanLimit: ScanLimit = usualScanLimit,
): Promise<Tables> {
  const writePool = openPool(url, 4, session)
  const statementPool = openPool(url, 4, session)
  const readSession = `${session}; set default_transaction_read_only = on`
  const readPool = openPool(url, 8, readSession)
  const { timeoutMs } = scanLimit
  const scanPool = openPool(url, 4, `${readSession}; set statement_timeout = ${timeoutMs}`)
  const pools = [writePool, statementPool, readPool, scanPool]
  try {
    await checkServer(writePool)
  } catch (thrown) {
    await Promise.all(pools.map((pool) => pool.end()))
    throw namePlace(thrown, url)
  }
  const writing = kyselyOn(new PostgresDriver(writePool, beginWrite))
  const stating = kyselyOn(new PostgresDriver(statementPool, 'begin'))
  const beginRead = 'begin isolation level repeatable read'
  const reading = kyselyOn(new PostgresDriver(readPool, beginRead))
  const scanning = kyselyOn(new PostgresDriver(scanPool, beginRead))
  const guard = new WriteGuard()
  return {
    dialect: 'postgres',
    read: <DB>() => reading as Kysely<DB>,
    scan: <DB>() => scanning as Kysely<DB>,
    write: <DB, T>(work: (tx: Transaction<DB>) => Promise<T>): Promise<T> =>
      guard.run(() => retried(() => (writing as Kysely<DB>).transaction().execute(work))),
    statement: <DB, T>(work: (db: Kysely<DB>) => Promise<T>): Promise<T> =>
      guard.run(() => retried(() => work(stating as Kysely<DB>))),
    close: async () => {
      await guard.close()
      await Promise.all(pools.filter((pool) => !pool.ending).map((pool) => pool.end()))
    },
  }
}

function openPool(url: string, max: number, settings: string): pg.Pool {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new GyreError({
      code: 'invalid',
      public:
        'The database URL is not valid. Write it as postgres://user:password@host:5432/database.',
    })
  }
  // The pool waits for what it gives; its types do not say so.
  const onConnect: (client: pg.ClientBase) => unknown = (client) => client.query(settings)
  const pool = new pg.Pool({
    connectionString: url,
    max,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    application_name: 'gyre',
    types: { getTypeParser: typeParser },
    onConnect,
  })
  // An idle connection that breaks is replaced at the next use, which reports if it cannot be; one in
  // use fails its query. Unheard, the events would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

const int8 = 20
const numeric = 1700

/** 64-bit integers and sums come as numbers, as on SQLite; beyond 2^53 they throw. */
function typeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === int8 || oid === numeric) return exactNumber
  return pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown
}

function exactNumber(text: string): number {
  const value = Number(text)
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER || !/^-?\d+$/.test(text)) return value
  throw new RangeError(`The integer ${text} in the database is beyond 2^53.`)
}

async function checkServer(pool: pg.Pool): Promise<void> {
  try {
    const { rows } = await pool.query<{ version: string; encoding: string }>(
      "select current_setting('server_version_num') as version, current_setting('server_encoding') as encoding",
    )
    const { version, encoding } = rows[0] ?? { version: '0', encoding: '' }
    if (Number(version) >= 130_000 && encoding === 'UTF8') return
    throw new GyreError({
      code: 'unavailable',
      public: `Gyre needs PostgreSQL 13 or newer with encoding UTF8; this one is ${version}, ${encoding}.`,
      retryable: false,
    })
  } catch (thrown) {
    throw fromPostgresError(thrown, 'connect')
  }
}

/** Whoever starts a server sees which PostgreSQL is meant, but never its password. */
function namePlace(thrown: unknown, url: string): unknown {
  if (!(thrown instanceof GyreError)) return thrown
  const { host, pathname } = new URL(url)
  return new GyreError({
    code: thrown.code,
    public: `${thrown.public} (${host}${pathname})`,
    ...(thrown.internal === undefined ? {} : { internal: thrown.internal }),
    cause: thrown,
    retryable: thrown.retryable,
  })
}

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await attempt()
    } catch (thrown) {
      if (i === attempts || !isTransient(thrown)) throw thrown
      await sleep(Math.random() * 10 * 2 ** i)
    }
  }
}

function kyselyOn(driver: PostgresDriver): Kysely<unknown> {
  return new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}
