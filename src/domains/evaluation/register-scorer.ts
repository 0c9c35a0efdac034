import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findScorer, requireActive, type Scorer, type ScorerPlace } from './scorer.ts'
import type { EvaluationTables, ScorerRow } from './store.ts'

const longestDefinition = 1024 * 1024

/** Adds a version, the first one or the next. Errors: `invalid`, `not_found` (experiment). */
export async function registerScorer(
  ctx: Context,
  input: ScorerPlace & { definition: string },
): Promise<Scorer> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, name, definition } = input
  if (name.trim() === '' || name.length > 256) {
    throw invalid('Scorer name cannot be empty or contain only whitespace, nor be longer than 256.')
  }
  checkDefinition(definition)
  const experiment = Number((await requireActive(ctx, reach, input.experiment)).id)
  const fresh: ScorerRow = { project, id: ctx.newId(), experiment, name }
  return commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const known = await findScorer(db, project, experiment, name)
    if (known === undefined) await db.insertInto('scorers').values(fresh).execute()
    const scorer = known ?? fresh
    const last = await db
      .selectFrom('scorer_versions')
      .select((eb) => eb.fn.max('version').as('version'))
      .where('project', '=', project)
      .where('scorer_id', '=', scorer.id)
      .executeTakeFirst()
    const version = Number(last?.version ?? 0) + 1
    const createdAt = ctx.clock()
    await db
      .insertInto('scorer_versions')
      .values({ project, scorer_id: scorer.id, version, definition, created_at: createdAt })
      .execute()
    change.record({
      verb: 'scorer.registered',
      subject: subject('scorer', scorer.id, version),
      project,
      detail: { name, experiment: String(experiment) },
    })
    return { id: scorer.id, experiment: String(experiment), name, version, definition, createdAt }
  })
}

function checkDefinition(definition: string): void {
  if (definition.length > longestDefinition) {
    throw invalid(`A scorer's definition has at most ${longestDefinition} characters.`)
  }
  let value: unknown
  try {
    value = JSON.parse(definition)
  } catch {
    value = undefined
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return
  throw invalid("A scorer's definition must be a JSON object, as MLflow's client writes it.")
}
