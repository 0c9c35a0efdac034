import type { FastifyRequest } from 'fastify'
import { GyreError } from '#kernel/errors'
import { authorize, everyProject, type Principal } from '#kernel/principals'
import type { Role } from '#kernel/roles'
import { authenticate, type Context, type Platform } from '#domains/access/index'
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
  const contextOf = (request: FastifyRequest): Context => {
    const principal = principalOf(request)
    if (principal.kind === 'anonymous') throw needsToken()
    return { ...platform, principal }
  }
  return {
    principalOf,
    contextOf,
    open(request) {
      checkOrigin(hosts, request.method, request.headers)
      const secret = bearerSecret(request.headers.authorization)
      if (secret === undefined) return undefined
      return authenticate(platform, secret).then((principal) => void known.set(request, principal))
    },
    enter(request, role, project) {
      const ctx = contextOf(request)
      authorize(ctx, role, project)
      return ctx
    },
  }
}

function bearerSecret(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const secret = /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1]
  if (secret !== undefined) return secret
  throw new GyreError({
    code: 'unauthenticated',
    public: 'The Authorization header is not understood. Write it as: Authorization: Bearer TOKEN',
  })
}

function needsToken(): GyreError {
  return new GyreError({
    code: 'unauthenticated',
    public:
      'This server needs a service token: Authorization: Bearer TOKEN. ' +
      'An admin creates one with: gyre token create',
  })
}
