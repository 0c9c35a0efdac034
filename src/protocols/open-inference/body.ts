import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { GyreError, invalid } from '#kernel/errors'
import { jsonDepth } from '#kernel/json'

export const maxBodyBytes = 64 * 1024 * 1024
const deepestJson = 16
/** A caller that sends nothing for so long is gone. */
const idleMs = 60_000

const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const

/** Reads a request's body, unpacked. Errors: `too_large`, `invalid`. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const body = await collect(message)
  const encoding = message.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return body
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw invalid(`The content encoding ${encoding} is not understood. Use gzip, deflate or none.`)
  }
  try {
    return await unpack[encoding](body, { maxOutputLength: maxBodyBytes })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw invalid(`The body is not valid ${encoding}.`)
  }
}

/** By events: iterating over a stream costs as much as all the rest of a small request. */
function collect(message: IncomingMessage): Promise<Buffer> {
  if (Number(message.headers['content-length'] ?? 0) > maxBodyBytes) {
    return Promise.reject(tooLarge())
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    const timer = setTimeout(() => fail(stalled()), idleMs)
    const fail = (error: unknown): void => {
      clearTimeout(timer)
      message.removeAllListeners('data')
      reject(error)
    }
    message.on('data', (chunk: Buffer) => {
      timer.refresh()
      sizeBytes += chunk.length
      if (sizeBytes > maxBodyBytes) fail(tooLarge())
      else chunks.push(chunk)
    })
    message.once('end', () => {
      clearTimeout(timer)
      const [only] = chunks
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks))
    })
    message.once('error', fail)
    message.once('close', () => {
      // Every request closes in the end; only one without an end is cut short.
      if (!message.readableEnded) fail(invalid('The body ended before it was complete.'))
    })
  })
}

function stalled(): GyreError {
  return invalid(`The body stopped arriving for ${idleMs / 1000} s.`)
}

function tooLarge(): GyreError {
  const limit = maxBodyBytes.toLocaleString('en-US')
  return new GyreError({ code: 'too_large', public: `The body is larger than ${limit} bytes.` })
}

/** The JSON part of a body, and the bytes of tensors that follow it; `json` undefined: raw mode. */
export interface BodyParts {
  json: unknown
  binary: Buffer
}

/** Splits a body at `Inference-Header-Content-Length`. Errors: `invalid`. */
export function splitBody(body: Buffer, headerLength: string | undefined): BodyParts {
  if (headerLength === undefined) return { json: parseTolerant(body), binary: Buffer.alloc(0) }
  const length = /^\d{1,12}$/.test(headerLength.trim()) ? Number(headerLength) : Number.NaN
  if (!(length <= body.length)) {
    throw invalid(
      `Inference-Header-Content-Length is ${JSON.stringify(headerLength.slice(0, 40))}, but the body has ${body.length} bytes.`,
    )
  }
  const binary = body.subarray(length)
  return { json: length === 0 ? undefined : parseTolerant(body.subarray(0, length)), binary }
}

/** Reads JSON, also with the tokens NaN and Infinity that Python writes. */
function parseTolerant(bytes: Buffer): unknown {
  if (bytes.length === 0) throw invalid('The body is empty. Send an inference request.')
  const text = decode(bytes)
  const depth = jsonDepth(text)
  if (depth > deepestJson) throw invalid(`The body is nested ${depth} levels deep.`)
  try {
    return JSON.parse(text)
  } catch (thrown) {
    const repaired = withNumberTokens(text)
    try {
      if (repaired !== text) return JSON.parse(repaired)
    } catch {
      // The first message is about what the caller sent.
    }
    throw invalid(`The body is not valid JSON: ${(thrown as SyntaxError).message}`)
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('The JSON of the body is not valid UTF-8.')
  }
}

/** Outside of strings, NaN becomes null, and infinities numbers that overflow to them. */
function withNumberTokens(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|NaN|Infinity/g, (token) => {
    if (token === 'NaN') return 'null'
    return token === 'Infinity' ? '1e999' : token
  })
}
