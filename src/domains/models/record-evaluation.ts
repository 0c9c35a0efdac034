import { notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import type { Evaluation } from './evaluation.ts'
import { describeVersion } from './describe-models.ts'
import { findVersion } from './find-model.ts'
import type { ModelVersion, VersionFile } from './model.ts'
import { type ModelsTables, type ModelVersionRow, readModels } from './store.ts'
import { checkEvaluated, readEvaluation, storeEvaluation } from './stored-evaluation.ts'

export interface NewEvaluation {
  project: string
  model: string
  version: string | number
  evaluation: Evaluation
}

/**
 * Stores the evaluation of a version; the gate is undecided again. Errors: `not_found`, `invalid`
 * when it is of another model.
 */
export async function recordEvaluation(ctx: Context, input: NewEvaluation): Promise<ModelVersion> {
  authorizeModel(ctx, 'editor', input)
  const { evaluation } = input
  const known = await findVersion(readModels(ctx), input.project, input.model, input.version)
  checkEvaluated(evaluation, parseStored<VersionFile[]>(known.files))
  const stored = await storeEvaluation(ctx, evaluation)
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const row = await findVersion(db, input.project, input.model, known.version)
    const next: ModelVersionRow = {
      ...row,
      metrics: JSON.stringify(evaluation.metrics),
      evaluation_sha256: stored.sha256,
      evaluated_at: evaluation.createdAt,
      gate: 'undecided',
    }
    await db
      .updateTable('model_versions')
      .set({
        metrics: next.metrics,
        evaluation_sha256: next.evaluation_sha256,
        evaluated_at: next.evaluated_at,
        gate: next.gate,
      })
      .where('project', '=', row.project)
      .where('model', '=', row.model)
      .where('version', '=', row.version)
      .execute()
    change.record({
      verb: 'version.evaluated',
      subject: subject('model', row.model, row.version),
      project: input.project,
      inputs: [...(evaluation.data.inputs as Subject[]), subject('blob', stored.sha256)],
      detail: { rows: evaluation.data.rows, metrics: JSON.parse(next.metrics) },
    })
    return describeVersion(db, next)
  })
}

/** The evaluation of a version. Errors: `not_found`. */
export async function getEvaluation(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<Evaluation> {
  authorizeModel(ctx, 'viewer', input)
  const row = await findVersion(readModels(ctx), input.project, input.model, input.version)
  const evaluation = await readEvaluation(ctx, row)
  if (evaluation !== null) return evaluation
  throw notFound(
    'evaluation of',
    `${row.model}@${row.version}`,
    'Make one with `gyre models evaluate`.',
  )
}
