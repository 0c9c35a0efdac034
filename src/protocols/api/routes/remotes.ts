import type { Context } from '#domains/access/index'
import {
  checkRemote,
  clearProblems,
  declareRemote,
  findRemote,
  listProblems,
  listRemotes,
  listVisits,
  listWaiting,
  type Remote,
} from '#domains/data/index'
import { notFound } from '#kernel/errors'
import { implement } from '../implement.ts'
import { remotesApi } from '../wire/remotes.ts'

export const remotesOperations = implement('remotes', remotesApi, {
  listRemotes: async (ctx, { params }) => ({ items: await listRemotes(ctx, params) }),
  declareRemote: (ctx, { params }) => declareRemote(ctx, params),
  listVisits: async (ctx, { params, query }) => ({
    items: await listVisits(ctx, { remote: await remoteOf(ctx, params), ...query }),
  }),
  listWaiting: async (ctx, { params, query }) => ({
    items: await listWaiting(ctx, { remote: await remoteOf(ctx, params), ...query }),
  }),
  checkRemote: async (ctx, { params, body, signal }) =>
    checkRemote({ ...ctx, signal }, { remote: await remoteOf(ctx, params), ...body }),
  listProblems: async (ctx, { params }) => ({ items: await listProblems(ctx, params) }),
  clearProblems: async (ctx, { params }) => clearProblems(ctx, await remoteOf(ctx, params)),
})

/** The remote at that name, when it is one of the project. */
async function remoteOf(ctx: Context, params: { project: string; repo: string }): Promise<Remote> {
  const remote = await findRemote(ctx, params.repo)
  if (remote.project !== params.project) throw notFound('remote', params.repo)
  return remote
}
