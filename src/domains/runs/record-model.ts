import { type JsonObject, parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findRun } from './read-run.ts'
import { refuseDeleted } from './run-artifacts.ts'
import type { RunsTables } from './store.ts'
import { writeTags } from './write-texts.ts'

/** Where MLflow's clients before version 3 list the models that a run logged. */
const historyTag = 'mlflow.log-model.history'

/** Adds a model to those that the run says it logged. Errors: `not_found`, `conflict` (deleted run). */
export async function recordModel(
  ctx: Context,
  input: { project: string; run: string; model: JsonObject },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, run, model } = input
  await commit(ctx, async (change) => {
    const db = change.sql<RunsTables>()
    refuseDeleted(await findRun(db, reach, run))
    const known = await db
      .selectFrom('run_tags')
      .select('value')
      .where('run_id', '=', run)
      .where('key', '=', historyTag)
      .executeTakeFirst()
    const models = known === undefined ? [] : parseModels(known.value)
    await writeTags(db, run, { [historyTag]: JSON.stringify([...models, model]) })
    change.record({
      verb: 'run.logged',
      subject: subject('run', run),
      project,
      detail: { model },
    })
  })
}

/** Somebody may have written the tag by hand. */
function parseModels(text: string): unknown[] {
  try {
    const value = parseStored<unknown>(text)
    return Array.isArray(value) ? value : [value]
  } catch {
    return []
  }
}
