import {
  allows,
  authorizeOnExperiments,
  authorizeOnModels,
  getGrant,
  getUser,
  type Principal,
  setGrant,
} from '#domains/access/index'
import { asGyreError } from '#kernel/errors'
import type { Role } from '#kernel/roles'
import { mlflowError } from './errors.ts'
import { required, text } from './fields.ts'
import { listed, permissionOf, resourceOf, rightsOf } from './permission-names.ts'
import { type Call, route } from './route.ts'

/** MLflow's permissions are grants of roles on one experiment or model, or in the whole project. */
export const userPermissionRoutes = [
  ...grantRoutes(),
  ...permissionRoutes({
    collection: 'experiments',
    kind: 'experiment',
    idField: 'experiment_id',
    answerKey: 'experiment_permission',
    title: 'Experiment permission',
  }),
  ...permissionRoutes({
    collection: 'registered-models',
    kind: 'model',
    idField: 'name',
    answerKey: 'registered_model_permission',
    title: 'Registered model permission',
  }),
]

/** Grants of MLflow 3.17: on one experiment or model, or on all of the workspace's. */
function grantRoutes() {
  const thing = {
    username: required(text),
    resource_type: required(text),
    resource_id: required(text),
  }
  const placeOf = ({
    project,
    input,
  }: {
    project: string
    input: { username: string; resource_type: string; resource_id: string }
  }) => ({
    name: input.username,
    project,
    resource: resourceOf(input.resource_type, input.resource_id),
  })
  return [
    route(
      'POST',
      'users/permissions/grant',
      { ...thing, permission: required(text) },
      async (call) => {
        await setGrant(call.ctx, { ...placeOf(call), ...wholeOr(call.input) })
        return {}
      },
      { major: 3 },
    ),
    route(
      'POST',
      'users/permissions/revoke',
      thing,
      async (call) => {
        await setGrant(call.ctx, { ...placeOf(call), role: null })
        return {}
      },
      { major: 3 },
    ),
    route(
      'GET',
      'users/permissions/get',
      thing,
      async (call) => {
        const place = placeOf(call)
        const { user } = await getGrant(call.ctx, place)
        const own = [...user.grants, ...call.ctx.userGrants]
        const grants = user.isAdmin ? [{ project: '*', role: 'admin' as const }] : own
        const principal: Principal = { kind: 'user', name: user.name, grants }
        const permission = effective(principal, place.project, place.resource)
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

/** A workspace is not hidden from who has no right in it: the right is taken away. */
function wholeOr(input: { resource_type: string; permission: string }) {
  const rights = rightsOf(input.permission)
  if (input.resource_type !== 'workspace') return { role: rights.role }
  return rights.role === 'none' ? { role: null } : rights
}

/** What a user may do there, by all of their grants. */
function effective(principal: Principal, project: string, resource: string | undefined): string {
  const role = (['operator', 'editor', 'viewer'] as const).find((each) =>
    may(principal, each, project, resource),
  )
  return permissionOf({ role: role ?? 'none' })
}

function may(principal: Principal, role: Role, project: string, resource: string | undefined) {
  if (resource === undefined) return allows(principal, role, project)
  const name = resource.slice(resource.indexOf(':') + 1)
  const on = resource.startsWith('model:') ? authorizeOnModels : authorizeOnExperiments
  try {
    return on({ principal }, role, project).holds(name)
  } catch (thrown) {
    if (asGyreError(thrown).code === 'forbidden') return false
    throw thrown
  }
}

/** One kind of thing as clients before roles speak of permissions on it. */
interface OldKind {
  collection: 'experiments' | 'registered-models'
  kind: 'experiment' | 'model'
  idField: 'experiment_id' | 'name'
  answerKey: string
  title: string
}

/** Permissions as clients before roles ask for them. */
function permissionRoutes(old: OldKind) {
  const shape = { username: required(text), [old.idField]: required(text) }
  const withPermission = { ...shape, permission: required(text) }
  const path = `${old.collection}/permissions`
  const own = async (call: Asking) => {
    const place = placeOf(call, old)
    const { user, role } = await getGrant(call.ctx, place)
    if (role === undefined) throw notGranted(old, call, place.name)
    return { place, user, role }
  }
  return [
    route('POST', `${path}/create`, withPermission, async (call) => {
      const place = placeOf(call, old)
      const { role } = rightsOf(String(call.source['permission']))
      const { user, role: known } = await getGrant(call.ctx, place)
      if (known !== undefined) throw granted(old, call, place.name)
      await setGrant(call.ctx, { ...place, role })
      return answerOf(old, call, user.id, permissionOf({ role }))
    }),
    route('GET', `${path}/get`, shape, async (call) => {
      const { user, role } = await own(call)
      return answerOf(old, call, user.id, permissionOf({ role }))
    }),
    route('PATCH', `${path}/update`, withPermission, async (call) => {
      const { role } = rightsOf(String(call.source['permission']))
      await setGrant(call.ctx, { ...(await own(call)).place, role })
      return {}
    }),
    route('DELETE', `${path}/delete`, shape, async (call) => {
      await setGrant(call.ctx, { ...(await own(call)).place, role: null })
      return {}
    }),
  ]
}

type Asking = Pick<Call, 'ctx' | 'project' | 'source'>

/** The fields were read by a shape that requires them. */
function placeOf({ project, source }: Asking, old: OldKind) {
  return {
    name: String(source['username']),
    project,
    resource: `${old.kind}:${String(source[old.idField])}`,
  }
}

function answerOf(old: OldKind, call: Asking, user: number, permission: string) {
  const workspace = old.kind === 'model' ? { workspace: call.project } : {}
  const id = String(call.source[old.idField])
  return { [old.answerKey]: { ...workspace, [old.idField]: id, user_id: user, permission } }
}

function named(old: OldKind, { project, source }: Asking): string {
  const id = `${old.idField}=${String(source[old.idField]).slice(0, 300)}`
  return old.kind === 'model' ? `workspace=${project}, ${id}` : id
}

function granted(old: OldKind, call: Asking, user: string) {
  const text = `${old.title} (${named(old, call)}, username=${user}) already exists.`
  return mlflowError('RESOURCE_ALREADY_EXISTS', text)
}

function notGranted(old: OldKind, call: Asking, user: string) {
  const text = `${old.title} with ${named(old, call)} and username=${user} not found`
  return mlflowError('RESOURCE_DOES_NOT_EXIST', text)
}
