import { invalid, notFound } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findDataset } from '../dataset.ts'
import { type DataTables, readData } from '../store.ts'

/** A reason for which nothing of a data set, or of one version of it, may go. */
export interface Hold {
  id: string
  dataset: string
  /** Null for every version. */
  version: number | null
  reason: string
  by: string
  at: number
}

/** Holds a data set or one version of it, until the hold is released. Errors: `not_found`. */
export async function holdDataset(
  ctx: Context,
  input: { project: string; dataset: string; version: number | null; reason: string },
): Promise<Hold> {
  authorize(ctx, 'operator', input.project)
  const { project, version } = input
  const reason = input.reason.trim()
  if (reason === '') throw invalid('Say why it is held: the journal keeps the reason.')
  const { name: dataset } = await findDataset(readData(ctx), project, input.dataset)
  const hold = {
    id: ctx.newId(),
    dataset,
    version,
    reason,
    by: ctx.principal.name,
    at: ctx.clock(),
  }
  await commit(ctx, async (change) => {
    const db = change.sql<DataTables>()
    if (version !== null) await requireVersion(db, project, dataset, version)
    await db
      .insertInto('data_holds')
      .values({
        id: hold.id,
        project,
        dataset,
        version,
        reason,
        created_by: hold.by,
        created_at: hold.at,
        released_by: null,
        released_at: null,
      })
      .execute()
    change.record({
      verb: 'data.held',
      subject: subject('data', dataset, version ?? undefined),
      project,
      detail: { hold: hold.id, reason },
    })
  })
  return hold
}

async function requireVersion(
  db: ReturnType<typeof readData>,
  project: string,
  dataset: string,
  version: number,
): Promise<void> {
  const row = await db
    .selectFrom('data_versions')
    .select('version')
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .executeTakeFirst()
  if (row === undefined) throw notFound('version', `${dataset}@${version}`)
}

/** Ends a hold, with a reason. Errors: `not_found`, also for one that was released before. */
export async function releaseHold(
  ctx: Context,
  input: { project: string; hold: string; reason: string },
): Promise<void> {
  authorize(ctx, 'admin', input.project)
  const { project } = input
  await commit(ctx, async (change) => {
    const row = await change
      .sql<DataTables>()
      .updateTable('data_holds')
      .set({ released_by: ctx.principal.name, released_at: ctx.clock() })
      .where('project', '=', project)
      .where('id', '=', input.hold)
      .where('released_at', 'is', null)
      .returning(['dataset', 'version'])
      .executeTakeFirst()
    if (row === undefined) throw notFound('hold', input.hold)
    change.record({
      verb: 'data.hold-released',
      subject: subject('data', row.dataset, row.version ?? undefined),
      project,
      detail: { hold: input.hold, reason: input.reason },
    })
  })
}

/** The holds of a project that are not released, the latest first. */
export async function listHolds(ctx: Context, { project }: { project: string }): Promise<Hold[]> {
  authorize(ctx, 'viewer', project)
  const rows = await readData(ctx)
    .selectFrom('data_holds')
    .select(['id', 'dataset', 'version', 'reason', 'created_by as by', 'created_at as at'])
    .where('project', '=', project)
    .where('released_at', 'is', null)
    .orderBy('created_at', 'desc')
    .execute()
  return rows
}
