import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeCreation, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { checkExperimentName, experimentFromRow, insertExperiment } from './experiments.ts'
import { checkExperimentTags } from './logged-texts.ts'
import type { Experiment } from './run.ts'
import type { RunsTables } from './store.ts'

/** Creates an experiment. Errors: `already_exists`, also when the one of that name is deleted. */
export async function createExperiment(
  ctx: Context,
  input: {
    project: string
    name: string
    description?: string | undefined
    tags?: Record<string, string> | undefined
    /** Default: in this server. */
    artifactLocation?: string | undefined
  },
): Promise<Experiment> {
  authorizeCreation(ctx, input.project)
  const name = checkExperimentName(input.name)
  const tags = checkExperimentTags(input.tags ?? {})
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const same = await db
      .selectFrom('experiments')
      .select(['state'])
      .where('project', '=', input.project)
      .where('name', '=', name)
      .executeTakeFirst()
    if (same !== undefined || name === 'Default') throw taken(name, same?.state === 'deleted')
    const row = await insertExperiment(ctx, change, {
      project: input.project,
      name,
      description: input.description ?? '',
      tags,
      artifactLocation: input.artifactLocation ?? '',
    })
    change.record({
      verb: 'experiment.created',
      subject: subject('experiment', String(row.number)),
      project: input.project,
      detail: { name },
    })
    return experimentFromRow(row, 0)
  })
}

/** Another experiment, or a deleted one, has that name. */
export function taken(name: string, deleted: boolean): GyreError {
  const hint = deleted ? ' It is deleted: restore it, or choose another name.' : ''
  return new GyreError({
    code: 'already_exists',
    public: `Experiment(name=${name}) already exists.${hint}`,
  })
}
