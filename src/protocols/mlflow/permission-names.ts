import { everyProject, type Grant, noRole, type User } from '#domains/access/index'
import { mlflowError } from './errors.ts'

/** What a role is granted on, in MLflow's words. */
const kinds: Readonly<Record<string, string>> = {
  experiment: 'experiment',
  registered_model: 'model',
  prompt: 'model',
}

/** What a role is granted on; undefined: the whole project. */
export function resourceOf(type: string, id: string): string | undefined {
  if (type === 'workspace' && id === '*') return undefined
  const kind = kinds[type]
  if (kind !== undefined) return `${kind}:${id}`
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Permissions are granted here on ${Object.keys(kinds).join(', ')}, or on workspace with the ` +
      `resource_id *; not on ${JSON.stringify(type.slice(0, 100))}.`,
  )
}

type Rights = Pick<Grant, 'role' | 'creates'>

/** Who may manage may also release, which is an operator's right. */
const rights: Readonly<Record<string, Rights>> = {
  NO_PERMISSIONS: { role: noRole },
  DENY: { role: noRole },
  READ: { role: 'viewer' },
  // In a workspace: its member, who makes experiments and models in it.
  USE: { role: 'viewer', creates: true },
  EDIT: { role: 'editor' },
  MANAGE: { role: 'operator' },
}

/** What a permission lets its holder do. Errors: INVALID_PARAMETER_VALUE. */
export function rightsOf(permission: string): Rights {
  const found = Object.hasOwn(rights, permission) ? rights[permission] : undefined
  if (found !== undefined) return found
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid permission '${permission.slice(0, 100)}'. Valid permissions are: ${Object.keys(rights).join(', ')}`,
  )
}

/** A right in MLflow's words. */
export function permissionOf({ role, creates }: Rights): string {
  if (role === noRole) return 'NO_PERMISSIONS'
  if (role === 'viewer') return creates === true ? 'USE' : 'READ'
  return role === 'editor' ? 'EDIT' : 'MANAGE'
}

/** All grants of a user, as MLflow lists them: as those of a role of their own. */
export function listed(user: User) {
  return {
    is_admin: user.isAdmin,
    permissions: user.grants.map((grant) => {
      const [kind = '', ...name] = (grant.resource ?? '').split(':')
      const type = kind === 'model' ? 'registered_model' : kind
      return {
        role_id: user.id,
        role_name: `__user_${user.id}__`,
        workspace: grant.project === everyProject ? '*' : grant.project,
        resource_type: grant.resource === undefined ? 'workspace' : type,
        resource_pattern: grant.resource === undefined ? '*' : name.join(':'),
        permission: permissionOf(grant),
      }
    }),
  }
}
