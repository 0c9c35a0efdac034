import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { noScorer, requireActive, type Scorer, type ScorerPlace } from './scorer.ts'
import { type EvaluationReader, readEvaluation } from './store.ts'

/** The newest version of each scorer, of some experiments or of all. Errors: `not_found`. */
export async function listScorers(
  ctx: Context,
  input: { project: string; experiments?: readonly string[] | undefined },
): Promise<Scorer[]> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const found = await readVersions(readEvaluation(ctx), input.project, input.experiments)
  const all = found.filter((scorer) => reach.holds(scorer.experiment))
  const newest = new Map<string, Scorer>()
  for (const scorer of all) newest.set(scorer.id, scorer)
  return [...newest.values()]
}

/** All versions, the oldest first. Errors: `not_found`. */
export async function listScorerVersions(ctx: Context, input: ScorerPlace): Promise<Scorer[]> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const experiment = await requireActive(ctx, reach, input.experiment)
  const all = await readVersions(readEvaluation(ctx), input.project, [experiment.id])
  const own = all.filter((scorer) => scorer.name === input.name)
  if (own.length === 0) throw noScorer(input)
  return own
}

/** A version, or the newest. Errors: `not_found`. */
export async function getScorer(
  ctx: Context,
  input: ScorerPlace & { version?: number | undefined },
): Promise<Scorer> {
  const versions = await listScorerVersions(ctx, input)
  const found =
    input.version === undefined
      ? versions.at(-1)
      : versions.find((scorer) => scorer.version === input.version)
  if (found === undefined) throw noScorer(input)
  return found
}

/** By experiment, name and version. */
async function readVersions(
  db: EvaluationReader,
  project: string,
  experiments: readonly string[] | undefined,
): Promise<Scorer[]> {
  const query = db
    .selectFrom('scorer_versions')
    .innerJoin('scorers', (join) =>
      join
        .onRef('scorers.project', '=', 'scorer_versions.project')
        .onRef('scorers.id', '=', 'scorer_versions.scorer_id'),
    )
    .select([
      'scorers.id as id',
      'scorers.experiment as experiment',
      'scorers.name as name',
      'scorer_versions.version as version',
      'scorer_versions.definition as definition',
      'scorer_versions.created_at as created_at',
    ])
    .where('scorers.project', '=', project)
    .orderBy('scorers.experiment')
    .orderBy('scorers.name')
    .orderBy('scorer_versions.version')
  const numbers = experiments?.filter((id) => /^\d{1,15}$/.test(id)).map(Number)
  if (numbers?.length === 0) return []
  const own = numbers === undefined ? query : query.where('scorers.experiment', 'in', numbers)
  const rows = await own.execute()
  return rows.map(({ experiment, created_at, ...row }) => ({
    ...row,
    experiment: String(experiment),
    createdAt: created_at,
  }))
}
