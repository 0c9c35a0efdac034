import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { asGyreError, type GyreError } from '#kernel/errors'
import type { Log } from '#domains/access/index'
import { checkOrigin, type HostRules } from '#protocols/api/origin'
import { discardRest } from '#protocols/http/request-body'
import type { Aside } from './aside.ts'
import { type Answer, failure, jsonAnswer } from './answers.ts'
import { readChosen, relayStatus } from './control.ts'
import { apiPath, type ClientRequest, type FrontParts, takeChange } from './front.ts'
import { type Passing, passOn } from './passing.ts'

/** Answers for the server while it is away: the version that the client is to expect, and its kind. */
const assumedVersion = '3.17.2'
const own: HostRules = {
  hosts: new Set(['localhost', '127.0.0.1', '[::1]']),
  origins: new Set(),
}

/** The relay's only door: MLflow's wire for clients on this machine, and `/gyre-relay` for people. */
export function createFrontHttp(parts: FrontParts, aside: Aside, log: Log): FastifyInstance {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    keepAliveTimeout: 65_000,
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', async (request) => {
    checkOrigin(own, request.method, request.headers)
  })
  app.setErrorHandler((thrown, request, reply) => {
    const error = thrown instanceof URIError ? undefined : asGyreError(thrown)
    if (error?.code === 'internal') {
      log.error(
        { method: request.method, url: request.url, internal: error.internal },
        error.public,
      )
    }
    discardRest(request.raw)
    return send(reply, error === undefined ? badAddress() : answerOf(error))
  })
  app.get('/health', (_request, reply) => reply.type('text/plain').send('OK'))
  app.get('/gyre-relay/status', async () => relayStatus(parts, aside))
  app.post('/gyre-relay/retry', async (request) => {
    const count = await aside.retry(await readChosen(request.body))
    parts.forwarder.wake(await parts.journal.waitingLanes())
    return { retried: count }
  })
  app.post('/gyre-relay/drop', async (request) => {
    const gone = await aside.drop(await readChosen(request.body))
    for (const { file } of gone) {
      if (file !== null && !(await parts.journal.isFileWanted(file))) await parts.spool.delete(file)
    }
    parts.forwarder.wakeParked()
    return { dropped: gone.length }
  })
  app.all('*', (request, reply) => answer(parts, request, reply))
  return app
}

async function answer(
  parts: FrontParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const asked: ClientRequest = {
    method: request.method,
    target: request.raw.url ?? '/',
    headers: request.headers,
    body: request.raw,
  }
  const taken = await takeChange(parts, asked)
  if (taken !== undefined) {
    const { delivered } = taken
    if (delivered !== undefined) {
      reply.raw.once('close', () => void delivered(reply.raw.writableFinished))
    }
    if (taken.answer.status >= 400) discardRest(request.raw)
    return send(reply, taken.answer)
  }
  const given = await passOn(parts, asked)
  if ('headers' in given) return pass(reply, given)
  return send(reply, given.status === 424 ? (assumed(asked) ?? given) : given)
}

/** What a client asks before anything else. */
function assumed({ method, target }: ClientRequest): Answer | undefined {
  if (method !== 'GET') return undefined
  const path = apiPath(target)
  if (path === 'version') return { status: 200, type: 'text/plain', body: assumedVersion }
  if (path !== '3.0/mlflow/server-info') return undefined
  return jsonAnswer({ store_type: 'SqlStore', workspaces_enabled: false })
}

function send(reply: FastifyReply, { status, type, body }: Answer): FastifyReply {
  return reply.code(status).type(type).send(body)
}

function pass(reply: FastifyReply, { status, headers, body }: Passing): FastifyReply {
  return reply.code(status).headers(headers).send(body)
}

function badAddress(): Answer {
  return failure(400, 'INVALID_PARAMETER_VALUE', 'The address of the request cannot be decoded.')
}

const statuses: Partial<Record<GyreError['code'], [number, string]>> = {
  invalid: [400, 'INVALID_PARAMETER_VALUE'],
  forbidden: [403, 'PERMISSION_DENIED'],
  not_found: [404, 'RESOURCE_DOES_NOT_EXIST'],
  too_large: [413, 'INVALID_PARAMETER_VALUE'],
  unavailable: [507, 'RESOURCE_EXHAUSTED'],
  overloaded: [429, 'REQUEST_LIMIT_EXCEEDED'],
}

function answerOf(error: GyreError): Answer {
  const [status, code] = statuses[error.code] ?? [500, 'INTERNAL_ERROR']
  return failure(status, code, error.public)
}
