import type { FastifyRequest } from 'fastify'
import type { Context } from '#domains/access/index'
import { type Read, reader, type Shape } from './fields.ts'

/** One call: who asks, in which project, what with. */
export interface Call<S extends Shape = Shape> {
  ctx: Context
  /** The workspace of the request, as MLflow calls it. */
  project: string
  input: Read<S>
  /** The parts of the path that have names. */
  params: Readonly<Record<string, string>>
  /** The fields as they arrived, for what `input` cannot tell, such as null from absent. */
  source: Readonly<Record<string, unknown>>
  request: FastifyRequest
}

/** One operation of MLflow's REST API, ready to be mounted. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/<major>.0/mlflow/` and `/ajax-api/<major>.0/mlflow/`. */
  path: string
  /** The version in the address; MLflow 3 added some under `/api/3.0`. */
  major: 2 | 3
  /** Only for MLflow's own page: not below `/api`. */
  ajaxOnly: boolean
  /** What an unknown caller may see as well. */
  anyone: boolean
  /** The status of success. */
  status: number
  shape: Shape
  read(source: Readonly<Record<string, unknown>>): unknown
  /** A text is JSON already: of what is too much to be made of objects. */
  handle(call: Call): Promise<object | string> | object | string
}

export interface RouteOptions {
  major?: 2 | 3
  ajaxOnly?: boolean
  anyone?: boolean
  status?: number
}

/**
 * Declares an operation: `handle` gets the fields as `shape` reads them and gives the answer's
 * object, in which `undefined` members are left out.
 */
export function route<S extends Shape>(
  method: Route['method'],
  path: string,
  shape: S,
  handle: (call: Call<S>) => Promise<object | string> | object | string,
  options: RouteOptions = {},
): Route {
  return {
    method,
    path,
    major: options.major ?? 2,
    ajaxOnly: options.ajaxOnly ?? false,
    anyone: options.anyone ?? false,
    status: options.status ?? 200,
    shape,
    read: reader(shape),
    handle: handle as unknown as Route['handle'],
  }
}
