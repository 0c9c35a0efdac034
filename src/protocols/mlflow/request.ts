import type { IncomingMessage } from 'node:http'
import { GyreError } from '#kernel/errors'
import { collectBody } from '../http/collect-body.ts'
import { decode, parseJson } from '../http/request-body.ts'
import { mlflowError } from './errors.ts'
import { fromQuery, type Shape, WrongType } from './fields.ts'
import { numberLiteral } from './number-literal.ts'

/** Data sets' profiles may have 16 MB, and a batch several of them. */
const maxBodyBytes = 64 * 1024 * 1024

type Query = Readonly<Record<string, string | string[] | undefined>>

/** The fields of a request, and how to say what is wrong with one of them. */
export interface Fields {
  source: Record<string, unknown>
  /** The same failure, showing the value as it was written. */
  reworded(thrown: unknown): unknown
}

/**
 * The fields of a request as MLflow finds them: in the address of a GET that has any there, in the
 * JSON body of everything else, which an old client may have encoded twice.
 */
export async function readFields(
  request: { raw: IncomingMessage; method: string; query: unknown },
  shape: Shape,
): Promise<Fields> {
  const query = request.query as Query
  if (request.method === 'GET' && Object.keys(query).length > 0)
    return asFields(fromQuery(shape, query))
  checkContentType(request.method, request.raw.headers['content-type'])
  const content = await collectBody(request.raw, maxBodyBytes)
  const text = decode(content)
  const value = text === '' ? undefined : parseTwice(text)
  // Some clients send the fields of a DELETE in its address.
  if (value === undefined || value === null) return asFields(fromQuery(shape, query))
  if (typeof value === 'object' && !Array.isArray(value)) {
    return asFields(value as Record<string, unknown>, text)
  }
  throw mlflowError('INVALID_PARAMETER_VALUE', 'The body of the request must be a JSON object.')
}

function asFields(source: Record<string, unknown>, text?: string): Fields {
  return {
    source,
    reworded: (thrown) =>
      thrown instanceof WrongType && text !== undefined
        ? thrown.withLiteral(literalIn(text, thrown.path))
        : thrown,
  }
}

/** Nothing for a text that only the tolerant reader understands. */
function literalIn(text: string, path: string): string | undefined {
  try {
    return numberLiteral(text, path)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

function checkContentType(method: string, contentType: string | undefined): void {
  if (method !== 'POST' && method !== 'PUT') return
  if (contentType === undefined) {
    throw mlflowError('INVALID_PARAMETER_VALUE', 'Bad Request. Content-Type header is missing.')
  }
  if (contentType.split(';')[0]?.trim().toLowerCase() === 'application/json') return
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    "Bad Request. Content-Type must be one of ['application/json'].",
  )
}

function parseTwice(content: string): unknown {
  const value = parseTolerant(content)
  return typeof value === 'string' ? parseTolerant(value) : value
}

/** Python writes NaN and infinities bare; the fields read them as texts. */
function parseTolerant(content: string): unknown {
  try {
    return parseJson(content)
  } catch (thrown) {
    if (!(thrown instanceof GyreError) || !/NaN|Infinity/.test(content)) throw thrown
    const quoted = content.replaceAll(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    )
    return parseJson(quoted)
  }
}
