import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asGyreError, GyreError } from '#kernel/errors'
import type { Context, Log, Platform } from '#domains/access/index'
import { discardRest } from '../http/request-body.ts'
import { areas, mounts } from './areas.ts'
import { errorAnswer, mlflowError } from './errors.ts'
import { defaultProject, projectReader } from './projects.ts'
import { readFields } from './request.ts'
import type { Call, Route } from './route.ts'
import { emulatedVersion } from './server-info.ts'

export interface MlflowOptions {
  platform: Platform
  /** Who asks. Throws `unauthenticated` for nobody. */
  contextOf(request: FastifyRequest): Context
}

/** What areas that move bytes need beside the framework's own. */
export interface Entry {
  platform: Platform
  /** Who asks and in which project. Throws `unauthenticated` and `not_found`. */
  enter(request: FastifyRequest): Promise<{ ctx: Context; project: string }>
}

/** Addresses of MLflow: what is unknown there answers 404 in its shape. */
const roots = ['/api/2.0', '/api/3.0', '/ajax-api/2.0', '/ajax-api/3.0']
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Mounts MLflow's tracking protocol, for its clients (`/api`) and its page (`/ajax-api`). */
export async function mountMlflow(app: FastifyInstance, options: MlflowOptions): Promise<void> {
  const { platform } = options
  const projectOf = projectReader(platform)
  const entry: Entry = {
    platform,
    async enter(request) {
      const ctx = options.contextOf(request)
      return { ctx, project: await projectOf(request) }
    },
  }
  await app.register(async (scope) => {
    scope.setErrorHandler((thrown, request, reply) =>
      sendError(platform.log, thrown, request, reply),
    )
    scope.get('/version', (_request, reply) => reply.type('text/html').send(emulatedVersion))
    for (const route of areas.flat()) mountRoute(scope, entry, route)
    for (const mount of mounts) mount(scope, entry)
    for (const root of roots) {
      scope.route({ method: [...methods], url: `${root}/*`, handler: refuseUnknown })
    }
  })
}

function mountRoute(scope: FastifyInstance, entry: Entry, route: Route): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { ctx, project } = route.anyone
      ? { ctx: nobody(entry.platform), project: defaultProject }
      : await entry.enter(request)
    const { source, reworded } = await readFields(request, route.shape)
    const answer = await route.handle({
      ctx,
      project,
      input: readInput(route, source, reworded),
      params: request.params as Record<string, string>,
      source,
      request,
    })
    const content = typeof answer === 'string' ? answer : JSON.stringify(answer)
    return reply.code(route.status).type('application/json').send(content)
  }
  for (const surface of route.ajaxOnly ? ['/ajax-api'] : ['/api', '/ajax-api']) {
    const url = `${surface}/${route.major}.0/mlflow/${route.path}`
    scope.route({ method: route.method, url, handler })
  }
}

function readInput(
  route: Route,
  source: Readonly<Record<string, unknown>>,
  reworded: (thrown: unknown) => unknown,
): Call['input'] {
  try {
    return route.read(source) as Call['input']
  } catch (thrown) {
    throw reworded(thrown)
  }
}

function nobody(platform: Platform): Context {
  return { ...platform, principal: { kind: 'anonymous', name: 'anonymous', grants: [] } }
}

function refuseUnknown(request: FastifyRequest): never {
  const [path = ''] = request.url.split('?')
  throw mlflowError(
    'ENDPOINT_NOT_FOUND',
    `There is no operation ${request.method} ${path.slice(0, 200)} on this server.`,
  )
}

function sendError(
  log: Log,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  discardRest(request.raw)
  const error = fromFramework(thrown)
  const { status, headers, body } = errorAnswer(error)
  if (status >= 500) {
    const { internal } = error
    log.error(
      { requestId: request.id, method: request.method, url: request.url, internal },
      error.public,
    )
  }
  return reply.code(status).headers(headers).type('application/json').send(JSON.stringify(body))
}

/** A caller that went away, or what the framework refuses, is not our failure. */
function fromFramework(thrown: unknown): GyreError {
  if (thrown instanceof GyreError) return thrown
  const { statusCode, code, message } = (thrown ?? {}) as Record<string, unknown>
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return mlflowError('BAD_REQUEST', 'The body ended before it was complete.')
  }
  if (typeof statusCode !== 'number' || statusCode >= 500) return asGyreError(thrown)
  return mlflowError('BAD_REQUEST', String(message).slice(0, 300))
}
