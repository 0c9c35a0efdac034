import {
  createProject,
  createToken,
  listProjects,
  listTokens,
  createUser,
  getUser,
  listUsers,
  removeUser,
  revokeToken,
  setPassword,
  signIn,
  updateUser,
} from '#domains/access/index'
import { implement } from '../implement.ts'
import { accessApi } from '../wire/access.ts'

export const accessOperations = implement('access', accessApi, {
  async whoami(ctx) {
    const { kind, name, grants } = ctx.principal
    return { kind, name, grants: [...grants] }
  },
  async signIn(ctx, { body }) {
    const { principal, ...session } = await signIn(ctx, body)
    const { kind, name, grants } = principal
    return { ...session, principal: { kind, name, grants: [...grants] } }
  },
  async listProjects(ctx) {
    return { items: await listProjects(ctx) }
  },
  createProject: (ctx, { body }) => createProject(ctx, body),
  async listTokens(ctx) {
    return { items: await listTokens(ctx) }
  },
  createToken: (ctx, { body }) => createToken(ctx, body),
  revokeToken: (ctx, { params }) => revokeToken(ctx, params.token),
  async listUsers(ctx) {
    return { items: await listUsers(ctx) }
  },
  createUser: (ctx, { body }) => createUser(ctx, body),
  getUser: (ctx, { params }) => getUser(ctx, params.user),
  updateUser: (ctx, { params, body }) => updateUser(ctx, { name: params.user, ...body }),
  setPassword: (ctx, { params, body }) => setPassword(ctx, { name: params.user, ...body }),
  removeUser: (ctx, { params }) => removeUser(ctx, params.user),
})
