import { GyreError } from './errors.ts'
import { type Role, roles } from './roles.ts'

/** The project of a grant that holds for every project. */
export const everyProject = '*'

export interface Grant {
  project: string
  role: Role
  /** Only on one thing of the project, `experiment:3` or `model:late`, or on all of a kind: `model:*`. */
  resource?: string | undefined
}

/** Who acts: a person, a service token, the platform itself, or nobody known. */
export interface Principal {
  kind: 'local' | 'user' | 'token' | 'system' | 'anonymous'
  /** Stands in the journal as the actor: `local`, `token:ci`, `system:loop`. */
  name: string
  grants: readonly Grant[]
}

/**
 * Whether the principal may do what `needed` allows in this project; with a `resource`, a grant on
 * that alone counts as well.
 */
export function allows(
  principal: Principal,
  needed: Role,
  project: string,
  resource?: string,
): boolean {
  return principal.grants.some(
    (grant) =>
      (grant.project === project || grant.project === everyProject) &&
      covers(grant.resource, resource) &&
      roles.indexOf(grant.role) >= roles.indexOf(needed),
  )
}

function covers(granted: string | undefined, asked: string | undefined): boolean {
  if (granted === undefined) return true
  if (asked === undefined) return false
  return granted === asked || granted === `${asked.slice(0, asked.indexOf(':'))}:*`
}

/**
 * The first line of every verb: refuses with `forbidden` unless the principal has the role in the
 * project, or on the resource. What belongs to no project needs a grant on every project
 * (`everyProject`).
 */
export function authorize(
  ctx: { principal: Principal },
  needed: Role,
  project: string,
  resource?: string,
): void {
  if (allows(ctx.principal, needed, project, resource)) return
  const place = project === everyProject ? 'all projects' : `project "${project}"`
  throw new GyreError({
    code: 'forbidden',
    public:
      `${ctx.principal.name} may not do this: it needs the role ${needed} in ` +
      `${resource === undefined ? place : `${place}, or on ${resource}`}. An admin can grant it.`,
  })
}
