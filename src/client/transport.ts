import { type ErrorCode, errorCodes, GyreError } from '#kernel/errors'

export interface ClientOptions {
  /** The server's address; empty for the page that the server itself delivered. */
  url: string
  /** A service token. */
  token?: string
  fetch?: typeof fetch
  /** Told when nobody answers: what was tried and what to do. */
  unreachable?: string
}

export interface Call {
  method: string
  path: string
  query?: Readonly<Record<string, unknown>> | undefined
  body?: BodyInit | AsyncIterable<Uint8Array> | undefined
  headers?: Readonly<Record<string, string>> | undefined
  signal?: AbortSignal | undefined
}

/** Sends one request below `/api/v1`; every answer but success is thrown as a `GyreError`. */
export async function send(options: ClientOptions, call: Call): Promise<Response> {
  const headers: Record<string, string> = { ...call.headers }
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`
  const streamed = isIterable(call.body)
  const init: RequestInit & { duplex?: 'half' } = {
    method: call.method,
    headers,
    ...(call.body === undefined ? {} : { body: bodyOf(call.body) }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
    ...(streamed || call.body instanceof ReadableStream ? { duplex: 'half' } : {}),
  }
  const url = `${options.url}/api/v1${call.path}${queryText(call.query)}`
  const response = await reach(options, url, init)
  if (response.ok || response.status === 304) return response
  throw await errorOf(response)
}

async function reach(options: ClientOptions, url: string, init: RequestInit): Promise<Response> {
  try {
    return await (options.fetch ?? fetch)(url, init)
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown
    throw new GyreError({
      code: 'unavailable',
      public: options.unreachable ?? `No server answers at ${options.url || 'this address'}.`,
      cause: thrown,
    })
  }
}

/** Rebuilds the server's error; an answer of something else in between is told by its status. */
async function errorOf(response: Response): Promise<GyreError> {
  const text = await response.text()
  const told = errorIn(text)
  if (told !== undefined) return told
  return new GyreError({
    code: response.status >= 500 ? 'unavailable' : 'invalid',
    public: `The server answered with status ${response.status} and no explanation.`,
    internal: text.slice(0, 500),
  })
}

function errorIn(text: string): GyreError | undefined {
  const answer = parseJson(text) as {
    error?: { code?: unknown; message?: unknown; details?: unknown }
  }
  const { code, message, details } = answer?.error ?? {}
  if (typeof message !== 'string' || !errorCodes.includes(code as ErrorCode)) return undefined
  return new GyreError({ code: code as ErrorCode, public: message, details })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Lists become repeated parameters; `undefined` is left out. */
function queryText(query: Call['query']): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item !== undefined)
        search.append(name, typeof item === 'string' ? item : JSON.stringify(item))
    }
  }
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

function isIterable(body: Call['body']): body is AsyncIterable<Uint8Array> {
  return (
    typeof body === 'object' &&
    body !== null &&
    Symbol.asyncIterator in body &&
    !(body instanceof ReadableStream)
  )
}

function bodyOf(body: NonNullable<Call['body']>): BodyInit {
  return isIterable(body) ? streamOf(body) : (body as BodyInit)
}

function streamOf(content: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = content[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

/** The chunks of a response's body, in every browser and in Node. */
export async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return
  const reader = response.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
