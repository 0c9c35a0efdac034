import type { z } from 'zod'
import type { Role } from '#kernel/roles'

/** Stands where a body or an answer is raw bytes instead of JSON. */
export const bytes = Symbol('bytes')
export type Bytes = typeof bytes

/**
 * One operation of Gyre's own API, as data: the server validates by it, the OpenAPI document is
 * printed from it, and the client is typed by it. All paths are under `/api/v1`.
 */
export interface EndpointSpec {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `/projects/:project/runs/:run`. Parameters are always texts. */
  path: `/${string}`
  /** One line, for the OpenAPI document. */
  summary: string
  /**
   * The least role that may call it: in `:project` when the path has one, else in every project.
   * `authenticated` for what answers each caller with their own share, `anyone` only for what an
   * unknown caller may see.
   */
  role: Role | 'authenticated' | 'anyone'
  /** Answers also for a project that is not there yet. */
  newProject?: true
  query?: z.ZodType
  body?: z.ZodType | Bytes
  /** Most bytes of the body; default 1 MiB for JSON, unlimited for bytes. */
  maxBodyBytes?: number
  /** What it answers; absent for 204. */
  result?: z.ZodType | Bytes
}

type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

export type Params<S extends EndpointSpec> = { [Name in ParamNames<S['path']>]: string }
/** As the handler sees it, defaults filled in. */
export type Query<S extends EndpointSpec> = S['query'] extends z.ZodType
  ? z.output<S['query']>
  : object
/** As the client writes it. */
export type QueryInput<S extends EndpointSpec> = S['query'] extends z.ZodType
  ? z.input<S['query']>
  : undefined
export type Body<S extends EndpointSpec> = S['body'] extends Bytes
  ? AsyncIterable<Uint8Array>
  : S['body'] extends z.ZodType
    ? z.output<S['body']>
    : undefined
export type BodyInput<S extends EndpointSpec> = S['body'] extends z.ZodType
  ? z.input<S['body']>
  : undefined
export type Result<S extends EndpointSpec> = S['result'] extends Bytes
  ? BytesResult
  : S['result'] extends z.ZodType
    ? z.output<S['result']>
    : void

/** Raw bytes as an answer. */
export interface BytesResult {
  contentType: string
  sizeBytes?: number
  /** Offered to browsers as the name to save under. */
  fileName?: string
  /** A strong validator; the server answers 304 and ranges by itself. */
  etag?: string
  content: AsyncIterable<Uint8Array>
}

/** Declares an operation; only there to keep its exact type. */
export function endpoint<const S extends EndpointSpec>(spec: S): S {
  return spec
}

export type ApiSpec = Readonly<Record<string, EndpointSpec>>
