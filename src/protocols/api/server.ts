import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { asGyreError, GyreError, notFound } from '#kernel/errors'
import type { Platform } from '#domains/access/index'
import { discardRest } from '../http/request-body.ts'
import type { Door } from './door.ts'
import { errorBody, errorHeaders, httpStatus } from './errors.ts'
import { isView } from './page.ts'

export interface HttpServerOptions {
  platform: Platform
  door: Door
  /** Told after each answer; `route` is its pattern, so that there are few of them. */
  onAnswered?(answer: { method: string; route: string; status: number; seconds: number }): void
}

/** Of every answer. */
export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
}

const idleCheckMs = 50

/** Operations validate by themselves: the compilers that come with the framework are never loaded. */
const noSchemaCompilers = { buildValidator: refuseSchema, buildSerializer: refuseSchema }

function refuseSchema(): never {
  throw new Error('Routes have no schemas of the framework here: give the operation one.')
}

/**
 * The HTTP server onto which everything is mounted. Every request passes the door first, every
 * failure leaves in one shape, and what nobody mounted is `not_found`.
 */
export function createHttpServer({
  platform,
  door,
  onAnswered,
}: HttpServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    genReqId: () => platform.newId(),
    requestIdHeader: false,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 4096, ignoreDuplicateSlashes: true },
    keepAliveTimeout: 65_000,
    // Bodies have limits of their own: large ones may take as long as they keep arriving.
    requestTimeout: 0,
    http: { headersTimeout: 15_000, maxHeaderSize: 16 * 1024 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    schemaController: { compilersFactory: noSchemaCompilers },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      void sendError(platform, fromFastify(error), request, reply)
    },
  })
  app.removeAllContentTypeParsers()
  // Each operation reads its body by itself, as far as it wants it.
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders)
    reply.header('x-request-id', request.id)
    try {
      const opened = door.open(request)
      if (opened === undefined) done()
      else opened.then(() => done(), done)
    } catch (thrown) {
      done(thrown as Error)
    }
  })
  if (onAnswered !== undefined) {
    app.addHook('onResponse', (request, reply, done) => {
      onAnswered({
        method: request.method,
        route: request.routeOptions.url ?? '(none)',
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1000,
      })
      done()
    })
  }
  // Closing ends connections that are idle then; those that become idle later must not hold it up.
  app.addHook('preClose', (done) => {
    const timer = setInterval(() => app.server.closeIdleConnections(), idleCheckMs)
    app.server.once('close', () => clearInterval(timer))
    done()
  })
  app.setErrorHandler((thrown, request, reply) =>
    sendError(platform, fromFastify(thrown), request, reply),
  )
  app.setNotFoundHandler((request, reply) => {
    if (isView(request) && app.hasReplyDecorator('sendFile')) return reply.sendFile('index.html')
    const [path = ''] = request.url.split('?')
    const asked = `${request.method} ${path.slice(0, 200)}`
    const error = notFound('operation', asked, 'See /api/v1/openapi.json.')
    return sendError(platform, error, request, reply)
  })
  return app
}

/** Sends a failure in the one shape of this API, and logs what is not the caller's doing. */
function sendError(
  platform: Platform,
  error: GyreError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  discardRest(request.raw)
  // Unavailable without a cause is the server telling its own state: starting, draining.
  if (
    error.code === 'internal' ||
    (error.code === 'unavailable' && (error.internal ?? error.cause) !== undefined)
  ) {
    platform.log.error(
      { requestId: request.id, method: request.method, url: request.url, internal: error.internal },
      error.public,
    )
  }
  // What the framework refuses by itself comes here past the hooks.
  return reply
    .code(httpStatus[error.code])
    .headers({ ...securityHeaders, 'x-request-id': request.id, ...errorHeaders(error) })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(error, request.id)))
}

/** What the framework itself refuses, such as an address that cannot be decoded. */
function fromFastify(thrown: unknown): GyreError {
  if (thrown instanceof GyreError) return thrown
  const { statusCode, message } = (thrown ?? {}) as { statusCode?: unknown; message?: unknown }
  if (typeof statusCode !== 'number' || statusCode >= 500) return asGyreError(thrown)
  return new GyreError({
    code: statusCode === 413 ? 'too_large' : statusCode === 404 ? 'not_found' : 'invalid',
    public: String(message).slice(0, 300),
    cause: thrown,
  })
}

/** What is no HTTP at all, or has headers that are too large or too slow. */
function answerBrokenRequest(
  error: Error & { code?: string },
  socket: { writable: boolean; end(text: string): unknown; destroy(): unknown },
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const body = JSON.stringify({
    error: {
      code: 'invalid',
      message: 'The request is not valid HTTP, or its headers are too large.',
      requestId: '',
    },
  })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
