import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { GyreError } from '#kernel/errors'
import {
  asSystem,
  createToken,
  ensureProject,
  everyProject,
  hasTokens,
  type Log,
  type Platform,
  revokeToken,
} from '#domains/access/index'
import { createMetrics } from '#protocols/prometheus/metrics'
import { startJobLoop } from '#workers/job-loop'
import type { ServerConfig } from './config.ts'
import { createHttp } from './http.ts'
import { jobGroups } from './jobs.ts'
import { startLoop } from './loop.ts'
import { serverMetrics } from './metric-sources.ts'
import { createOperations } from './operations.ts'
import { packageVersion } from './package-facts.ts'
import { openPlatform } from './platform.ts'
import { createReadiness, type Readiness } from './readiness.ts'

export interface StartOptions {
  config: ServerConfig
  log?: Log
  /** Also validate every answer; for tests. */
  checkResults?: boolean
}

export interface RunningServer {
  /** Where this machine reaches it. */
  url: string
  platform: Platform
  readiness: Readiness
  /** The secret of the first admin token, when this start made it. Show it once. */
  adminToken: string | undefined
  /** Finishes what is under way, gives leases back and closes the stores. May be called twice. */
  close(): Promise<void>
}

/** How long running jobs may go on once the server was told to stop. */
const graceMs = 5000

/**
 * Starts the roles of one process and returns when it is ready. Throws `conflict` for a port or data
 * directory that is in use, and what opening the stores throws.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { config } = options
  const { platform, close: closePlatform } = await openPlatform({
    dataDirectory: config.dataDirectory,
    databaseUrl: config.databaseUrl,
    ...(options.log === undefined ? {} : { log: options.log }),
  })
  const closers: (() => Promise<void>)[] = [closePlatform]
  try {
    const adminToken = await prepareAccess(platform, config)
    const readiness = createReadiness()
    const app = await buildHttp(options, platform, readiness)
    closers.unshift(async () => app.close())
    const url = await listen(app, config)
    closers.unshift(...(await startWork(platform, config, url)))
    if (config.roles.includes('api')) await tellServerFile(config.dataDirectory, url)
    readiness.becomeReady()
    let closing: Promise<void> | undefined
    const close = (): Promise<void> => {
      readiness.beginDraining()
      closing ??= closeInOrder(closers)
      return closing
    }
    return { url, platform, readiness, adminToken, close }
  } catch (thrown) {
    await closeInOrder(closers)
    throw thrown
  }
}

async function buildHttp(
  { config, checkResults = false }: StartOptions,
  platform: Platform,
  readiness: Readiness,
): Promise<FastifyInstance> {
  const version = packageVersion()
  const metrics = createMetrics({ version, roles: config.roles })
  metrics.addSource(() => serverMetrics(platform))
  const operations = config.roles.includes('api')
    ? createOperations({
        version,
        roles: [...config.roles],
        startedAt: platform.clock(),
        authentication: config.authentication,
      })
    : undefined
  return createHttp({
    config,
    platform,
    version,
    metrics,
    readiness,
    operations,
    wires: [],
    checkResults,
  })
}

/** The project `default`, and a first admin token where tokens are needed and there is none. */
async function prepareAccess(
  platform: Platform,
  config: ServerConfig,
): Promise<string | undefined> {
  const system = asSystem(platform, 'start')
  await ensureProject(system, 'default')
  if (config.authentication === 'none' || (await hasTokens(platform))) return undefined
  const name = `admin-${platform.newId().slice(0, 12)}`
  const { secret } = await createToken(system, { name, grants: [{ project: everyProject, role: 'admin' }] })
  return secret
}

async function listen(app: FastifyInstance, { host, port }: ServerConfig): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (thrown) {
    throw listenError(thrown, host, port)
  }
  const [address] = app.addresses()
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const name = reachable.includes(':') ? `[${reachable}]` : reachable
  return `http://${name}:${typeof address === 'object' ? address.port : port}`
}

function listenError(thrown: unknown, host: string, port: number): unknown {
  const { code } = thrown as NodeJS.ErrnoException
  const texts: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use, perhaps by another Gyre. Stop that program, or choose another port with --port.`,
    EACCES: `Port ${port} may not be used by this user. Choose one from 1024 on with --port.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Choose another with --host.`,
    ENOTFOUND: `The name ${host} is not known here. Choose an address of this machine with --host.`,
  }
  const text = texts[code ?? '']
  return text === undefined
    ? thrown
    : new GyreError({ code: 'conflict', public: text, cause: thrown })
}

/** Starts what the roles do besides answering; gives what ends it, in order. */
async function startWork(
  platform: Platform,
  config: ServerConfig,
  ownUrl: string,
): Promise<(() => Promise<void>)[]> {
  const owner = `${hostname()}:${process.pid}:${platform.newId().slice(-8)}`
  const url = config.roles.includes('api') ? ownUrl : (config.apiUrl ?? ownUrl)
  const stages = await stageToken(platform, config)
  const closers: (() => Promise<void>)[] = []
  for (const group of jobGroups(platform, config.roles, { url, token: stages.token })) {
    const jobs = startJobLoop(platform, { ...group, owner })
    closers.push(() => jobs.drain(graceMs))
  }
  if (config.roles.includes('monitor')) {
    const loop = startLoop(platform, owner)
    closers.unshift(() => loop.stop())
  }
  return [...closers, stages.revoke]
}

/** Where tokens are needed, stages of pipelines get one that is good for as long as this process. */
async function stageToken(
  platform: Platform,
  { authentication, roles, stageToken: given }: ServerConfig,
): Promise<{ token: string | undefined; revoke(): Promise<void> }> {
  const own = { token: given, revoke: async () => {} }
  if (authentication === 'none' || given !== undefined || !roles.includes('runner')) return own
  const system = asSystem(platform, 'runner')
  const name = `stages-${platform.newId()}`
  const { secret } = await createToken(system, {
    name,
    grants: [{ project: everyProject, role: 'operator' }],
  })
  return { token: secret, revoke: async () => void (await revokeToken(system, name)) }
}

/** Lets commands in this directory find the server. */
async function tellServerFile(dataDirectory: string, url: string): Promise<void> {
  const entry = { pid: process.pid, since: new Date().toISOString(), url }
  await writeFile(join(dataDirectory, 'server.json'), `${JSON.stringify(entry)}\n`)
}

async function closeInOrder(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) await close().catch((thrown: unknown) => failures.push(thrown))
  if (failures.length > 0) throw failures[0]
}
