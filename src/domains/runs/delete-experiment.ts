import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context, type Reach } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import {
  countRuns,
  experimentFromRow,
  type ExperimentReference,
  findExperiment,
} from './experiments.ts'
import type { Experiment, Lifecycle } from './run.ts'
import type { ExperimentRow, RunsTables, RunsTransaction } from './store.ts'

/** Hides an experiment with its runs. Errors: `not_found`, `conflict` for Default. */
export async function deleteExperiment(
  ctx: Context,
  input: { project: string; experiment: ExperimentReference },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project, 'operator')
  await commit(ctx, async (change) => {
    await moveExperiment(ctx, change, reach, input.experiment, 'deleted')
  })
}

/** Brings a deleted experiment back, with the runs that were active in it. */
export async function restoreExperiment(
  ctx: Context,
  input: { project: string; experiment: ExperimentReference },
): Promise<Experiment> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project, 'operator')
  return commit(ctx, (change) => moveExperiment(ctx, change, reach, input.experiment, 'active'))
}

async function moveExperiment(
  ctx: Context,
  change: Change,
  reach: Reach,
  experiment: ExperimentReference,
  state: Lifecycle,
): Promise<Experiment> {
  const db = change.sql<RunsTables>()
  const row = await findExperiment(db, reach, experiment)
  const { project } = row
  if (row.number === 0) {
    throw new GyreError({ code: 'conflict', public: 'The experiment Default stays.' })
  }
  const now = ctx.clock()
  await moveRuns(db, row, state)
  await db
    .updateTable('experiments')
    .set({ state, updated_at: now })
    .where('project', '=', project)
    .where('number', '=', row.number)
    .execute()
  change.record({
    verb: state === 'deleted' ? 'experiment.deleted' : 'experiment.restored',
    subject: subject('experiment', String(row.number)),
    project,
    detail: { name: row.name },
  })
  const counts = await countRuns(db, project, [row.number])
  return experimentFromRow({ ...row, state, updated_at: now }, counts.get(row.number) ?? 0)
}

/** Runs go with their experiment; those that were deleted before it stay deleted. */
async function moveRuns(
  db: RunsTransaction,
  { project, number }: ExperimentRow,
  state: Lifecycle,
): Promise<void> {
  const runs = db
    .updateTable('runs')
    .where('project', '=', project)
    .where('experiment', '=', number)
  await (
    state === 'deleted'
      ? runs.set({ state, deleted_with_experiment: 1 }).where('state', '=', 'active')
      : runs.set({ state, deleted_with_experiment: 0 }).where('deleted_with_experiment', '=', 1)
  ).execute()
}
