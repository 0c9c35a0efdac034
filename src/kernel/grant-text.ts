import { invalid } from './errors.ts'
import { type Grant, noRole } from './principals.ts'
import { roles } from './roles.ts'

/**
 * Reads `editor` (in every project), `flights=editor`, `flights=viewer+create` for who may also make
 * experiments and models there, `flights/experiment:3=editor`, or `flights/experiment:3=none`.
 */
export function readGrant(text: string): Grant {
  const at = text.lastIndexOf('=')
  const [name = '', ...more] = text.slice(at + 1).split('+')
  const role = ([...roles, noRole] as const).find((known) => known === name)
  const creates = more.length === 1 && more[0] === 'create' ? { creates: true } : {}
  if (role === undefined || more.length > Object.keys(creates).length) {
    throw invalid(
      `There is no role ${JSON.stringify(text.slice(at + 1))}. The roles are ${roles.join(', ')}; for one project write project=role.`,
    )
  }
  if (at < 0) return { project: '*', role, ...creates }
  const [project = '', ...resource] = text.slice(0, at).split('/')
  return resource.length === 0
    ? { project, role, ...creates }
    : { project, role, resource: resource.join('/') }
}

/** As the same text is written. */
export function formatGrants(grants: readonly Grant[]): string {
  return grants
    .map(({ project, role, resource, creates }) =>
      resource === undefined
        ? `${project}=${role}${creates === true ? '+create' : ''}`
        : `${project}/${resource}=${role}`,
    )
    .join(' ')
}
