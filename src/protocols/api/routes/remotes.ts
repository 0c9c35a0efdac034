import {
  clearProblems,
  declareRemote,
  findRemote,
  listProblems,
  listRemotes,
} from '#domains/data/index'
import { notFound } from '#kernel/errors'
import { implement } from '../implement.ts'
import { remotesApi } from '../wire/remotes.ts'

export const remotesOperations = implement('remotes', remotesApi, {
  listRemotes: async (ctx, { params }) => ({ items: await listRemotes(ctx, params) }),
  declareRemote: (ctx, { params }) => declareRemote(ctx, params),
  listProblems: async (ctx, { params }) => ({ items: await listProblems(ctx, params) }),
  clearProblems: async (ctx, { params }) => {
    const remote = await findRemote(ctx, params.repo)
    if (remote.project !== params.project) throw notFound('remote', params.repo)
    await clearProblems(ctx, remote)
  },
})
