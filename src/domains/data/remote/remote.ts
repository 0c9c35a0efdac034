import { checkName } from '#kernel/names'
import { subject } from '#kernel/subjects'
import { authorize, type Context, ensureProject, hasProject } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { type DataTables, readData } from '../store.ts'

/** A DVC remote: what was pushed to it belongs to its project, and to no other. */
export interface Remote {
  repo: string
  project: string
}

/** The remote at an address. One that nobody declared belongs to the project of its own name. */
export async function findRemote(ctx: Context, repo: string): Promise<Remote> {
  const name = checkName('repository', repo)
  const row = await readData(ctx)
    .selectFrom('dvc_remotes')
    .select('project')
    .where('repo', '=', name)
    .executeTakeFirst()
  return { repo: name, project: row?.project ?? name }
}

/** Makes sure that a remote and its project are there, before the first object of it is stored. */
export async function openRemote(ctx: Context, remote: Remote): Promise<void> {
  authorize(ctx, 'editor', remote.project)
  if (!(await hasProject(ctx, remote.project))) await ensureProject(ctx, remote.project)
  await declare(ctx, remote, 'keep')
}

/** Says to which project a remote belongs. Needs the role in the project it leaves, as well. */
export async function declareRemote(ctx: Context, input: Remote): Promise<Remote> {
  authorize(ctx, 'editor', input.project)
  const remote = await findRemote(ctx, input.repo)
  authorize(ctx, 'editor', remote.project)
  const declared = { repo: remote.repo, project: checkName('project', input.project) }
  await declare(ctx, declared, 'move')
  return declared
}

async function declare(ctx: Context, remote: Remote, existing: 'keep' | 'move'): Promise<void> {
  const { repo, project } = remote
  await commit(ctx, async (change) => {
    const db = change.sql<DataTables>()
    const found = await db
      .selectFrom('dvc_remotes')
      .select('project')
      .where('repo', '=', repo)
      .executeTakeFirst()
    if (found !== undefined && (existing === 'keep' || found.project === project)) return
    await db
      .insertInto('dvc_remotes')
      .values({ repo, project, removals: 0, created_at: ctx.clock() })
      .onConflict((c) => c.column('repo').doUpdateSet({ project }))
      .execute()
    change.record({ verb: 'remote.declared', subject: subject('remote', repo), project })
  })
}

/** The remotes of a project, by name, with what they hold. */
export async function listRemotes(
  ctx: Context,
  { project }: { project: string },
): Promise<{ repo: string; objects: number; sizeBytes: number; waiting: number }[]> {
  authorize(ctx, 'viewer', project)
  const rows = await readData(ctx)
    .selectFrom('dvc_remotes')
    .leftJoin('dvc_objects', 'dvc_objects.repo', 'dvc_remotes.repo')
    .select(({ fn, val, case: when }) => [
      'dvc_remotes.repo as repo',
      fn.count<number>('dvc_objects.path').as('objects'),
      fn.coalesce(fn.sum<number>('dvc_objects.size_bytes'), val(0)).as('sizeBytes'),
      fn
        .coalesce(
          fn.sum<number>(when().when('dvc_objects.missing', '>', 0).then(1).else(0).end()),
          val(0),
        )
        .as('waiting'),
    ])
    .where('dvc_remotes.project', '=', project)
    .groupBy('dvc_remotes.repo')
    .orderBy('dvc_remotes.repo')
    .execute()
  return rows.map((row) => ({
    repo: row.repo,
    objects: Number(row.objects),
    sizeBytes: Number(row.sizeBytes),
    waiting: Number(row.waiting),
  }))
}
