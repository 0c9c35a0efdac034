import { GyreError } from '#kernel/errors'
import { type Context, type Reach } from '#domains/access/index'
import type { ExperimentInfo } from '#domains/runs/index'
import { requireExperiment } from '#domains/traces/index'
import type { EvaluationReader, ScorerRow } from './store.ts'

/** One version of a scorer: a judge or a program that says how good an answer is. */
export interface Scorer {
  id: string
  experiment: string
  name: string
  version: number
  /** JSON, as MLflow's client writes it. */
  definition: string
  createdAt: number
}

export interface ScorerPlace {
  project: string
  experiment: string
  name: string
}

export async function findScorer(
  db: EvaluationReader,
  project: string,
  experiment: number,
  name: string,
): Promise<ScorerRow | undefined> {
  return db
    .selectFrom('scorers')
    .select(['project', 'id', 'experiment', 'name'])
    .where('project', '=', project)
    .where('experiment', '=', experiment)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** Errors: `not_found`, `conflict` (deleted). */
export async function requireActive(
  ctx: Context,
  reach: Reach,
  id: string,
): Promise<ExperimentInfo> {
  const experiment = await requireExperiment(ctx, reach, id)
  if (experiment.state === 'active') return experiment
  throw new GyreError({
    code: 'conflict',
    public: `The experiment ${id} must be in the 'active' state. Current state is deleted.`,
  })
}

export function noScorer({
  name,
  experiment,
  version,
}: ScorerPlace & { version?: number | undefined }): GyreError {
  const which = version === undefined ? '' : ` and version ${version}`
  return new GyreError({
    code: 'not_found',
    public: `Scorer with name '${name.slice(0, 200)}'${which} not found for experiment ${experiment}.`,
  })
}
