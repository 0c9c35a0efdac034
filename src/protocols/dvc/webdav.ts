import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GyreError, invalid } from '#kernel/errors'
import {
  listEntries,
  moveObject,
  type RemoteEntry,
  removeObjects,
  statEntry,
} from '#domains/data/index'
import { discardRest } from '../http/request-body.ts'
import type { Call, Entry } from './entry.ts'

const methods = ['PROPFIND', 'MKCOL', 'MOVE', 'COPY'] as const
const allowed = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', ...methods].join(', ')

/** Mounts the part of WebDAV (class 1, no properties of the client's own) that file systems need. */
export function mountWebdav(scope: FastifyInstance, entry: Entry): void {
  for (const method of methods) scope.addHttpMethod(method, { hasBody: true })
  const both = ['/dvc/:repo', '/dvc/:repo/*']
  for (const url of both) {
    scope.route({ method: 'OPTIONS', url, handler: options })
    scope.route({
      method: 'PROPFIND',
      url,
      handler: async (request, reply) => {
        const call = await entry.enter(request, reply)
        entry.visits.note(request, { asked: 1 })
        return propfind(call)
      },
    })
  }
  const change = (handle: (call: Call) => Promise<FastifyReply>) => {
    return async (request: FastifyRequest, reply: FastifyReply) => {
      discardRest(request.raw)
      return handle(await entry.enterToChange(request, reply))
    }
  }
  for (const url of both) scope.route({ method: 'MKCOL', url, handler: change(makeCollection) })
  scope.route({ method: 'DELETE', url: '/dvc/:repo/*', handler: change(remove) })
  for (const method of ['MOVE', 'COPY'] as const) {
    scope.route({ method, url: '/dvc/:repo/*', handler: change((call) => move(call, method)) })
  }
}

function options(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.headers({ dav: '1', allow: allowed, 'ms-author-via': 'DAV' }).send()
}

async function propfind({ ctx, remote, path, request, reply }: Call): Promise<FastifyReply> {
  discardRest(request.raw)
  // Without the header a client only asks whether the place is there: listing everything below it,
  // as the standard has it, would cost every push the whole remote.
  const { depth = '0' } = request.headers
  const at = withoutSlash(path)
  const self = await statEntry(ctx, { remote, path: at })
  if (self.isDirectory && depth !== '0' && depth !== '1') throw tooDeep()
  const below = depth === '1' && self.isDirectory ? listEntries(ctx, { remote, path: at }) : none()
  const root = `/dvc/${encodeURIComponent(remote.repo)}`
  return reply
    .code(207)
    .type('application/xml; charset=utf-8')
    .send(Readable.from(multistatus(root, self, below)))
}

function tooDeep(): GyreError {
  return new GyreError({ code: 'forbidden', public: 'List one directory at a time: Depth: 1.' })
}

async function* none(): AsyncGenerator<RemoteEntry> {}

const answersPerPiece = 500

async function* multistatus(
  root: string,
  self: RemoteEntry,
  below: AsyncIterable<RemoteEntry>,
): AsyncGenerator<string> {
  let piece = `<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n${answer(root, self)}`
  let count = 0
  for await (const entry of below) {
    piece += answer(root, entry)
    if (++count % answersPerPiece > 0) continue
    yield piece
    piece = ''
  }
  yield `${piece}</D:multistatus>\n`
}

function answer(root: string, entry: RemoteEntry): string {
  const { path, isDirectory, sizeBytes, md5, createdAt } = entry
  const href = `${root}/${path.split('/').map(encodeURIComponent).join('/')}`
  const slash = isDirectory && !href.endsWith('/') ? '/' : ''
  const created = new Date(createdAt)
  const kind = isDirectory
    ? '<D:resourcetype><D:collection/></D:resourcetype>'
    : `<D:resourcetype/><D:getcontentlength>${sizeBytes}</D:getcontentlength><D:getetag>"${md5}"</D:getetag><D:getcontenttype>application/octet-stream</D:getcontenttype>`
  return (
    `<D:response><D:href>${xmlText(href + slash)}</D:href><D:propstat><D:prop>` +
    `<D:displayname>${xmlText(path.split('/').at(-1) ?? '')}</D:displayname>${kind}` +
    `<D:creationdate>${created.toISOString()}</D:creationdate>` +
    `<D:getlastmodified>${created.toUTCString()}</D:getlastmodified>` +
    '</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n'
  )
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Directories are there as soon as something is in them. */
async function makeCollection({ reply }: Call): Promise<FastifyReply> {
  return reply.code(201).send()
}

async function remove({ ctx, remote, path, reply }: Call): Promise<FastifyReply> {
  await removeObjects(ctx, { remote, path: withoutSlash(path) })
  return reply.code(204).send()
}

async function move(call: Call, method: 'MOVE' | 'COPY'): Promise<FastifyReply> {
  const { ctx, remote, path, request, reply } = call
  const to = destination(request, remote.repo)
  const replace = request.headers['overwrite'] !== 'F'
  await moveObject(ctx, { remote, from: path, to, keep: method === 'COPY', replace })
  return reply.code(201).send()
}

/** A path of the same remote, from a whole address or an absolute path. */
function destination({ headers }: FastifyRequest, repo: string): string {
  const { destination: given } = headers
  const url = URL.parse(String(given), 'http://remote')
  const [, place, name, ...path] = (url?.pathname ?? '').split('/')
  if (place !== 'dvc' || name === undefined || decodeURIComponent(name) !== repo) {
    throw invalid('The Destination must be an address of the same remote.')
  }
  return decodeURIComponent(withoutSlash(path.join('/')))
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}
