import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { usageOf } from './processes.ts'

/** A tracking server under measurement. */
export interface Peer {
  name: string
  url: string
  /** From its start to its first answer, wall and CPU seconds of all its processes. */
  start: { seconds: number; cpuSeconds: number }
  /** Of the server and of its database. */
  usage(): ReturnType<typeof usageOf>
  stop(): Promise<void>
}

export type Database = 'sqlite' | 'postgres'

const gyre = fileURLToPath(new URL('../../bin/gyre.js', import.meta.url))

export async function startGyre(directory: string, database: Database): Promise<Peer> {
  return start(`gyre ${database}`, database, directory, async (url, port) => {
    const args = ['serve', '--data', join(directory, 'data'), '--port', String(port)]
    const where = url === undefined ? [] : ['--database-url', url]
    return spawn(process.execPath, [gyre, ...args, ...where], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, UV_THREADPOOL_SIZE: '4', GYRE_LOG: 'error' },
    })
  })
}

/** `mlflow server` with one worker and without its job runners: the leanest way to run it. */
export async function startMlflow(
  python: string,
  directory: string,
  database: Database,
): Promise<Peer> {
  return start(`mlflow ${database}`, database, directory, async (url, port) => {
    const store = url ?? `sqlite:///${join(directory, 'mlflow.db')}`
    const args = ['server', '--backend-store-uri', store, '--port', String(port), '--workers', '1']
    const artifacts = ['--artifacts-destination', join(directory, 'artifacts')]
    return spawn(join(python, '..', 'mlflow'), [...args, ...artifacts], {
      stdio: ['ignore', 'ignore', 'ignore'],
      detached: true,
      env: {
        ...process.env,
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        MLFLOW_DISABLE_TELEMETRY: 'true',
      },
    })
  })
}

async function start(
  name: string,
  database: Database,
  directory: string,
  launch: (databaseUrl: string | undefined, port: number) => Promise<ChildProcess>,
): Promise<Peer> {
  await mkdir(directory, { recursive: true })
  const postgres = database === 'postgres' ? await openPostgres() : undefined
  const port = 21_600 + Math.floor(Math.random() * 300)
  const url = `http://127.0.0.1:${port}`
  const startedAt = performance.now()
  const child = await launch(postgres?.url, port)
  const roots = [child.pid ?? 0, ...(postgres === undefined ? [] : [postgres.pid])]
  await untilHealthy(url, child)
  const seconds = (performance.now() - startedAt) / 1000
  const { cpuSeconds } = await usageOf([child.pid ?? 0])
  return {
    name,
    url,
    start: { seconds, cpuSeconds },
    usage: () => usageOf(roots),
    async stop() {
      await stopTree(child)
      await postgres?.stop()
    },
  }
}

interface OpenedPostgres {
  url: string
  pid: number
  stop(): Promise<void>
}

interface PostgresTool {
  findPostgres(): string | undefined
  startPostgres(bin: string, options: { durable: boolean }): Promise<OpenedPostgres>
}

async function openPostgres(): Promise<OpenedPostgres> {
  const tool = new URL('../../tools/postgres.js', import.meta.url).href
  const { findPostgres, startPostgres } = (await import(tool)) as PostgresTool
  const bin = findPostgres()
  if (bin === undefined) throw new Error('There is no PostgreSQL to measure with.')
  return startPostgres(bin, { durable: true })
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    if (answer?.ok === true) return
    await sleep(20)
  }
  throw new Error(`The server at ${url} ended before it was ready.`)
}

async function stopTree(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  const late = sleep(10_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))
  await Promise.race([closed, late])
}
