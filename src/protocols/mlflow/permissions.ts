import type { Role } from '#kernel/roles'
import { allows, authorize, getUser, setGrant, type User } from '#domains/access/index'
import { mlflowError } from './errors.ts'
import { required, text } from './fields.ts'
import { type Call, route } from './route.ts'

/** MLflow's permissions are grants of roles on one experiment or model, or in the whole project. */
export const userPermissionRoutes = [
  ...grantRoutes(),
  ...permissionRoutes({
    collection: 'experiments',
    kind: 'experiment',
    idField: 'experiment_id',
    answerKey: 'experiment_permission',
  }),
  ...permissionRoutes({
    collection: 'registered-models',
    kind: 'model',
    idField: 'name',
    answerKey: 'registered_model_permission',
  }),
]

/** Grants of MLflow 3.17: on one experiment or model, or on all of the workspace's. */
function grantRoutes() {
  const thing = {
    username: required(text),
    resource_type: required(text),
    resource_id: required(text),
  }
  return [
    route(
      'POST',
      'users/permissions/grant',
      { ...thing, permission: required(text) },
      async ({ ctx, project, input }) => {
        const resource = resourceOf(input.resource_type, input.resource_id)
        const role = roleOf(input.permission)
        await setGrant(ctx, { name: input.username, project, resource, role })
        return {}
      },
      { major: 3 },
    ),
    route(
      'POST',
      'users/permissions/revoke',
      thing,
      async ({ ctx, project, input }) => {
        const resource = resourceOf(input.resource_type, input.resource_id)
        await setGrant(ctx, { name: input.username, project, resource, role: null })
        return {}
      },
      { major: 3 },
    ),
    route(
      'GET',
      'users/permissions/get',
      thing,
      async ({ ctx, project, input }) => {
        const resource = resourceOf(input.resource_type, input.resource_id)
        const permission = permissionOn(await getUser(ctx, input.username), project, resource)
        return { allowed: permission === 'EDIT' || permission === 'MANAGE', permission }
      },
      { major: 3 },
    ),
    route(
      'GET',
      'users/permissions/list',
      { username: required(text) },
      async ({ ctx, input }) => listed(await getUser(ctx, input.username)),
      { major: 3 },
    ),
  ]
}

/** One kind of thing as clients before roles speak of permissions on it. */
interface OldKind {
  collection: 'experiments' | 'registered-models'
  kind: 'experiment' | 'model'
  idField: 'experiment_id' | 'name'
  answerKey: string
}

/** Permissions as clients before roles ask for them. */
function permissionRoutes(old: OldKind) {
  const shape = { username: required(text), [old.idField]: required(text) }
  const withPermission = { ...shape, permission: required(text) }
  const path = `${old.collection}/permissions`
  return [
    route('POST', `${path}/create`, withPermission, async (call) => {
      const asked = askedFor(call, old)
      const role = roleOf(asked.permission)
      authorize(call.ctx, 'admin', call.project)
      if ((await ownGrant(call, asked)).role !== undefined) throw granted(asked)
      return permissionAnswer(old, asked, await setOwn(call, asked, role), role)
    }),
    route('GET', `${path}/get`, shape, async (call) => {
      const asked = askedFor(call, old)
      const { user, role } = await ownGrant(call, asked)
      if (role === undefined) throw notGranted(asked)
      return permissionAnswer(old, asked, user, role)
    }),
    route('PATCH', `${path}/update`, withPermission, async (call) => {
      const asked = askedFor(call, old)
      const role = roleOf(asked.permission)
      if ((await ownGrant(call, asked)).role === undefined) throw notGranted(asked)
      await setOwn(call, asked, role)
      return {}
    }),
    route('DELETE', `${path}/delete`, shape, async (call) => {
      const asked = askedFor(call, old)
      if ((await ownGrant(call, asked)).role === undefined) throw notGranted(asked)
      await setOwn(call, asked, null)
      return {}
    }),
  ]
}

