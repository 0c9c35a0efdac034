import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findScorer, noScorer, requireActive, type ScorerPlace } from './scorer.ts'
import { type EvaluationTables, readEvaluation } from './store.ts'

/** How often a scorer looks at traces that arrive. */
export interface ScorerSampling {
  id: string
  scorer: string
  experiment: string
  /** From 0, never, to 1, each trace. */
  sampleRate: number
  /** Of which traces, in the grammar of their search. */
  filter: string | undefined
}

/** Errors: `not_found`, `invalid`. */
export async function setScorerSampling(
  ctx: Context,
  input: ScorerPlace & { sampleRate: number; filter?: string | undefined },
): Promise<ScorerSampling> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, name, sampleRate, filter } = input
  if (!(sampleRate >= 0 && sampleRate <= 1)) {
    throw invalid(`sample_rate must be between 0.0 and 1.0, got ${sampleRate}`)
  }
  const experiment = Number((await requireActive(ctx, reach, input.experiment)).id)
  const id = ctx.newId()
  return commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const scorer = await findScorer(db, project, experiment, name)
    if (scorer === undefined) throw noScorer(input)
    const row = await db
      .insertInto('scorer_sampling')
      .values({
        project,
        scorer_id: scorer.id,
        id,
        experiment,
        sample_rate: sampleRate,
        filter: filter ?? null,
      })
      .onConflict((c) =>
        c.columns(['project', 'scorer_id']).doUpdateSet((eb) => ({
          sample_rate: eb.ref('excluded.sample_rate'),
          filter: eb.ref('excluded.filter'),
        })),
      )
      .returning('id')
      .executeTakeFirstOrThrow()
    change.record({
      verb: 'scorer.sampled',
      subject: subject('scorer', scorer.id),
      project,
      detail: { name, rate: sampleRate },
    })
    return {
      id: row.id,
      scorer: scorer.id,
      experiment: String(experiment),
      sampleRate,
      filter,
    }
  })
}

/** Those of the scorers that look at what arrives. */
export async function listScorerSampling(
  ctx: Context,
  input: { project: string; scorers: readonly string[] },
): Promise<ScorerSampling[]> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  if (input.scorers.length === 0) return []
  const rows = await readEvaluation(ctx)
    .selectFrom('scorer_sampling')
    .select(['id', 'scorer_id', 'experiment', 'sample_rate', 'filter'])
    .where('project', '=', input.project)
    .where('scorer_id', 'in', input.scorers.slice(0, 1000))
    .orderBy('id')
    .execute()
  const held = rows.filter((row) => reach.holds(String(row.experiment)))
  return held.map((row) => ({
    id: row.id,
    scorer: row.scorer_id,
    experiment: String(row.experiment),
    sampleRate: row.sample_rate,
    filter: row.filter ?? undefined,
  }))
}
