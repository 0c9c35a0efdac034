import { GyreError } from './errors.ts'
import { type Role, roles } from './roles.ts'

/** The project of a grant that holds for every project. */
export const everyProject = '*'

export interface Grant {
  project: string
  role: Role
}

/** Who acts: a person, a service token, the platform itself, or nobody known. */
export interface Principal {
  kind: 'local' | 'user' | 'token' | 'system' | 'anonymous'
  /** Stands in the journal as the actor: `local`, `token:ci`, `system:loop`. */
  name: string
  grants: readonly Grant[]
}

/** Whether the principal may do what `needed` allows in this project. */
export function allows(principal: Principal, needed: Role, project: string): boolean {
  return principal.grants.some(
    (grant) =>
      (grant.project === project || grant.project === everyProject) &&
      roles.indexOf(grant.role) >= roles.indexOf(needed),
  )
}

/**
 * The first line of every verb: refuses with `forbidden` unless the principal has the role in the
 * project. What belongs to no project needs a grant on every project (`everyProject`).
 */
export function authorize(ctx: { principal: Principal }, needed: Role, project: string): void {
  if (allows(ctx.principal, needed, project)) return
  throw new GyreError({
    code: 'forbidden',
    public:
      `${ctx.principal.name} may not do this: it needs the role ${needed} in ` +
      `${project === everyProject ? 'all projects' : `project "${project}"`}. An admin can grant it.`,
  })
}
