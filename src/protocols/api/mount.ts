import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { GyreError, invalid, notFound } from '#kernel/errors'
import { checkName } from '#kernel/names'
import { allows, everyProject, mayEnter } from '#kernel/principals'
import { type Context, ensureProject, hasProject, type Platform } from '#domains/access/index'
import { type BytesAnswer, sendBytes } from '../http/bytes-answer.ts'
import {
  checkAnnouncedLength,
  jsonLimit,
  readBytesBody,
  readJsonBody,
} from '../http/request-body.ts'
import type { Door } from './door.ts'
import { bytes, type EndpointSpec } from './endpoint.ts'
import type { Operation, Request } from './implement.ts'
import { namedMembers, parseInput, queryReader } from './query-values.ts'

export interface MountOptions {
  platform: Platform
  door: Door
  /** Also validate what is answered. */
  checkResults: boolean
}

export const apiRoot = '/api/v1'

/** Mounts operations below `/api/v1`. Whoever lacks the operation's role never reaches its handler. */
export function mountOperations(
  app: FastifyInstance,
  operations: readonly Operation[],
  options: MountOptions,
): void {
  const knownProjects = new Set<string>()
  for (const operation of operations) {
    const answer = createAnswerer(operation, options, knownProjects)
    const { method, result } = operation.spec
    app.route({
      method: method === 'GET' && result === bytes ? ['GET', 'HEAD'] : method,
      url: apiRoot + operation.spec.path,
      handler: answer,
    })
  }
}

type Answerer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

function createAnswerer(
  { name, spec, handle }: Operation,
  { platform, door, checkResults }: MountOptions,
  knownProjects: Set<string>,
): Answerer {
  const readQuery = queryReader(spec.query)
  const readBody = bodyReader(spec)
  return async (request, reply) => {
    const params = readParams(request.params as Record<string, string>)
    const project = params['project']
    const ctx = enter(door, platform, request, { ...spec, name }, project)
    const isNew = !(await isThere(ctx, spec, project, knownProjects))
    const signal = goneSignal(reply)
    const result = await handle({ ...ctx, signal }, {
      params,
      query: readQuery(request.query as Record<string, unknown>),
      body: await readBody(request),
      signal,
      headers: request.headers,
    } as Request<EndpointSpec>)
    if (isNew && project !== undefined) await ensureProject(ctx, project)
    if (spec.result === undefined) return reply.code(204).send()
    if (spec.result === bytes) return sendBytes(request, reply, result as BytesAnswer)
    if (checkResults) checkResult(name, spec.result as z.ZodType, result)
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(result))
  }
}

/** Operations about things that can be granted one by one. */
const grantedSingly = /^(runs|models|registry)\./

function enter(
  door: Door,
  platform: Platform,
  request: FastifyRequest,
  spec: EndpointSpec & { name: string },
  project: string | undefined,
): Context {
  if (spec.role === 'anyone') return { ...platform, principal: door.principalOf(request) }
  if (spec.role === 'authenticated') return door.contextOf(request)
  if (project === undefined || project === everyProject) {
    return door.enter(request, spec.role, everyProject)
  }
  if (!grantedSingly.test(spec.name)) return door.enter(request, spec.role, project)
  // Whether it is theirs among the things of the project, the verb knows.
  const ctx = door.contextOf(request)
  return mayEnter(ctx.principal, spec.role, project) ? ctx : door.enter(request, spec.role, project)
}

/** Names in the path, decoded by the router: a bounded text each, the project in its normal form. */
function readParams(given: Readonly<Record<string, string>>): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (value === '' || value.length > 1024 || /[\u0000-\u001f\u007f]/.test(value)) {
      throw invalid(`The ${name} in the address is empty, too long or has control characters.`)
    }
    params[name] = name === 'project' && value !== everyProject ? checkName(name, value) : value
  }
  return params
}

/**
 * Whether the project of a request is there. Projects come to be by the first change in them, after
 * it, so that a request that is refused leaves none; reading one that is not there is a mistake.
 */
async function isThere(
  ctx: Context,
  spec: EndpointSpec,
  project: string | undefined,
  known: Set<string>,
): Promise<boolean> {
  if (project === undefined || project === everyProject) return true
  if (spec.newProject === true || known.has(project)) return true
  if (await hasProject(ctx, project)) {
    known.add(project)
    return true
  }
  const creates = spec.role !== 'viewer' && spec.method !== 'GET'
  if (creates && allows(ctx.principal, 'editor', project)) return false
  throw notFound('project', project, 'It comes to be by the first change in it: gyre apply')
}

function bodyReader(spec: EndpointSpec): (request: FastifyRequest) => Promise<unknown> {
  const { body, maxBodyBytes } = spec
  if (body === undefined) return async () => undefined
  if (body === bytes) {
    return async ({ raw, headers }) => {
      checkAnnouncedLength(headers['content-length'], maxBodyBytes)
      return readBytesBody(raw, maxBodyBytes)
    }
  }
  const limit = jsonLimit(maxBodyBytes)
  const schema = body as z.ZodType
  let members: ReturnType<typeof namedMembers> | null = null
  return async ({ raw, headers }) => {
    checkAnnouncedLength(headers['content-length'], limit)
    checkJsonType(headers['content-type'])
    const value = (await readJsonBody(raw, limit)) ?? {}
    if (members === null) members = namedMembers(schema)
    refuseUnknownMembers(value, members)
    return parseInput(schema, value, 'body')
  }
}

/** A form posted by a foreign page is not JSON, and must not be read as if it were. */
function checkJsonType(contentType: string | undefined): void {
  if (contentType === undefined || /^application\/(json|[\w.+-]+\+json)\b/i.test(contentType))
    return
  throw invalid(`The body must be JSON with Content-Type: application/json, not ${contentType}.`)
}

function refuseUnknownMembers(value: unknown, members: ReadonlySet<string> | undefined): void {
  if (members === undefined || typeof value !== 'object' || value === null) return
  const unknown = Object.keys(value).find((name) => !members.has(name))
  if (unknown === undefined) return
  throw invalid(
    `body: there is no member ${JSON.stringify(unknown.slice(0, 100))}. It takes: ${[...members].join(', ')}.`,
  )
}

function checkResult(name: string, schema: z.ZodType, result: unknown): void {
  const parsed = schema.safeParse(result)
  if (parsed.success) return
  throw new GyreError({
    code: 'internal',
    public: `The operation ${name} answered with something that it does not promise.`,
    internal: parsed.error.message,
  })
}

/** Aborts when the connection closes before the answer was sent. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}