interface Asked {
  name: string
  id: string
  resource: string
  permission: string
}

/** The fields were read by a shape that requires them. */
function askedFor(call: { source: Readonly<Record<string, unknown>> }, old: OldKind): Asked {
  const id = String(call.source[old.idField])
  const name = String(call.source['username'])
  const permission = String(call.source['permission'])
  return { name, id, resource: `${old.kind}:${id}`, permission }
}

type Asking = Pick<Call, 'ctx' | 'project'>

async function ownGrant({ ctx, project }: Asking, { name, resource }: Asked) {
  const user = await getUser(ctx, name)
  const own = user.grants.find((g) => g.project === project && g.resource === resource)
  return { user, role: own?.role }
}

function setOwn({ ctx, project }: Asking, { name, resource }: Asked, role: Role | null) {
  return setGrant(ctx, { name, project, resource, role })
}

function permissionAnswer(old: OldKind, asked: Asked, user: User, role: Role | null) {
  const permission = role === null ? 'NO_PERMISSIONS' : permissionOf(role)
  return { [old.answerKey]: { [old.idField]: asked.id, user_id: user.id, permission } }
}

function granted({ name, resource }: Asked) {
  const text = `User '${name}' has a permission on ${resource} already.`
  return mlflowError('RESOURCE_ALREADY_EXISTS', text)
}

function notGranted({ name, resource }: Asked) {
  const text = `User '${name}' has no permission of their own on ${resource}.`
  return mlflowError('RESOURCE_DOES_NOT_EXIST', text)
}

const kinds: Readonly<Record<string, string>> = {
  experiment: 'experiment',
  registered_model: 'model',
  prompt: 'model',
}

/** What a role is granted on; undefined: the whole project. */
function resourceOf(type: string, id: string): string | undefined {
  if (type === 'workspace' && id === '*') return undefined
  const kind = kinds[type]
  if (kind !== undefined) return `${kind}:${id}`
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Permissions are granted here on ${Object.keys(kinds).join(', ')}, or on workspace with the ` +
      `resource_id *; not on ${JSON.stringify(type.slice(0, 100))}.`,
  )
}

/** Who may manage may also release, which is an operator's right. */
const roles: Readonly<Record<string, Role | null>> = {
  NO_PERMISSIONS: null,
  READ: 'viewer',
  USE: 'viewer',
  EDIT: 'editor',
  MANAGE: 'operator',
}

function roleOf(permission: string): Role | null {
  if (Object.hasOwn(roles, permission)) return roles[permission] ?? null
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid permission '${permission.slice(0, 100)}'. Valid permissions are: ${Object.keys(roles).join(', ')}. ` +
      'What is not granted is denied, so there is no DENY.',
  )
}

/** A role in MLflow's words. */
export function permissionOf(role: Role): string {
  return { viewer: 'READ', editor: 'EDIT', operator: 'MANAGE', admin: 'MANAGE' }[role]
}

function permissionOn(user: User, project: string, resource: string | undefined): string {
  if (user.isAdmin) return 'MANAGE'
  const principal = { kind: 'user', name: user.name, grants: user.grants } as const
  const role = (['operator', 'editor', 'viewer'] as const).find((each) =>
    allows(principal, each, project, resource),
  )
  return role === undefined ? 'NO_PERMISSIONS' : permissionOf(role)
}

/** All grants of a user, as MLflow lists them: as those of a role of their own. */
export function listed(user: User) {
  return {
    is_admin: user.isAdmin,
    permissions: user.grants.map(({ project, role, resource }) => {
      const [kind = '', ...name] = (resource ?? '').split(':')
      return {
        role_id: user.id,
        role_name: `__user_${user.id}__`,
        workspace: project,
        resource_type:
          resource === undefined ? 'workspace' : kind === 'model' ? 'registered_model' : kind,
        resource_pattern: resource === undefined ? '*' : name.join(':'),
        permission: permissionOf(role),
      }
    }),
  }
}
