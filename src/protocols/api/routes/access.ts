import {
  createProject,
  createToken,
  listProjects,
  listTokens,
  revokeToken,
} from '#domains/access/index'
import { implement } from '../implement.ts'
import { accessApi } from '../wire/access.ts'

export const accessOperations = implement('access', accessApi, {
  async whoami(ctx) {
    const { kind, name, grants } = ctx.principal
    return { kind, name, grants: [...grants] }
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
})
