import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { allows, type Context, type Log } from '#domains/access/index'
import type { Serving } from '#domains/deployments/index'
import { readBody, splitBody } from './body.ts'
import { failureAnswer } from './errors.ts'
import { infer } from './infer.ts'
import { describeModel, repositoryIndex, statisticsOf } from './models.ts'
import { noVersion, projectOf, targetOf } from './target.ts'

export interface OpenInferenceOptions {
  serving: Serving
  version: string
  log: Log
  /** Whether this server takes traffic. */
  ready(): boolean
  /** Refuses who may not predict in the project. */
  enter(request: FastifyRequest, project: string): Context
  /** Who asks, for lists of what they may see. */
  contextOf(request: FastifyRequest): Context
}

type Params = { model: string; version?: string }

const extensions = ['binary_tensor_data', 'model_repository', 'statistics']

/** Mounts the Open Inference Protocol, version 2, under `/v2`. */
export async function mountOpenInference(
  app: FastifyInstance,
  options: OpenInferenceOptions,
): Promise<void> {
  await app.register(async (scope) => {
    scope.setErrorHandler((thrown, request, reply) => sendError(options, thrown, request, reply))
    mountServer(scope, options)
    for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
      mountModel(scope, path, options)
    }
  })
}

function mountServer(
  scope: FastifyInstance,
  { serving, version, ready, contextOf }: OpenInferenceOptions,
): void {
  scope.get('/v2', () => ({ name: 'gyre', version, extensions }))
  scope.get('/v2/health/live', () => ({ live: true, ready: ready() }))
  scope.get('/v2/health/ready', (_request, reply) =>
    reply.code(ready() ? 200 : 503).send({ live: true, ready: ready() }),
  )
  const visible = (request: FastifyRequest) => {
    const { principal } = contextOf(request)
    return serving.routes().filter((route) => allows(principal, 'viewer', route.project))
  }
  scope.get('/v2/models', (request) => {
    const own = projectOf(projectHeader(request))
    const models = visible(request).map(({ project, endpoint }) =>
      project === own ? endpoint : `${project}:${endpoint}`,
    )
    return { models: models.toSorted() }
  })
  scope.get('/v2/models/stats', (request) => ({
    model_stats: visible(request).flatMap((route) => statisticsOf(serving, route, route.endpoint)),
  }))
  scope.post('/v2/repository/index', (request) =>
    visible(request).flatMap((route) => repositoryIndex(route)),
  )
  for (const action of ['load', 'unload']) {
    scope.post(`/v2/repository/models/:model/${action}`, (_request, reply) =>
      reply.code(501).send({
        error: `Models are not ${action}ed by clients here: release a version with "gyre deploy".`,
      }),
    )
  }
}

function mountModel(scope: FastifyInstance, path: string, options: OpenInferenceOptions): void {
  const { serving, enter } = options
  const routeFor = (request: FastifyRequest) => {
    const target = targetOf(request.params as Params, projectHeader(request))
    enter(request, target.project)
    const route = serving.routeOf(target.project, target.endpoint)
    if (target.version !== undefined && !route.slots.has(target.version)) throw noVersion(target)
    return { route, target }
  }
  scope.get(path, (request) => {
    const { route, target } = routeFor(request)
    return describeModel(route, target)
  })
  scope.get(`${path}/ready`, (request, reply) => {
    const { route, target } = routeFor(request)
    const ready = target.version !== undefined || route.champion !== null
    return reply.code(ready ? 200 : 503).send({ name: target.modelName, ready })
  })
  scope.get(`${path}/stats`, (request) => {
    const { route, target } = routeFor(request)
    const all = statisticsOf(serving, route, target.modelName)
    const { version } = target
    return {
      model_stats:
        version === undefined ? all : all.filter((item) => item.version === String(version)),
    }
  })
  scope.post(`${path}/infer`, async (request, reply) => {
    const target = targetOf(request.params as Params, projectHeader(request))
    const ctx = enter(request, target.project)
    const headerLength = request.headers['inference-header-content-length']
    const parts = splitBody(await readBody(request.raw), oneText(headerLength))
    const { contentType, headers, body } = await infer(ctx, serving, target, parts, request.id)
    return reply.headers(headers).type(contentType).send(body)
  })
}

function projectHeader({ headers }: FastifyRequest): string | undefined {
  return oneText(headers['x-gyre-project'])
}

function oneText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}

function sendError(
  { log }: OpenInferenceOptions,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, headers, contentType, body } = failureAnswer(log, request.url, thrown)
  return reply.code(status).headers(headers).type(contentType).send(body)
}
