import {
  type Context,
  createUser,
  getUser,
  listUsers,
  removeUser,
  setPassword,
  updateUser,
  type User,
} from '#domains/access/index'
import { mlflowError } from './errors.ts'
import { boolean, required, text } from './fields.ts'
import { listed, permissionOf } from './permission-names.ts'
import { route } from './route.ts'

/** The users of MLflow's basic-auth app are Gyre's users. */
export const userRoutes = [
  route(
    'POST',
    'users/create',
    { username: required(text), password: required(text) },
    async ({ ctx, input }) => {
      const user = await createUser(ctx, { name: input.username, password: input.password })
      return { user: userOf(user) }
    },
  ),
  route('GET', 'users/get', { username: required(text) }, async ({ ctx, input }) => ({
    user: userOf(await getUser(ctx, input.username)),
  })),
  route('GET', 'users/current', {}, async ({ ctx }) => ({
    user: userOf(await currentUser(ctx)),
    is_basic_auth: true,
  })),
  route('GET', 'users/list', {}, async ({ ctx }) => ({
    users: (await listUsers(ctx)).map(userOf),
  })),
  route(
    'PATCH',
    'users/update-password',
    { username: required(text), password: required(text), current_password: text },
    async ({ ctx, input }) => {
      await setPassword(ctx, {
        name: input.username,
        password: input.password,
        currentPassword: input.current_password,
      })
      return {}
    },
  ),
  route(
    'PATCH',
    'users/update-admin',
    { username: required(text), is_admin: required(boolean) },
    async ({ ctx, input }) => {
      await updateUser(ctx, { name: input.username, isAdmin: input.is_admin })
      return {}
    },
  ),
  route('DELETE', 'users/delete', { username: required(text) }, async ({ ctx, input }) => {
    await removeUser(ctx, input.username)
    return {}
  }),
  route('GET', 'users/current/permissions', {}, async ({ ctx }) => listed(await currentUser(ctx)), {
    major: 3,
  }),
]

function userOf(user: User) {
  const grantsOn = (kind: string) =>
    user.grants.flatMap(({ project: _, resource, ...rights }) =>
      resource?.startsWith(`${kind}:`) === true
        ? [
            {
              id: resource.slice(kind.length + 1),
              user_id: user.id,
              permission: permissionOf(rights),
            },
          ]
        : [],
    )
  return {
    id: user.id,
    username: user.name,
    is_admin: user.isAdmin,
    experiment_permissions: grantsOn('experiment').map(({ id, ...rest }) => ({
      experiment_id: id,
      ...rest,
    })),
    registered_model_permissions: grantsOn('model').map(({ id, ...rest }) => ({
      name: id,
      ...rest,
    })),
  }
}

async function currentUser(ctx: Context): Promise<User> {
  const { kind, name } = ctx.principal
  if (kind === 'user') return getUser(ctx, name.slice(name.indexOf(':') + 1))
  throw mlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `${name} is not a user with a password; it has no account of its own.`,
  )
}
