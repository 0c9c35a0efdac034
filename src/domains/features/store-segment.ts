import type { Transaction } from 'kysely'
import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import type { PackedView } from './pack-view.ts'
import type { FeaturesTables, OnlineStateRow } from './store.ts'

const rowsPerInsert = 100

/**
 * Writes what a materialisation computed, and what the view's state is then. A rebuild replaces all
 * that was kept. Errors: `conflict` when somebody else materialised the view meanwhile.
 */
export async function storeSegment(
  ctx: Context,
  before: OnlineStateRow | undefined,
  next: OnlineStateRow,
  packed: PackedView,
  filesRead: number,
): Promise<void> {
  authorize(ctx, 'editor', next.project)
  const { project, view, version } = next
  await commit(ctx, async (change) => {
    const db = change.sql<FeaturesTables>()
    await refuseIfOvertaken(db, before, next)
    if (next.rebuilt === next.generation) {
      await db
        .deleteFrom('feature_online')
        .where('project', '=', project)
        .where('view', '=', view)
        .where('version', '=', version)
        .execute()
    }
    const segment = next.generation
    for (let start = 0; start < packed.entities.length; start += rowsPerInsert) {
      const rows = packed.entities.slice(start, start + rowsPerInsert)
      await db
        .insertInto('feature_online')
        .values(
          rows.map(({ entity, tiles }) => ({ project, view, version, entity, segment, tiles })),
        )
        .execute()
    }
    const counted = await db
      .selectFrom('feature_online')
      .select((eb) => eb.fn.count<number>('entity').distinct().as('entities'))
      .where('project', '=', project)
      .where('view', '=', view)
      .where('version', '=', version)
      .executeTakeFirst()
    next.entities = Number(counted?.entities ?? 0)
    await writeState(db, next)
    change.record({
      verb: 'features.materialized',
      subject: subject('view', view, version),
      project,
      inputs: [subject('data', next.dataset, next.data_version)],
      detail: {
        entities: next.entities,
        entitiesChanged: packed.entities.length,
        tiles: next.tiles,
        filesRead,
        rebuilt: next.rebuilt === next.generation,
        durationMs: next.duration_ms,
      },
    })
  })
}

/** Writes are serial, so that what is looked at first still holds at the end. */
async function refuseIfOvertaken(
  db: Transaction<FeaturesTables>,
  before: OnlineStateRow | undefined,
  { project, view, version }: OnlineStateRow,
): Promise<void> {
  const now = await db
    .selectFrom('feature_online_states')
    .select('generation')
    .where('project', '=', project)
    .where('view', '=', view)
    .where('version', '=', version)
    .executeTakeFirst()
  if (now?.generation === before?.generation) return
  throw new GyreError({
    code: 'conflict',
    retryable: true,
    public: `View ${view}@${version} was materialised by somebody else just now. Try again.`,
  })
}

async function writeState(db: Transaction<FeaturesTables>, next: OnlineStateRow): Promise<void> {
  await db
    .insertInto('feature_online_states')
    .values(next)
    .onConflict((c) => c.columns(['project', 'view', 'version']).doUpdateSet(next))
    .execute()
}
