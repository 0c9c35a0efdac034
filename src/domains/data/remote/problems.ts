import { checkName } from '#kernel/names'
import { authorize, type Context, type Platform } from '#domains/access/index'
import { type DataTables, readData } from '../store.ts'
import type { Remote } from './remote.ts'

/** What can go wrong at a remote that `dvc` shows as files that are missing, or not at all. */
export type ProblemKind = 'unauthenticated' | 'forbidden' | 'not what its name says' | 'failed'

export interface RemoteProblem {
  repo: string
  kind: string
  client: string
  message: string
  count: number
  firstAt: number
  lastAt: number
}

/** Clients of one remote and kind that are told apart; strangers must not fill the disk. */
const mostClients = 200

/** Remembers that a client was refused, once per client and kind, with a count. */
export async function recordProblem(
  platform: Pick<Platform, 'tables' | 'clock'>,
  problem: { repo: string; kind: ProblemKind; client: string; message: string },
): Promise<void> {
  const { kind } = problem
  const repo = checkName('repository', problem.repo)
  const now = platform.clock()
  const client = problem.client.slice(0, 200)
  const message = problem.message.slice(0, 1000)
  await platform.tables.write<DataTables, void>(async (tx) => {
    const updated = await tx
      .updateTable('dvc_problems')
      .set((eb) => ({ count: eb('count', '+', 1), last_at: now, message }))
      .where('repo', '=', repo)
      .where('kind', '=', kind)
      .where('client', '=', client)
      .returning('count')
      .executeTakeFirst()
    if (updated !== undefined) return
    await tx
      .deleteFrom('dvc_problems')
      .where('repo', '=', repo)
      .where('kind', '=', kind)
      .where('client', 'not in', (eb) =>
        eb
          .selectFrom('dvc_problems')
          .select('client')
          .where('repo', '=', repo)
          .where('kind', '=', kind)
          .orderBy('last_at', 'desc')
          .limit(mostClients - 1),
      )
      .execute()
    await tx
      .insertInto('dvc_problems')
      .values({ repo, kind, client, message, count: 1, first_at: now, last_at: now })
      .execute()
  })
}

/** What went wrong at the remotes of a project, the latest first. */
export async function listProblems(
  ctx: Context,
  { project }: { project: string },
): Promise<RemoteProblem[]> {
  authorize(ctx, 'editor', project)
  const rows = await readData(ctx)
    .selectFrom('dvc_problems')
    .leftJoin('dvc_remotes', 'dvc_remotes.repo', 'dvc_problems.repo')
    .select(['dvc_problems.repo', 'kind', 'client', 'message', 'count', 'first_at', 'last_at'])
    .where((eb) =>
      eb.or([
        eb('dvc_remotes.project', '=', project),
        eb.and([eb('dvc_remotes.project', 'is', null), eb('dvc_problems.repo', '=', project)]),
      ]),
    )
    .orderBy('last_at', 'desc')
    .limit(1000)
    .execute()
  return rows.map(({ first_at: firstAt, last_at: lastAt, ...row }) => ({ ...row, firstAt, lastAt }))
}

/** Forgets the problems of a remote: what follows is new. */
export async function clearProblems(ctx: Context, remote: Remote): Promise<void> {
  authorize(ctx, 'editor', remote.project)
  await ctx.tables.write<DataTables, void>(async (tx) => {
    await tx.deleteFrom('dvc_problems').where('repo', '=', remote.repo).execute()
  })
}
