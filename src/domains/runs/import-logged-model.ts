import { GyreError, invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { below } from './artifact-place.ts'
import { findExperiment, locationOf } from './experiments.ts'
import { writeImported } from './imported-items.ts'
import { loggedModelColumns, type LoggedModelRow } from './logged-model-rows.ts'
import type { LoggedModelStatus } from './logged-model.ts'
import { writeLoggedTexts } from './logged-model-texts.ts'
import type { Lifecycle } from './run.ts'
import type { RunsTables, RunsTransaction } from './store.ts'

/** A logged model of another tracking server, with its own id, author and times. */
export interface ImportedLoggedModel {
  project: string
  id: string
  /** The number that its experiment has here. */
  experiment: number
  name: string
  /** Empty: its files come here. */
  artifactLocation: string
  modelType: string
  sourceRun: string
  user: string
  status: LoggedModelStatus
  statusMessage: string
  state: Lifecycle
  createdAt: number
  updatedAt: number
  params: Record<string, string>
  tags: Record<string, string>
  /** Set once its files are here, too. */
  fingerprint?: string | undefined
  source: string
}

/**
 * Brings a logged model; the same again changes nothing. Gives where its files are, or go. Errors:
 * `invalid` (id, a changed parameter), `not_found` (experiment), `already_exists` (another project's).
 */
export async function importLoggedModel(
  ctx: Context,
  input: ImportedLoggedModel,
): Promise<{ artifactLocation: string }> {
  const reach = authorizeOnExperiments(ctx, 'admin', input.project)
  if (!/^m-[0-9a-f]{32}$/.test(input.id)) {
    throw invalid(`${JSON.stringify(input.id)} is no id of a logged model: m- and 32 hex digits.`)
  }
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const experiment = await findExperiment(db, reach, { id: String(input.experiment) })
    const location = below(locationOf(experiment), `models/${input.id}/artifacts`)
    const row = rowOf(input, input.artifactLocation || location)
    await checkOwner(db, row)
    await db
      .insertInto('logged_models')
      .values(row)
      .onConflict((c) => c.column('id').doUpdateSet(row))
      .execute()
    await writeLoggedTexts(db, 'logged_model_params', row.id, input.params)
    await writeLoggedTexts(db, 'logged_model_tags', row.id, input.tags)
    if (input.fingerprint !== undefined) {
      await writeImported(ctx, db, {
        project: input.project,
        kind: 'logged-model',
        sourceId: row.id,
        targetId: row.id,
        fingerprint: input.fingerprint,
      })
      change.record({
        verb: 'logged-model.imported',
        subject: subject('logged-model', row.id),
        project: input.project,
        inputs: await madeBy(db, row),
        detail: { name: row.name, source: input.source },
      })
    }
    return { artifactLocation: row.artifact_location }
  })
}

function rowOf(input: ImportedLoggedModel, location: string): LoggedModelRow {
  return {
    id: input.id,
    project: input.project,
    experiment: input.experiment,
    name: input.name,
    artifact_location: location,
    model_type: input.modelType,
    source_run_id: input.sourceRun || null,
    status: input.status,
    status_message: input.statusMessage || null,
    state: input.state,
    created_at: input.createdAt,
    created_by: input.user,
    updated_at: input.updatedAt,
  }
}

async function checkOwner(db: RunsTransaction, row: LoggedModelRow): Promise<void> {
  const known = await db
    .selectFrom('logged_models')
    .select(loggedModelColumns)
    .where('id', '=', row.id)
    .executeTakeFirst()
  if (known === undefined || known.project === row.project) return
  throw new GyreError({
    code: 'already_exists',
    public: `The logged model ${row.id} is in the project "${known.project}" already. Import into that one.`,
  })
}

async function madeBy(db: RunsTransaction, row: LoggedModelRow) {
  if (row.source_run_id === null) return []
  const run = await db
    .selectFrom('runs')
    .select('id')
    .where('id', '=', row.source_run_id)
    .where('project', '=', row.project)
    .executeTakeFirst()
  return run === undefined ? [] : [subject('run', run.id)]
}
