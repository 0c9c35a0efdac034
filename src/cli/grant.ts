import { GyreError } from '#kernel/errors'
import { type Role, roles } from '#kernel/roles'

/** Reads `editor` (in every project) or `flights=editor`. */
export function readGrant(text: string): { project: string; role: Role } {
  const at = text.lastIndexOf('=')
  const name = text.slice(at + 1)
  const role = roles.find((known) => known === name)
  if (role !== undefined) return { project: at < 0 ? '*' : text.slice(0, at), role }
  throw new GyreError({
    code: 'invalid',
    public: `There is no role ${JSON.stringify(name)}. The roles are ${roles.join(', ')}; for one project write project=role.`,
  })
}

/** As the same text is written. */
export function formatGrants(grants: readonly { project: string; role: Role }[]): string {
  return grants.map(({ project, role }) => `${project}=${role}`).join(' ')
}
