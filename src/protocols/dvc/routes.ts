import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { asGyreError, GyreError, invalid } from '#kernel/errors'
import { openObject, type ProblemKind, recordProblem, storeObject } from '#domains/data/index'
import { sendBytes } from '../http/bytes-answer.ts'
import { discardRest, readBytesBody } from '../http/request-body.ts'
import { mountBatch } from './batch.ts'
import { type Call, type DvcOptions, Entry } from './entry.ts'
import { errorAnswer } from './errors.ts'
import { clientOf } from './visits.ts'
import { mountWebdav } from './webdav.ts'

/** Mounts DVC remotes, over HTTP and WebDAV, under `/dvc/<repo>`. */
export async function mountDvc(app: FastifyInstance, options: DvcOptions): Promise<void> {
  const entry = new Entry(options)
  app.addHook('onClose', () => entry.visits.close())
  await app.register(async (scope) => {
    scope.setErrorHandler((thrown, request, reply) =>
      sendError(entry, options, thrown, request, reply),
    )
    mountBatch(scope, entry)
    mountWebdav(scope, entry)
    scope.route({
      method: ['GET', 'HEAD'],
      url: '/dvc/:repo/*',
      handler: async (request, reply) => sendObject(entry, await entry.enter(request, reply)),
    })
    scope.route({
      method: ['POST', 'PUT'],
      url: '/dvc/:repo/*',
      handler: async (request, reply) =>
        takeObject(entry, await entry.enterToChange(request, reply)),
    })
  })
}

/** Contents of at most this are read at once; more is streamed. */
const wholeBytes = 256 * 1024

async function sendObject(entry: Entry, call: Call): Promise<FastifyReply> {
  const { ctx, remote, path, request, reply } = call
  if (request.method === 'HEAD') entry.visits.note(request, { asked: 1 })
  const { sha256, md5, sizeBytes } = await openObject(ctx, { remote, path })
  if (request.method === 'GET') entry.visits.note(request, { pulled: { objects: 1, sizeBytes } })
  reply.header('content-md5', Buffer.from(md5, 'hex').toString('base64'))
  const small = sizeBytes <= wholeBytes && request.method === 'GET'
  return sendBytes(request, reply, {
    contentType: 'application/octet-stream',
    sizeBytes,
    etag: md5,
    content: small
      ? await ctx.blobs.readAll(sha256)
      : ({ start, end }) => ctx.blobs.read(sha256, { start, end }),
  })
}

async function takeObject(entry: Entry, call: Call): Promise<FastifyReply> {
  const { ctx, remote, path, request, reply, signal } = call
  checkContentRange(request)
  const content = readBytesBody(request.raw, undefined)
  const { md5, sizeBytes } = await storeObject(ctx, { remote, path, content, signal })
  entry.visits.note(request, { pushed: { objects: 1, sizeBytes } })
  return reply.code(201).header('etag', `"${md5}"`).send()
}

/** A part stored as if it were the whole would be damage that nobody sees. */
function checkContentRange({ headers }: FastifyRequest): void {
  if (headers['content-range'] === undefined) return
  throw invalid('Parts of an object cannot be stored: leave Content-Range out and send all of it.')
}

async function sendError(
  entry: Entry,
  options: DvcOptions,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  discardRest(request.raw)
  const error = fromFramework(thrown)
  const { status, headers, body } = errorAnswer(error)
  if (error.code === 'internal' || error.code === 'unavailable') {
    options.log.error({ url: request.url, internal: error.internal }, error.public)
  }
  // What is not there is an answer, not a failure.
  if (error.code !== 'not_found') entry.visits.note(request, { failure: error.public })
  await tellOwner(options, error, request)
  return reply.code(status).headers(headers).type('application/json').send(JSON.stringify(body))
}

/** A caller that went away, or what the framework refuses, is not our failure. */
function fromFramework(thrown: unknown): GyreError {
  if (thrown instanceof GyreError) return thrown
  const { statusCode, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return invalid('The body ended before it was complete. Nothing was stored.')
  }
  const ours = typeof statusCode !== 'number' || statusCode >= 500
  return ours ? asGyreError(thrown) : invalid(String((thrown as Error).message))
}

/** `dvc` shows a refusal as missing files: the remote's owner must see what it was. */
async function tellOwner(
  { platform, log }: DvcOptions,
  error: GyreError,
  request: FastifyRequest,
): Promise<void> {
  const kind = problemKind(error, request.method)
  const { repo } = request.params as { repo: string }
  if (kind === undefined) return
  try {
    const client = clientOf(request)
    await recordProblem(platform, { repo, kind, client, message: error.public })
  } catch (thrown) {
    log.error({ internal: String(thrown) }, 'A problem of a remote could not be kept.')
  }
}

function problemKind({ code }: GyreError, method: string): ProblemKind | undefined {
  if (code === 'unauthenticated' || code === 'forbidden') return code
  if (code === 'internal' || code === 'unavailable') return 'failed'
  const upload = method === 'POST' || method === 'PUT'
  return code === 'invalid' && upload ? 'not what its name says' : undefined
}
