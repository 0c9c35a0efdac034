import type { FastifyInstance } from 'fastify'
import { GyreError } from '#kernel/errors'
import { everyProject } from '#kernel/principals'
import type { Platform } from '#domains/access/index'
import { mountArtifactViews } from '#protocols/api/artifact-view'
import { createDoor, type Door } from '#protocols/api/door'
import { mountEvents } from '#protocols/api/events'
import type { Operation } from '#protocols/api/implement'
import { apiRoot, mountOperations } from '#protocols/api/mount'
import { openApiDocument } from '#protocols/api/open-api'
import type { HostRules } from '#protocols/api/origin'
import { mountPage } from '#protocols/api/page'
import { createHttpServer } from '#protocols/api/server'
import type { Metrics } from '#protocols/prometheus/metrics'
import { mountMetrics } from '#protocols/prometheus/routes'
import { isLoopback, type ServerConfig } from './config.ts'
import { pageDirectory } from './package-facts.ts'
import type { Readiness } from './readiness.ts'

export interface HttpOptions {
  config: ServerConfig
  platform: Platform
  version: string
  metrics: Metrics
  readiness: Readiness
  operations: readonly Operation[]
  /** Serves the page, the events and the description of the API, too. */
  whole: boolean
  /** Further wires. */
  wires: readonly ((app: FastifyInstance, door: Door) => Promise<void> | void)[]
  checkResults: boolean
}

/** Builds the HTTP server of one process: its health, its metrics, and what its roles answer. */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { config, platform, metrics, readiness } = options
  const door = createDoor({
    platform,
    authentication: config.authentication,
    hosts: hostRules(config),
  })
  const app = createHttpServer({
    platform,
    door,
    onAnswered: (answered) => metrics.observeRequest(answered),
  })
  mountHealth(app, readiness)
  mountMetrics(app, metrics, (request) => void door.enter(request, 'viewer', everyProject))
  for (const mount of options.wires) await mount(app, door)
  mountOperations(app, options.operations, { platform, door, checkResults: options.checkResults })
  if (!options.whole) return app
  mountArtifactViews(app, platform)
  mountEvents(app, { platform, door, draining: readiness.draining })
  let document: string | undefined
  app.get(`${apiRoot}/openapi.json`, (_request, reply) => {
    document ??= JSON.stringify(openApiDocument(options.operations, options.version))
    return reply.type('application/json; charset=utf-8').send(document)
  })
  await mountPage(app, pageDirectory())
  return app
}

function mountHealth(app: FastifyInstance, readiness: Readiness): void {
  for (const path of ['/health', '/ready']) {
    app.get(path, (_request, reply) => {
      if (readiness.state === 'ready') return reply.type('text/plain').send('OK')
      throw new GyreError({ code: 'unavailable', public: `The server is ${readiness.state}.` })
    })
  }
}

function hostRules({
  host,
  authentication,
  allowedHosts,
  allowedOrigins,
}: ServerConfig): HostRules {
  const origins = new Set(allowedOrigins)
  // Behind a name of its own, a server that needs tokens is told its names or takes any.
  if (!isLoopback(host) && authentication === 'tokens' && allowedHosts.length === 0) {
    return { hosts: undefined, origins }
  }
  const own = host.includes(':') ? `[${host}]` : host
  const names = ['localhost', '127.0.0.1', '[::1]', own, ...allowedHosts]
  return { hosts: new Set(names.map((name) => name.toLowerCase())), origins }
}
