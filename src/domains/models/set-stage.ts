import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { describeVersion } from './describe-models.ts'
import { findModel, findVersion } from './find-model.ts'
import { stageGuard } from './guards.ts'
import type { ModelVersion, StageMove } from './model.ts'
import { passesGuard, settleGate } from './pass-guard.ts'
import { writeStageMoves } from './pointer-moves.ts'
import { type Stage, stageOf } from './stages.ts'
import type { ModelsTables, ModelsTransaction, ModelVersionRow } from './store.ts'

export interface StageChange {
  project: string
  model: string
  version: string | number
  /** In any case. */
  stage: string
  /** Moves the other versions of the stage to Archived. */
  archiveOthers?: boolean | undefined
  reason?: string | undefined
  /** Moves into a guarded stage against the gate; recorded as such. */
  override?: boolean | undefined
}

/**
 * Moves a version to a stage. A stage that the model guards needs the version's gate to have passed,
 * or `override`. Errors: `not_found`, `invalid` (no such stage; archiving others of a stage that is
 * not active), `refused` with the gate's reasons.
 */
export async function setStage(ctx: Context, input: StageChange): Promise<ModelVersion> {
  authorizeModel(ctx, 'operator', input)
  const stage = stageOf(input.stage)
  const { archiveOthers = false } = input
  if (archiveOthers && stage !== 'Staging' && stage !== 'Production') {
    throw invalid(
      `Model version transition cannot archive existing model versions because '${input.stage}' ` +
        "is not an Active stage. Valid stages are ['Staging', 'Production']",
    )
  }
  const guard = stageGuard(stage)
  await settleGate(ctx, { ...input, guard })
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const model = await findModel(db, input.project, input.model)
    const row = await findVersion(db, input.project, model.name, input.version)
    const override = await passesGuard(db, model, row, guard, input.override ?? false)
    const reason = input.reason ?? ''
    const others = archiveOthers ? await othersIn(db, row, stage) : []
    for (const other of others) {
      const why = `Version ${row.version} took its place.`
      await moveTo(ctx, change, other, 'Archived', { reason: why, override: false })
    }
    if (row.stage === stage) return describeVersion(db, row)
    await moveTo(ctx, change, row, stage, { reason, override })
    const now = ctx.clock()
    await db
      .updateTable('registered_models')
      .set({ updated_at: now })
      .where('project', '=', row.project)
      .where('name', '=', row.model)
      .execute()
    return describeVersion(db, { ...row, stage, updated_at: now })
  })
}

async function othersIn(
  db: ModelsTransaction,
  { project, model, version }: ModelVersionRow,
  stage: Stage,
): Promise<Pick<ModelVersionRow, 'project' | 'model' | 'version' | 'stage'>[]> {
  return db
    .selectFrom('model_versions')
    .select(['project', 'model', 'version', 'stage'])
    .where('project', '=', project)
    .where('model', '=', model)
    .where('version', '!=', version)
    .where('stage', '=', stage)
    .where('state', '=', 'active')
    .orderBy('version')
    .execute()
}

async function moveTo(
  ctx: Context,
  change: Change,
  row: Pick<ModelVersionRow, 'project' | 'model' | 'version' | 'stage'>,
  stage: Stage,
  { reason, override }: { reason: string; override: boolean },
): Promise<void> {
  const db = change.sql<ModelsTables>()
  const { project, model, version } = row
  await db
    .updateTable('model_versions')
    .set({ stage, updated_at: ctx.clock() })
    .where('project', '=', project)
    .where('model', '=', model)
    .where('version', '=', version)
    .execute()
  const move: StageMove = {
    version,
    stage,
    previous: row.stage as Stage,
    at: ctx.clock(),
    actor: ctx.principal.name,
    reason,
    override,
    evidence: [],
  }
  await writeStageMoves(db, { project, model }, [move])
  change.record({
    verb: 'stage.moved',
    subject: subject('model', model, version),
    project,
    detail: { model, version, stage, previous: row.stage, reason, override },
  })
}
