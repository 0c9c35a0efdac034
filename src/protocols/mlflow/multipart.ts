import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { abortUpload, completeUpload, createUpload, putPart } from '#domains/runs/index'
import { readBytesBody } from '../http/request-body.ts'
import { safePath } from './artifact-paths.ts'
import { mlflowError } from './errors.ts'
import { int64, list, message, reader, required, text } from './fields.ts'
import type { Entry } from './mount.ts'
import { readFields } from './request.ts'

const prefix = '/api/2.0/mlflow-artifacts/mpu'
/** Larger ones are no parts: the file itself can be sent as it is. */
const mostPartBytes = 5 * 1024 ** 3

const createShape = { path: required(text), num_parts: int64 }
const completeShape = {
  path: required(text),
  upload_id: required(text),
  parts: required(list(message({ part_number: required(int64), etag: text }))),
}
const abortShape = { path: required(text), upload_id: required(text) }
const readers = {
  create: reader(createShape),
  complete: reader(completeShape),
  abort: reader(abortShape),
}

/**
 * Files in parts, for clients that ask for it (`MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD`). They send
 * parts to the addresses that they are given, without any other proof of who they are.
 */
export function mountMultipart(scope: FastifyInstance, entry: Entry): void {
  scope.post(`${prefix}/create/*`, async (request, reply) => {
    const { ctx, project } = await entry.enter(request)
    const { source } = await readFields(request, createShape)
    const { path, num_parts: parts = 1 } = readers.create(source)
    const { id, secret } = await createUpload(ctx, {
      project,
      path: placeOf(request, path),
      parts,
    })
    const credentials = Array.from({ length: parts }, (_, i) => ({
      url: `${originOf(request)}${prefix}/parts/${id}/${i + 1}?secret=${secret}`,
      part_number: i + 1,
    }))
    return sendJson(reply, { upload_id: id, credentials })
  })
  scope.post(`${prefix}/complete/*`, async (request, reply) => {
    const { ctx, project } = await entry.enter(request)
    const { source } = await readFields(request, completeShape)
    const { path, upload_id: upload, parts } = readers.complete(source)
    const named = parts.map(({ part_number: number, etag = '' }): [number, string] => [
      number,
      etag.replaceAll('"', ''),
    ])
    await completeUpload(ctx, {
      project,
      path: placeOf(request, path),
      upload,
      parts: new Map(named.filter(([, etag]) => etag !== '')),
    })
    return sendJson(reply, {})
  })
  scope.post(`${prefix}/abort/*`, async (request, reply) => {
    const { ctx, project } = await entry.enter(request)
    const { source } = await readFields(request, abortShape)
    const { path, upload_id: upload } = readers.abort(source)
    await abortUpload(ctx, { project, path: placeOf(request, path), upload })
    return sendJson(reply, {})
  })
  scope.put(`${prefix}/parts/:upload/:number`, async (request, reply) => {
    const { upload, number } = request.params as { upload: string; number: string }
    const { secret } = request.query as { secret?: unknown }
    const { md5 } = await putPart(entry.platform, {
      upload,
      number: Number(number),
      secret: typeof secret === 'string' ? secret : '',
      content: readBytesBody(request.raw, mostPartBytes),
    })
    return reply.header('etag', `"${md5}"`).send('')
  })
}

/** The directory is in the address, the file's name in the body, often with its path at home. */
function placeOf(request: FastifyRequest, path: string): string {
  const directory = safePath((request.params as { '*': string })['*'])
  const name = safePath(path.split(/[/\\]/).at(-1) ?? '')
  if (name === '') {
    throw mlflowError('INVALID_PARAMETER_VALUE', 'The path of the file does not end in its name.')
  }
  return directory === '' ? name : `${directory}/${name}`
}

/** Where the client reached us, also behind something that ends TLS. */
function originOf({ headers, protocol }: FastifyRequest): string {
  const scheme = headers['x-forwarded-proto'] === 'https' ? 'https' : protocol
  return `${scheme}://${headers.host ?? ''}`
}

function sendJson(reply: FastifyReply, value: object): FastifyReply {
  return reply.type('application/json').send(JSON.stringify(value))
}
