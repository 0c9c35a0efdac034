import type { FastifyRequest } from 'fastify'
import { GyreError } from '#kernel/errors'
import { authorize, everyProject, type Principal } from '#kernel/principals'
import type { Role } from '#kernel/roles'
import {
  authenticate,
  authenticateUser,
  type Context,
  type Platform,
  secretPrefix,
} from '#domains/access/index'
import { checkOrigin, type HostRules } from './origin.ts'

export interface DoorOptions {
  platform: Platform
  /** `none`: whoever reaches this server is its owner. Only for loopback. */
  authentication: 'none' | 'tokens'
  hosts: HostRules
}

/** The one way in: who asks, from where, and with which rights. */
export interface Door {
  /** Refuses foreign names and origins, and finds who asks. To be called once per request. */
  open(request: FastifyRequest): Promise<void> | undefined
  /** Who asks; `anonymous` when nobody said. */
  principalOf(request: FastifyRequest): Principal
  /** A context in the name of who asks. Throws `unauthenticated` for nobody. */
  contextOf(request: FastifyRequest): Context
  /** As `contextOf`, after checking the role. */
  enter(request: FastifyRequest, role: Role, project: string): Context
  /** `open` and `enter` in one, for a request that is no request of the framework. */
  admit(asked: Asked, role: Role, project: string): Context | Promise<Context>
}

interface Asked {
  method: string
  headers: Readonly<Record<string, string>>
}

const local: Principal = {
  kind: 'local',
  name: 'local',
  grants: [{ project: everyProject, role: 'admin' }],
}
const anonymous: Principal = { kind: 'anonymous', name: 'anonymous', grants: [] }

export function createDoor(options: DoorOptions): Door {
  const { platform, hosts } = options
  const nobody = options.authentication === 'none' ? local : anonymous
  const known = new WeakMap<FastifyRequest, Principal>()
  const principalOf = (request: FastifyRequest): Principal => known.get(request) ?? nobody
  const contextFor = (principal: Principal): Context => {
    if (principal.kind === 'anonymous') throw needsToken()
    return { ...platform, principal }
  }
  const contextOf = (request: FastifyRequest): Context => contextFor(principalOf(request))
  const authorized = (ctx: Context, role: Role, project: string): Context => {
    authorize(ctx, role, project)
    return ctx
  }
  let nobodys: Context | undefined
  return {
    principalOf,
    contextOf,
    open(request) {
      checkOrigin(hosts, request.method, request.headers)
      const claimed = identify(platform, request.headers.authorization)
      return claimed?.then((principal) => void known.set(request, principal))
    },
    enter: (request, role, project) => authorized(contextOf(request), role, project),
    admit({ method, headers }, role, project) {
      checkOrigin(hosts, method, headers)
      const claimed = identify(platform, headers['authorization'])
      if (claimed === undefined) return authorized((nobodys ??= contextFor(nobody)), role, project)
      return claimed.then((principal) => authorized(contextFor(principal), role, project))
    },
  }
}

/**
 * Who the header says is there: `Bearer` with a token, or `Basic` with a user's name and password;
 * where a tool only knows names and passwords, a token may stand as the password of any name.
 */
function identify(platform: Platform, header: string | undefined): Promise<Principal> | undefined {
  if (header === undefined) return undefined
  const bearer = /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1]
  if (bearer !== undefined) return authenticate(platform, bearer)
  const basic = /^Basic +([A-Za-z0-9+/_-]+=*)$/i.exec(header)?.[1]
  const [, name, password] = /^([^:]*):(.*)$/s.exec(decoded(basic)) ?? []
  if (name === undefined || password === undefined) throw notUnderstood()
  return password.startsWith(secretPrefix)
    ? authenticate(platform, password)
    : authenticateUser(platform, name, password)
}

function decoded(base64: string | undefined): string {
  return base64 === undefined ? '' : Buffer.from(base64, 'base64').toString('utf8')
}

function notUnderstood(): GyreError {
  return new GyreError({
    code: 'unauthenticated',
    public:
      'The Authorization header is not understood. Write it as: Authorization: Bearer TOKEN, ' +
      'or Basic with a user name and password.',
  })
}

function needsToken(): GyreError {
  return new GyreError({
    code: 'unauthenticated',
    public:
      'This server needs to know who asks: Authorization: Bearer TOKEN, or Basic with a user name ' +
      'and password. An admin creates them with: gyre token create, gyre user add',
  })
}
