import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GyreError } from '#kernel/errors'
import { MalformedMessage, MessageWriter } from '#kernel/protobuf'
import { type LoggedSpans, logSpans } from '#domains/traces/index'
import { collectBody } from '../../http/collect-body.ts'
import { decode, parseJson } from '../../http/request-body.ts'
import { mlflowError } from '../errors.ts'
import type { Entry } from '../mount.ts'
import { readJsonRequest } from './otlp-json.ts'
import { readExportRequest, type SpanGroup } from './otlp-protobuf.ts'

const protobufType = 'application/x-protobuf'
const jsonType = 'application/json'
const maxBodyBytes = 64 * 1024 * 1024

/**
 * OTLP over HTTP, for MLflow's client and every OpenTelemetry exporter. The experiment is named by
 * the header `x-mlflow-experiment-id`. Spans that cannot be kept are told as a partial success.
 */
export function mountOtlp(scope: FastifyInstance, { enter }: Entry): void {
  scope.post('/v1/traces', async (request, reply) => {
    const { ctx, project } = await enter(request)
    const type = mediaType(request.headers['content-type'])
    const experiment = oneHeader(request, 'x-mlflow-experiment-id')
    if (experiment === undefined) {
      throw mlflowError(
        'INVALID_PARAMETER_VALUE',
        'The header x-mlflow-experiment-id is missing: it names the experiment that traces belong to.',
      )
    }
    const batches = readSpans(type, await readBody(request))
    const logged = await logSpans(ctx, {
      project,
      experiment,
      batches,
      run: oneHeader(request, 'x-mlflow-run-id'),
    })
    return sendResult(reply, type, logged)
  })
}

function mediaType(header: string | undefined): typeof protobufType | typeof jsonType {
  const type = header?.split(';')[0]?.trim().toLowerCase()
  if (type === protobufType || type === jsonType) return type
  throw mlflowError(
    'BAD_REQUEST',
    `Invalid Content-Type: ${header?.slice(0, 100)}. Expected: ${protobufType} or ${jsonType}`,
  )
}

function oneHeader({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name]
  const text = (Array.isArray(value) ? value[0] : value)?.trim()
  return text === '' ? undefined : text
}

async function readBody(request: FastifyRequest): Promise<Buffer> {
  const body = await collectBody(request.raw, maxBodyBytes)
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const options = { maxOutputLength: maxBodyBytes }
  try {
    if (encoding === 'identity' || encoding === '') return body
    if (encoding === 'gzip') return await promisify(gunzip)(body, options)
    if (encoding === 'deflate') {
      // The standard has a header, and many leave it out.
      return await promisify(hasZlibHeader(body) ? inflate : inflateRaw)(body, options)
    }
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new GyreError({
        code: 'too_large',
        public: `The body is larger than the ${maxBodyBytes} bytes that this operation accepts.`,
      })
    }
    throw mlflowError('BAD_REQUEST', `Failed to decompress ${encoding} payload`)
  }
  throw mlflowError('BAD_REQUEST', `Unsupported Content-Encoding: ${encoding.slice(0, 50)}`)
}

function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body[0] ?? 0) % 16 === 8 && body.readUInt16BE(0) % 31 === 0
}

function readSpans(type: string, body: Buffer): SpanGroup[] {
  const groups = type === jsonType ? readJsonRequest(parseJson(decode(body))) : readProtobuf(body)
  if (groups === undefined) throw mlflowError('BAD_REQUEST', 'Invalid OpenTelemetry format')
  if (groups.length > 0) return groups
  throw mlflowError('BAD_REQUEST', 'Invalid OpenTelemetry format - no spans found')
}

function readProtobuf(body: Buffer): SpanGroup[] | undefined {
  try {
    return readExportRequest(body)
  } catch (thrown) {
    if (thrown instanceof MalformedMessage) return undefined
    throw thrown
  }
}

/** `ExportTraceServiceResponse`: empty, or with what was not accepted. */
function sendResult(
  reply: FastifyReply,
  type: string,
  { traces, refused, problem = '' }: LoggedSpans,
): FastifyReply {
  if (refused > 0 && traces.length === 0) throw mlflowError('BAD_REQUEST', problem)
  if (type === jsonType) {
    const partial = { rejectedSpans: String(refused), errorMessage: problem }
    const body = refused === 0 ? {} : { partialSuccess: partial }
    return reply.type(jsonType).send(JSON.stringify(body))
  }
  const response = new MessageWriter()
  if (refused > 0) {
    const partial = new MessageWriter().integer(1, refused).string(2, problem)
    response.bytes(1, partial.finish())
  }
  return reply.type(protobufType).send(Buffer.from(response.finish()))
}
