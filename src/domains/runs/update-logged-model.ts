import { notFound } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import {
  describeLoggedModel,
  findLoggedModel,
  type LoggedModel,
  type LoggedModelStatus,
} from './logged-model.ts'
import { writeLoggedTexts } from './logged-model-texts.ts'
import type { LoggedModelRow } from './logged-model-rows.ts'
import type { RunsTables } from './store.ts'

interface LoggedModelAddress {
  project: string
  model: string
}

/** Says how logging the model ended. Errors: `not_found`. */
export async function finalizeLoggedModel(
  ctx: Context,
  input: LoggedModelAddress & { status: LoggedModelStatus },
): Promise<LoggedModel> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findLoggedModel(db, reach, input.model)
    const next = { ...row, status: input.status, updated_at: ctx.clock() }
    await writeState(change, next)
    change.record({
      verb: `logged-model.${input.status}`,
      subject: subject('logged-model', row.id),
      project: input.project,
      detail: { name: row.name },
    })
    return describeLoggedModel(db, next)
  })
}

/** Hides a logged model from searches. Doing it again changes nothing. Errors: `not_found`. */
export async function deleteLoggedModel(ctx: Context, input: LoggedModelAddress): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project, 'operator')
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findLoggedModel(db, reach, input.model)
    if (row.state === 'deleted') return
    await writeState(change, { ...row, state: 'deleted', updated_at: ctx.clock() })
    change.record({
      verb: 'logged-model.deleted',
      subject: subject('logged-model', row.id),
      project: input.project,
      detail: { name: row.name },
    })
  })
}

async function writeState(change: Change, row: LoggedModelRow): Promise<void> {
  const { status, state, updated_at } = row
  await change
    .sql<RunsTables>()
    .updateTable('logged_models')
    .set({ status, state, updated_at })
    .where('id', '=', row.id)
    .execute()
}

/**
 * Logs parameters and tags of a logged model; parameters never change, of tags the last value wins.
 * Errors: `not_found`, `invalid`.
 */
export async function logToLoggedModel(
  ctx: Context,
  input: LoggedModelAddress & {
    params?: Readonly<Record<string, string>> | undefined
    tags?: Readonly<Record<string, string>> | undefined
  },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findLoggedModel(db, reach, input.model)
    const { params = {}, tags = {} } = input
    await writeLoggedTexts(db, 'logged_model_params', row.id, params)
    await writeLoggedTexts(db, 'logged_model_tags', row.id, tags)
    change.record({
      verb: 'logged-model.logged',
      subject: subject('logged-model', row.id),
      project: input.project,
      detail: { params: { ...params }, tags: { ...tags } },
    })
  })
}

/** Removes a tag. Errors: `not_found` for the model and for a tag that it does not have. */
export async function removeLoggedModelTag(
  ctx: Context,
  input: LoggedModelAddress & { key: string },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    const row = await findLoggedModel(db, reach, input.model)
    const removed = await db
      .deleteFrom('logged_model_tags')
      .where('model_id', '=', row.id)
      .where('key', '=', input.key)
      .returning('key')
      .executeTakeFirst()
    if (removed === undefined) {
      throw notFound(`tag of logged model ${row.id}`, input.key.slice(0, 250))
    }
    change.record({
      verb: 'logged-model.logged',
      subject: subject('logged-model', row.id),
      project: input.project,
      detail: { removedTags: [input.key] },
    })
  })
}
