import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { readRuns, type RunsTables, type RunsTransaction } from './store.ts'

/** Something of another tracking server, and what became of it here. */
export interface ImportedItem {
  kind: string
  sourceId: string
  targetId: string
  /** Of all that was there to bring. */
  fingerprint: string
}

/** What is here already, by kind. */
export async function listImported(
  ctx: Context,
  input: { project: string; kind: string },
): Promise<{ items: ImportedItem[] }> {
  authorize(ctx, 'admin', input.project)
  const rows = await readRuns(ctx)
    .selectFrom('imported_items')
    .select(['kind', 'source_id', 'target_id', 'fingerprint'])
    .where('project', '=', input.project)
    .where('kind', '=', input.kind)
    .orderBy('source_id')
    .execute()
  return {
    items: rows.map((row) => ({
      kind: row.kind,
      sourceId: row.source_id,
      targetId: row.target_id,
      fingerprint: row.fingerprint,
    })),
  }
}

/** Says that something is here whole, so that the next import passes over it. */
export async function noteImported(
  ctx: Context,
  input: ImportedItem & { project: string; source: string },
): Promise<void> {
  authorize(ctx, 'admin', input.project)
  await commit(ctx, async (change) => {
    await writeImported(ctx, change.sql<RunsTables>(), input)
    change.record({
      verb: 'item.imported',
      subject: subject('project', input.project),
      project: input.project,
      detail: { kind: input.kind, id: input.sourceId, as: input.targetId, source: input.source },
    })
  })
}

export async function writeImported(
  ctx: Context,
  db: RunsTransaction,
  { project, kind, sourceId, targetId, fingerprint }: ImportedItem & { project: string },
): Promise<void> {
  const row = { target_id: targetId, fingerprint, imported_at: ctx.clock() }
  await db
    .insertInto('imported_items')
    .values({ project, kind, source_id: sourceId, ...row })
    .onConflict((c) => c.columns(['project', 'kind', 'source_id']).doUpdateSet(row))
    .execute()
}
