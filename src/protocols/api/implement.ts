import type { Context } from '#domains/access/index'
import type { BytesAnswer } from '../http/bytes-answer.ts'
import type { ApiSpec, Body, Bytes, EndpointSpec, Params, Query, Result } from './endpoint.ts'

export interface Request<S extends EndpointSpec> {
  params: Params<S>
  query: Query<S>
  body: Body<S>
  /** Aborted when the caller goes away. */
  signal: AbortSignal
  headers: Readonly<Record<string, string | string[] | undefined>>
}

export type Handler<S extends EndpointSpec> = (
  ctx: Context,
  request: Request<S>,
) => Promise<Answer<S>>

/** Bytes may also be answered with what reads just the part that was asked for. */
type Answer<S extends EndpointSpec> = S['result'] extends Bytes ? BytesAnswer : Result<S>

/** An operation and what does it, ready to be mounted. */
export interface Operation {
  name: string
  spec: EndpointSpec
  handle: (ctx: Context, request: Request<EndpointSpec>) => Promise<unknown>
}

/** Pairs every operation of a room's API with its handler; the compiler misses none. */
export function implement<A extends ApiSpec>(
  room: string,
  api: A,
  handlers: { [Name in keyof A]: Handler<A[Name]> },
): Operation[] {
  return Object.entries(api).map(([name, spec]) => ({
    name: `${room}.${name}`,
    spec,
    handle: handlers[name] as unknown as Operation['handle'],
  }))
}
