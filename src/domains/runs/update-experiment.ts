import { GyreError } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { taken } from './create-experiment.ts'
import {
  checkExperimentName,
  countRuns,
  experimentFromRow,
  type ExperimentReference,
  findExperiment,
  refuseDeleted,
} from './experiments.ts'
import { checkExperimentTags } from './logged-texts.ts'
import type { Experiment } from './run.ts'
import { setMember } from './set-member.ts'
import type { ExperimentRow, RunsTables, RunsTransaction } from './store.ts'

export interface ExperimentChange {
  project: string
  experiment: ExperimentReference
  name?: string | undefined
  description?: string | undefined
  /** null removes a tag. */
  tags?: Record<string, string | null> | undefined
  /** Refuses a deleted experiment with `conflict`. */
  onlyActive?: boolean
}

/** Renames, describes or tags an experiment. Errors: `not_found`, `already_exists`, `invalid`. */
export async function updateExperiment(ctx: Context, input: ExperimentChange): Promise<Experiment> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findExperiment(db, reach, input.experiment)
    if (input.onlyActive === true) refuseDeleted(row)
    const next = changed(row, input, ctx.clock())
    await checkFree(db, next)
    await db
      .insertInto('experiments')
      .values(next)
      .onConflict((c) =>
        c.columns(['project', 'number']).doUpdateSet({
          name: next.name,
          description: next.description,
          tags: next.tags,
          updated_at: next.updated_at,
        }),
      )
      .execute()
    change.record({
      verb: 'experiment.updated',
      subject: subject('experiment', String(row.number)),
      project: input.project,
      detail: { name: next.name },
    })
    const counts = await countRuns(db, input.project, [row.number])
    return experimentFromRow(next, counts.get(row.number) ?? 0)
  })
}

async function checkFree(db: RunsTransaction, row: ExperimentRow): Promise<void> {
  const same = await db
    .selectFrom('experiments')
    .select('state')
    .where('project', '=', row.project)
    .where('name', '=', row.name)
    .where('number', '!=', row.number)
    .executeTakeFirst()
  if (same !== undefined) throw taken(row.name, same.state === 'deleted')
}

function changed(row: ExperimentRow, input: ExperimentChange, now: number): ExperimentRow {
  if (row.number === 0 && input.name !== undefined && input.name !== row.name) {
    throw new GyreError({ code: 'conflict', public: 'The experiment Default keeps its name.' })
  }
  const tags = { ...parseStored<Record<string, string>>(row.tags) }
  for (const [key, value] of Object.entries(input.tags ?? {})) {
    if (value === null) delete tags[key]
    else setMember(tags, key, checkExperimentTags({ [key]: value })[key] ?? value)
  }
  return {
    ...row,
    name: input.name === undefined ? row.name : checkExperimentName(input.name),
    description: input.description ?? row.description,
    tags: JSON.stringify(tags),
    created_at: row.created_at || now,
    updated_at: now,
  }
}
