import { invalid } from '#kernel/errors'
import { type Role, roles } from '#kernel/roles'

interface Grant {
  project: string
  role: Role
  resource?: string | undefined
}

/** Reads `editor` (in every project), `flights=editor`, or `flights/experiment:3=editor`. */
export function readGrant(text: string): Grant {
  const at = text.lastIndexOf('=')
  const name = text.slice(at + 1)
  const role = roles.find((known) => known === name)
  if (role === undefined) {
    throw invalid(
      `There is no role ${JSON.stringify(name)}. The roles are ${roles.join(', ')}; for one project write project=role.`,
    )
  }
  if (at < 0) return { project: '*', role }
  const [project = '', ...resource] = text.slice(0, at).split('/')
  return resource.length === 0 ? { project, role } : { project, role, resource: resource.join('/') }
}

/** As the same text is written. */
export function formatGrants(grants: readonly Grant[]): string {
  return grants
    .map(({ project, role, resource }) =>
      resource === undefined ? `${project}=${role}` : `${project}/${resource}=${role}`,
    )
    .join(' ')
}
