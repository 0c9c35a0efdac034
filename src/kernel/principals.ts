import { GyreError } from './errors.ts'
import { type Role, roles } from './roles.ts'

/** The project of a grant that holds for every project. */
export const everyProject = '*'

/** Takes a thing away from who may reach the rest of the project. Only ever on one resource. */
export const noRole = 'none'

export interface Grant {
  project: string
  role: Role | typeof noRole
  /** Only on one thing of the project, `experiment:3` or `model:late`, or on all of a kind: `model:*`. */
  resource?: string | undefined
  /** With a role in a whole project: may make experiments and models in it, and then owns them. */
  creates?: boolean | undefined
}

/** Who acts: a person, a service token, the platform itself, or nobody known. */
export interface Principal {
  kind: 'local' | 'user' | 'token' | 'system' | 'anonymous'
  /** Stands in the journal as the actor: `local`, `token:ci`, `system:loop`. */
  name: string
  grants: readonly Grant[]
}

function includes(grant: Grant, project: string): boolean {
  return grant.project === project || grant.project === everyProject
}

function suffices(grant: Grant, needed: Role): boolean {
  return roles.indexOf(grant.role as Role) >= roles.indexOf(needed)
}

/** Whether the principal may do what `needed` allows in this whole project. */
export function allows(principal: Principal, needed: Role, project: string): boolean {
  return principal.grants.some(
    (grant) => grant.resource === undefined && includes(grant, project) && suffices(grant, needed),
  )
}

/**
 * The first line of every verb: refuses with `forbidden` unless the principal has the role in the
 * project. What belongs to no project needs a grant on every project (`everyProject`). Verbs about
 * things that can be granted one by one ask `authorizeOn`.
 */
export function authorize(ctx: { principal: Principal }, needed: Role, project: string): void {
  if (allows(ctx.principal, needed, project)) return
  throw forbidden(ctx.principal, needed, project)
}

/** Whether the principal may see everything in a project: a role in it, and nothing taken away. */
export function maySeeAll(principal: Principal, project: string): boolean {
  return allows(principal, 'viewer', project) && hiddenFrom(principal, project) === undefined
}

function hiddenFrom(principal: Principal, project: string): string | undefined {
  if (isAdmin(principal, project)) return undefined
  const isHidden = (grant: Grant) => grant.role === noRole && includes(grant, project)
  return principal.grants.find(isHidden)?.resource
}

/** As `authorize`, for what tells of all things of a project: nothing of it may be taken away. */
export function authorizeWhole(ctx: { principal: Principal }, needed: Role, project: string): void {
  authorize(ctx, needed, project)
  const hidden = hiddenFrom(ctx.principal, project)
  if (hidden === undefined) return
  throw new GyreError({
    code: 'forbidden',
    public:
      `${ctx.principal.name} may not do this: it tells of everything in project "${project}", and ` +
      `${hidden} is hidden from them. An admin can say otherwise.`,
  })
}

/** Whether the principal has any business in a project, with this role on at least one thing. */
export function mayEnter(principal: Principal, needed: Role, project: string): boolean {
  return (
    principal.grants.some((grant) => includes(grant, project) && suffices(grant, needed)) ||
    (needed === 'editor' && mayCreate(principal, project))
  )
}

/** Whether the principal may make experiments and models in a project. */
export function mayCreate(principal: Principal, project: string): boolean {
  return (
    allows(principal, 'editor', project) ||
    principal.grants.some((grant) => grant.creates === true && includes(grant, project))
  )
}

/** As `authorize`, for making an experiment or a model. */
export function authorizeCreation(ctx: { principal: Principal }, project: string): void {
  if (!mayCreate(ctx.principal, project)) throw forbidden(ctx.principal, 'editor', project)
}

/** What can be granted one by one. */
export const grantableKinds = ['experiment', 'model'] as const
export type GrantableKind = (typeof grantableKinds)[number]

/** The things of one kind in a project that a principal may reach: all, but for some, or only some. */
export interface Reach {
  readonly project: string
  /** Names of those that are hidden, or of all that are not; undefined: nothing is hidden. */
  readonly limits: { except: readonly string[] } | { only: readonly string[] } | undefined
  holds(name: string): boolean
  /** Refuses with `forbidden` what is out of reach. */
  require(name: string): void
}

export interface ReachNeeded {
  project: string
  kind: GrantableKind
  /** In the whole project. */
  role: Role
  /** On a thing that is granted by itself; default: the same. */
  onThing?: Role
}

/** Errors: `forbidden` for who may reach nothing of the kind there. */
export function authorizeOn(ctx: { principal: Principal }, needed: ReachNeeded): Reach {
  const { project, role, kind } = needed
  const limits = limitsOf(ctx.principal, needed)
  if (limits !== undefined && 'only' in limits && limits.only.length === 0) {
    throw forbidden(ctx.principal, role, project)
  }
  const holds = (name: string): boolean => {
    if (limits === undefined) return true
    return 'only' in limits ? limits.only.includes(name) : !limits.except.includes(name)
  }
  const require = (name: string): void => {
    if (!holds(name)) throw forbidden(ctx.principal, role, project, `${kind}:${name}`)
  }
  return { project, limits, holds, require }
}

function limitsOf(principal: Principal, { project, kind, role, onThing }: ReachNeeded) {
  const whole = allows(principal, role, project)
  const own = principal.grants.filter(
    (grant) => grant.resource?.startsWith(`${kind}:`) === true && includes(grant, project),
  )
  if (whole && (own.length === 0 || isAdmin(principal, project))) return undefined
  const namesOf = (grants: readonly Grant[]) =>
    grants.map((grant) => grant.resource?.slice(kind.length + 1) ?? '')
  const except = namesOf(own.filter((grant) => grant.role === noRole))
  const given = namesOf(own.filter((grant) => suffices(grant, onThing ?? role)))
  if (except.includes('*')) return { only: [] }
  if (whole || given.includes('*')) return except.length === 0 ? undefined : { except }
  return { only: given.filter((name) => !except.includes(name)) }
}

function isAdmin(principal: Principal, project: string): boolean {
  return allows(principal, 'admin', project)
}

function forbidden(
  principal: Principal,
  needed: Role,
  project: string,
  resource?: string,
): GyreError {
  const place = project === everyProject ? 'all projects' : `project "${project}"`
  return new GyreError({
    code: 'forbidden',
    public:
      `${principal.name} may not do this: it needs the role ${needed} in ` +
      `${resource === undefined ? place : `${place}, or on ${resource}`}. An admin can grant it.`,
  })
}
