import { notFound } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import { journalHead, readCursor } from '#domains/journal/index'
import { implement, type Operation } from '../implement.ts'
import {
  type ActivityView,
  type DeclarationPlan,
  type JobView,
  type RepositoryFiles,
  serverApi,
  type ServerView,
} from '../wire/server.ts'

/** What the server says of itself, and what only the whole of it can do. */
export interface ServerFacts {
  facts: Omit<ServerView, 'name' | 'tables' | 'journalSeq' | 'loopSeq'>
  activity(ctx: Context, project: string): Promise<ActivityView>
  plan(ctx: Context, project: string, repository: RepositoryFiles): Promise<DeclarationPlan>
  apply(ctx: Context, project: string, repository: RepositoryFiles): Promise<DeclarationPlan>
}

export function createServerOperations({ facts, activity, plan, apply }: ServerFacts): Operation[] {
  return implement('server', serverApi, {
    async describe(ctx) {
      const loopSeq = await readCursor(ctx, 'loop')
      const journalSeq = await journalHead(ctx)
      return { name: 'gyre' as const, ...facts, tables: ctx.tables.dialect, journalSeq, loopSeq }
    },
    async listJobs(ctx, { params, query }) {
      const { state, kind, limit } = query
      const jobs = await ctx.queue.list({
        project: params.project,
        limit,
        ...(state === undefined ? {} : { state }),
        ...(kind === undefined ? {} : { kind }),
      })
      return { items: jobs.map(jobView) }
    },
    async cancelJob(ctx, { params, body }) {
      const jobs = await ctx.queue.list({ project: params.project, limit: 1000 })
      if (!jobs.some(({ id }) => id === params.job)) throw notFound('job', params.job)
      return { cancelled: await ctx.queue.cancel(params.job, body.reason) }
    },
    readActivity: (ctx, { params }) => activity(ctx, params.project),
    plan: (ctx, { params, body }) => plan(ctx, params.project, body),
    apply: (ctx, { params, body }) => apply(ctx, params.project, body),
  })
}

function jobView(job: JobView): JobView {
  const { id, kind, project, state, attempt, runAt, cause, key, reason, createdAt, finishedAt } =
    job
  return { id, kind, project, state, attempt, runAt, cause, key, reason, createdAt, finishedAt }
}
