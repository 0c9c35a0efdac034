import { invalid } from '#kernel/errors'
import {
  type ApiSpec,
  type BodyInput,
  bytes,
  type Bytes,
  type BytesResult,
  type EndpointSpec,
  type Params,
  type QueryInput,
  type Result,
} from '#protocols/api/endpoint'
import { type EventsRequest, followEvents, type ServerEvent } from './events.ts'
import { rooms } from './rooms.ts'
import { chunksOf, type ClientOptions, send } from './transport.ts'

export type { ServerEvent } from './events.ts'
export type { ClientOptions } from './transport.ts'

/** Raw bytes to send. In browsers give a Blob: they cannot stream a request over HTTP/1.1. */
export type BytesInput = Blob | Uint8Array<ArrayBuffer> | ArrayBuffer | AsyncIterable<Uint8Array>

interface Extras {
  signal?: AbortSignal
  headers?: Readonly<Record<string, string>>
}

type ParamsPart<S extends EndpointSpec> = keyof Params<S> extends never
  ? { params?: undefined }
  : { params: Params<S> }
type QueryPart<S extends EndpointSpec> =
  QueryInput<S> extends undefined
    ? { query?: undefined }
    : object extends QueryInput<S>
      ? { query?: QueryInput<S> }
      : { query: QueryInput<S> }
type BodyPart<S extends EndpointSpec> = S['body'] extends Bytes
  ? { body: BytesInput }
  : BodyInput<S> extends undefined
    ? { body?: undefined }
    : { body: BodyInput<S> }

export type CallRequest<S extends EndpointSpec> = ParamsPart<S> &
  QueryPart<S> &
  BodyPart<S> &
  Extras

type CallOf<S extends EndpointSpec> =
  object extends CallRequest<S>
    ? (request?: CallRequest<S>) => Promise<Result<S>>
    : (request: CallRequest<S>) => Promise<Result<S>>

export type RoomClient<A extends ApiSpec> = { readonly [Name in keyof A]: CallOf<A[Name]> }

export type Client = { readonly [Room in keyof typeof rooms]: RoomClient<(typeof rooms)[Room]> } & {
  /** Follows records and pulses, over lost connections. */
  events(request?: EventsRequest): AsyncGenerator<ServerEvent, void, undefined>
}

interface UntypedRequest extends Extras {
  params?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, unknown>>
  body?: unknown
}

/**
 * A client of one server, typed by the operations that the server mounts:
 * `client.data.listVersions({params: {project, dataset}, query: {limit: 20}})`.
 * What the server refuses is thrown as the `GyreError` that it said.
 */
export function createClient(options: ClientOptions): Client {
  const entries = Object.entries<ApiSpec>(rooms).map(([room, api]) => [
    room,
    Object.fromEntries(
      Object.entries(api).map(([name, spec]) => [
        name,
        (request: UntypedRequest = {}) => call(options, spec, request),
      ]),
    ),
  ])
  const events = (request: EventsRequest = {}): AsyncGenerator<ServerEvent, void, undefined> =>
    followEvents(options, request)
  return { ...Object.fromEntries(entries), events } as Client
}

async function call(
  options: ClientOptions,
  spec: EndpointSpec,
  request: UntypedRequest,
): Promise<unknown> {
  const { body, headers } = encodeBody(spec, request)
  const response = await send(options, {
    method: spec.method,
    path: fillPath(spec.path, request.params ?? {}),
    query: request.query,
    body,
    headers,
    signal: request.signal,
  })
  if (spec.result === bytes) return bytesOf(response)
  if (spec.result !== undefined) return response.json()
  await response.body?.cancel()
  return undefined
}

type Encoded = Pick<Parameters<typeof send>[1], 'body' | 'headers'>

function encodeBody(spec: EndpointSpec, { body, headers }: UntypedRequest): Encoded {
  if (spec.body === undefined) return { headers }
  if (spec.body === bytes) {
    const type = { 'content-type': 'application/octet-stream' }
    return { body: body as Encoded['body'], headers: { ...type, ...headers } }
  }
  return {
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  }
}

function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:([A-Za-z][A-Za-z0-9]*)/g, (_, name: string) => {
    const value = params[name]
    // A dot alone would vanish from the address, and the request would reach something else.
    if (value === undefined || value === '' || value === '.' || value === '..') {
      throw invalid(`${JSON.stringify(value ?? '')} cannot name a ${name}.`)
    }
    return encodeURIComponent(value)
  })
}

function bytesOf(response: Response): BytesResult {
  const size = response.headers.get('content-length')
  const etag = response.headers.get('etag')
  return {
    contentType: response.headers.get('content-type') ?? 'application/octet-stream',
    ...(size === null ? {} : { sizeBytes: Number(size) }),
    ...(etag === null ? {} : { etag: etag.replaceAll('"', '') }),
    content: chunksOf(response),
  }
}
