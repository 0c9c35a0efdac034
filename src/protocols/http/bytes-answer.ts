import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Bytes to be sent. */
export interface BytesAnswer {
  contentType: string
  sizeBytes?: number
  /** Offered to browsers as the name to save under. */
  fileName?: string
  /** A strong validator, without quotes; conditional and partial requests are answered by it. */
  etag?: string
  /** All of it, in memory or as a stream; or what reads just the bytes [start, end) when asked. */
  content: Uint8Array | AsyncIterable<Uint8Array> | ((range: Range) => AsyncIterable<Uint8Array>)
  /** What a browser lets it do, in a frame of this server's page; default: nothing, and no frame. */
  policy?: string
}

interface Range {
  start: number
  /** Exclusive. */
  end: number
}

/** Sends bytes: 304 for what the caller has, 206 for a part, 416 for a part that is not there. */
export async function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  result: BytesAnswer,
): Promise<FastifyReply> {
  const etag = result.etag === undefined ? undefined : `"${result.etag}"`
  reply.headers({
    'content-type': result.contentType,
    // Stored content is somebody's: shown by a browser, it must not act as this server's page.
    'content-security-policy': result.policy ?? "sandbox; default-src 'none'",
    ...(result.policy === undefined ? {} : { 'x-frame-options': 'SAMEORIGIN' }),
    ...(etag === undefined ? {} : { etag }),
    ...(result.fileName === undefined
      ? {}
      : { 'content-disposition': disposition(result.fileName) }),
  })
  if (etag !== undefined && matchesAny(request.headers['if-none-match'], etag)) {
    await close(result.content)
    return reply.code(304).send()
  }
  const { sizeBytes } = result
  if (sizeBytes === undefined) return reply.send(bodyOf(result.content, everything))
  const range = readRange(request.headers.range, request.headers['if-range'], etag, sizeBytes)
  reply.header('accept-ranges', 'bytes')
  if (range === 'unsatisfiable') {
    await close(result.content)
    return reply.code(416).header('content-range', `bytes */${sizeBytes}`).send()
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes }
  reply.header('content-length', end - start)
  if (range !== undefined) {
    reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${sizeBytes}`)
  }
  if (request.method === 'HEAD') {
    await close(result.content)
    return reply.send()
  }
  return reply.send(bodyOf(result.content, { start, end }))
}

const everything: Range = { start: 0, end: Infinity }

function bodyOf(content: BytesAnswer['content'], range: Range): Uint8Array | Readable {
  if (content instanceof Uint8Array) return content.subarray(range.start, range.end)
  return Readable.from(typeof content === 'function' ? content(range) : cut(content, range))
}

/** One range, as RFC 9110 reads it; several, or a text that is none, answer with everything. */
function readRange(
  header: string | undefined,
  ifRange: string | string[] | undefined,
  etag: string | undefined,
  sizeBytes: number,
): Range | 'unsatisfiable' | undefined {
  if (ifRange !== undefined && ifRange !== etag) return undefined
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [first, last] = [match[1] ?? '', match[2] ?? '']
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  return start >= sizeBytes ? 'unsatisfiable' : { start, end }
}

async function* cut(
  content: AsyncIterable<Uint8Array>,
  { start, end }: Range,
): AsyncGenerator<Uint8Array> {
  let position = 0
  for await (const chunk of content) {
    const from = Math.max(0, start - position)
    const to = Math.min(chunk.length, end - position)
    if (to > from) yield chunk.subarray(from, to)
    position += chunk.length
    if (position >= end) return
  }
}

function matchesAny(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((part) => {
    const tag = part.trim().replace(/^W\//, '')
    return tag === '*' || tag === etag
  })
}

async function close(content: BytesAnswer['content']): Promise<void> {
  if (Symbol.asyncIterator in content) await content[Symbol.asyncIterator]().return?.()
}

/** The name as a token, a quoted text, or encoded with a plain one beside it (RFC 6266). */
function disposition(fileName: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(fileName)) return `attachment; filename=${fileName}`
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')
  if (plain === fileName) return `attachment; filename="${fileName}"`
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded(fileName)}`
}

function encoded(fileName: string): string {
  return encodeURIComponent(fileName.toWellFormed()).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
