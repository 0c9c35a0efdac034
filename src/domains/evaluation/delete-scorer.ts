import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findScorer, noScorer, requireActive, type ScorerPlace } from './scorer.ts'
import type { EvaluationTables } from './store.ts'

/** Deletes one version, or the scorer with all of them. Errors: `not_found`. */
export async function deleteScorer(
  ctx: Context,
  input: ScorerPlace & { version?: number | undefined },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project, 'operator')
  const { project, name, version } = input
  const experiment = Number((await requireActive(ctx, reach, input.experiment)).id)
  await commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const scorer = await findScorer(db, project, experiment, name)
    if (scorer === undefined) throw noScorer(input)
    const versions = db
      .deleteFrom('scorer_versions')
      .where('project', '=', project)
      .where('scorer_id', '=', scorer.id)
    const { numDeletedRows } = await (
      version === undefined ? versions : versions.where('version', '=', version)
    ).executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw noScorer(input)
    if (version === undefined) {
      await db
        .deleteFrom('scorer_sampling')
        .where('project', '=', project)
        .where('scorer_id', '=', scorer.id)
        .execute()
      await db
        .deleteFrom('scorers')
        .where('project', '=', project)
        .where('id', '=', scorer.id)
        .execute()
    }
    change.record({
      verb: 'scorer.deleted',
      subject: subject('scorer', scorer.id, version),
      project,
      detail: { name, experiment: String(experiment) },
    })
  })
}
