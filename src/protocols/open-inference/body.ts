import { isAscii, isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { invalid } from '#kernel/errors'
import { jsonDepth } from '#kernel/json'
import { collectBody, tooLarge } from '../http/collect-body.ts'

export const maxBodyBytes = 64 * 1024 * 1024
const deepestJson = 16

const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const

/** Reads a request's body, unpacked. Errors: `too_large`, `invalid`. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const body = await collectBody(message, maxBodyBytes)
  const encoding = message.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return body
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw invalid(`The content encoding ${encoding} is not understood. Use gzip, deflate or none.`)
  }
  try {
    return await unpack[encoding](body, { maxOutputLength: maxBodyBytes })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(maxBodyBytes)
    throw invalid(`The body is not valid ${encoding}.`)
  }
}

/** The JSON part of a body, and the bytes of tensors that follow it; `json` undefined: raw mode. */
export interface BodyParts {
  json: unknown
  binary: Buffer
}

const noBytes = Buffer.alloc(0)

/** Splits a body at `Inference-Header-Content-Length`. Errors: `invalid`. */
export function splitBody(body: Buffer, headerLength: string | undefined): BodyParts {
  if (headerLength === undefined) return { json: parseTolerant(body), binary: noBytes }
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
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (isUtf8(bytes)) return bytes.toString('utf8').replace(/^\uFEFF/, '')
  throw invalid('The JSON of the body is not valid UTF-8.')
}

/** Outside of strings, NaN becomes null, and infinities numbers that overflow to them. */
function withNumberTokens(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|NaN|Infinity/g, (token) => {
    if (token === 'NaN') return 'null'
    return token === 'Infinity' ? '1e999' : token
  })
}
