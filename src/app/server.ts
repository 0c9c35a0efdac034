import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import {
  asSystem,
  createToken,
  ensureProject,
  everyProject,
  hasTokens,
} from '#domains/access/index'
import type { Log, Platform } from '#domains/access/index'
import { servingMetrics } from '#domains/deployments/index'
import { OnlineFeatures } from '#domains/features/index'
import { createMetrics } from '#protocols/prometheus/metrics'
import { startCompaction } from '#workers/compaction'
import { startSealing } from '#workers/sealing'
import { startJobLoop } from '#workers/job-loop'
import { serverRoles } from '#workers/role'
import { startUpkeep } from '#workers/upkeep'
import type { ServerConfig } from './config.ts'
import { createServing, gatewayOperations, inferenceWire, runGateway } from './gateway.ts'
import { createHttp } from './http.ts'
import { createInternalToken, type InternalToken } from './internal-token.ts'
import { jobGroups } from './jobs.ts'
import { remotesWire } from './data-remotes.ts'
import { listen } from './listen.ts'
import { startLoop } from './loop.ts'
import { serverMetrics } from './metric-sources.ts'
import { createOperations, type OnlineParts } from './operations.ts'
import { packageVersion } from './package-facts.ts'
import { openPlatform } from './platform.ts'
import { createReadiness, type Readiness } from './readiness.ts'
import { trackingWire } from './tracking.ts'

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

type Close = () => Promise<void>

/** How long running jobs may go on once the server was told to stop. */
const graceMs = 5000

/**
 * Starts the roles of one process and returns when it is ready. Throws `conflict` for a port or data
 * directory that is in use, and what opening the stores throws.
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { config } = options
  const {
    platform,
    alone,
    close: closePlatform,
  } = await openPlatform({
    dataDirectory: config.dataDirectory,
    databaseUrl: config.databaseUrl,
    secretsKey: config.secretsKey,
    webhooks: config.webhooks,
    blobPlaces: config.blobPlaces,
    userGrants: config.userGrants,
    shared: config.roles.length < serverRoles.length,
    ...(options.log === undefined ? {} : { log: options.log }),
  })
  // The last that was started is the first to be closed.
  const closers: Close[] = [closePlatform]
  try {
    const adminToken = await prepareAccess(platform, config)
    const token = await createInternalToken(platform, config, alone)
    closers.unshift(token.revoke)
    const readiness = createReadiness()
    const online = new OnlineFeatures(platform)
    closers.unshift(async () => online.close())
    const serving = config.roles.includes('gateway') ? createServing(platform, online) : undefined
    const app = await buildHttp(options, platform, readiness, { online, serving })
    const { url, stop } = await listen(app, config)
    closers.unshift(stop)
    const owner = `${hostname()}:${process.pid}:${platform.newId().slice(-8)}`
    if (serving !== undefined) {
      const gateway = runGateway(platform, serving, owner, { url, token: token.secret })
      // After the doors are shut: what is logged last must be written as well.
      closers.splice(1, 0, () => gateway.drain())
      await gateway.ready
    }
    closers.unshift(...startWork(platform, config, owner, url, token))
    if (config.roles.includes('api')) await tellServerFile(config.dataDirectory, url)
    readiness.becomeReady()
    let closing: Promise<void> | undefined
    const close: Close = () => {
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
  parts: OnlineParts,
): Promise<FastifyInstance> {
  const { serving } = parts
  const version = packageVersion()
  const { authentication } = config
  const roles = [...config.roles]
  const metrics = createMetrics({ version, roles })
  metrics.addSource(() => serverMetrics(platform))
  if (serving !== undefined) metrics.addSource(() => servingMetrics(serving))
  const facts = { version, roles, startedAt: platform.clock(), authentication }
  const whole = config.roles.includes('api')
  return createHttp({
    config,
    platform,
    version,
    metrics,
    readiness,
    whole,
    operations: whole
      ? createOperations(facts, parts)
      : serving === undefined
        ? []
        : gatewayOperations(serving),
    wires: [
      ...(serving === undefined
        ? []
        : [inferenceWire(platform, { serving, readiness, version, metrics })]),
      ...(whole ? [trackingWire(platform), remotesWire(platform)] : []),
    ],
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
  const { secret } = await createToken(system, {
    name,
    grants: [{ project: everyProject, role: 'admin' }],
  })
  return secret
}

/** Starts what the roles do besides answering; gives what ends it, in order. */
function startWork(
  platform: Platform,
  config: ServerConfig,
  owner: string,
  ownUrl: string,
  token: InternalToken,
): Close[] {
  const url = config.roles.includes('api') ? ownUrl : (config.apiUrl ?? ownUrl)
  const closers: Close[] = []
  for (const group of jobGroups(platform, config.roles, { url, token: token.secret })) {
    const jobs = startJobLoop(platform, { ...group, owner })
    closers.push(() => jobs.drain(graceMs))
  }
  if (config.roles.includes('ingester')) {
    const compaction = startCompaction(platform, owner)
    const upkeep = startUpkeep(platform, owner)
    closers.unshift(
      () => compaction.stop(),
      () => upkeep.stop(),
    )
    const sealing = startSealing(platform, owner)
    closers.unshift(() => sealing.stop())
  }
  if (config.roles.includes('monitor')) {
    const loop = startLoop(platform, owner)
    closers.unshift(() => loop.stop())
  }
  return closers
}

/** Lets commands in this directory find the server. */
async function tellServerFile(dataDirectory: string, url: string): Promise<void> {
  const entry = { pid: process.pid, since: new Date().toISOString(), url }
  await writeFile(join(dataDirectory, 'server.json'), `${JSON.stringify(entry)}\n`)
}

async function closeInOrder(closers: readonly Close[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers) await close().catch((thrown: unknown) => failures.push(thrown))
  if (failures.length > 0) throw failures[0]
}
