import { GyreError, invalid } from '#kernel/errors'
import { type Subject, subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { below } from './artifact-place.ts'
import { findExperiment, locationOf } from './experiments.ts'
import { describeLoggedModel, type LoggedModel } from './logged-model.ts'
import { writeLoggedTexts } from './logged-model-texts.ts'
import { runName } from './run-name.ts'
import type { RunsTables, RunsTransaction } from './store.ts'

export interface NewLoggedModel {
  project: string
  /** By its number. */
  experiment: string
  name?: string | undefined
  modelType?: string | undefined
  sourceRun?: string | undefined
  params?: Readonly<Record<string, string>> | undefined
  tags?: Readonly<Record<string, string>> | undefined
}

/**
 * Makes a logged model, `pending` until it is finalised, with a place for its files. Errors:
 * `not_found` (experiment), `conflict` (deleted experiment), `invalid` (name, keys).
 */
export async function createLoggedModel(ctx: Context, input: NewLoggedModel): Promise<LoggedModel> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project } = input
  if (input.name !== undefined) checkLoggedModelName(input.name)
  const id = `m-${ctx.newId()}`
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const experiment = await findExperiment(db, reach, { id: input.experiment })
    if (experiment.state === 'deleted') throw deletedExperiment(experiment.number)
    const made = await madeBy(db, project, input.sourceRun)
    const now = ctx.clock()
    const row = {
      id,
      project,
      experiment: experiment.number,
      name: input.name ?? runName(id.slice(2)),
      artifact_location: below(locationOf(experiment), `models/${id}/artifacts`),
      model_type: input.modelType ?? '',
      source_run_id: input.sourceRun ?? null,
      status: 'pending',
      status_message: null,
      state: 'active',
      created_at: now,
      created_by: ctx.principal.name,
      updated_at: now,
    }
    await db.insertInto('logged_models').values(row).execute()
    await writeLoggedTexts(db, 'logged_model_params', id, input.params ?? {})
    await writeLoggedTexts(db, 'logged_model_tags', id, input.tags ?? {})
    change.record({
      verb: 'logged-model.created',
      subject: subject('logged-model', id),
      project,
      inputs: made,
      detail: { name: row.name, experiment: experiment.name, modelType: row.model_type },
    })
    return describeLoggedModel(db, row)
  })
}

const refused = ['/', ':', '.', '%', '"', "'"]

function checkLoggedModelName(name: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const bad = refused.some((char) => name.includes(char)) || /[\u0000-\u001f\u007f]/.test(name)
  if (name !== '' && name.length <= 500 && !bad) return
  throw invalid(
    `Invalid model name ('${name.slice(0, 200)}') provided. Model name must be a non-empty string and ` +
      `cannot contain the following characters: ('/', ':', '.', '%', '"', "'"). It has at most 500 characters.`,
  )
}

function deletedExperiment(number: number): GyreError {
  return new GyreError({
    code: 'conflict',
    public: `The experiment ${number} must be in the 'active' state. Current state is deleted.`,
  })
}

/** A run that is not here may be another server's: its id is kept, but it is no cause. */
async function madeBy(
  db: RunsTransaction,
  project: string,
  run: string | undefined,
): Promise<Subject[]> {
  if (run === undefined) return []
  const row = await db
    .selectFrom('runs')
    .select('id')
    .where('id', '=', run)
    .where('project', '=', project)
    .executeTakeFirst()
  return row === undefined ? [] : [subject('run', row.id)]
}
