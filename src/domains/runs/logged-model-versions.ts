import { pythonJson } from '#kernel/dvc-manifest'
import { subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import type { Change } from '#domains/journal/index'
import type { RunsTables } from './store.ts'

/** Where MLflow's clients read which versions were registered from a logged model. */
const versionsTag = 'mlflow.modelVersions'

/** Tells a logged model, inside the caller's change, that a version was registered from it. */
export async function noteModelVersion(
  ctx: Context,
  change: Change,
  input: { project: string; loggedModel: string; name: string; version: number },
): Promise<void> {
  const db = change.sql<RunsTables>()
  const { project, loggedModel, name, version } = input
  const known = await db
    .selectFrom('logged_models')
    .leftJoin('logged_model_tags', (join) =>
      join.onRef('model_id', '=', 'id').on('key', '=', versionsTag),
    )
    .select(['id', 'value'])
    .where('id', '=', loggedModel)
    .where('project', '=', project)
    .executeTakeFirst()
  if (known === undefined) return
  const value = asPythonWrites([...versionsIn(known.value), { name, version }])
  await db
    .insertInto('logged_model_tags')
    .values({ model_id: loggedModel, key: versionsTag, value })
    .onConflict((c) => c.columns(['model_id', 'key']).doUpdateSet({ value }))
    .execute()
  await db
    .updateTable('logged_models')
    .set({ updated_at: ctx.clock() })
    .where('id', '=', loggedModel)
    .execute()
  change.record({
    verb: 'logged-model.registered',
    subject: subject('logged-model', loggedModel),
    project,
    outputs: [subject('model', name, version)],
    detail: { model: name, version },
  })
}

/** As MLflow's own server, which is written in Python, stores it: some compare it as a text. */
function asPythonWrites(versions: readonly NamedVersion[]): string {
  const items = versions.map(
    ({ name, version }) => `{"name": ${pythonJson(name)}, "version": ${version}}`,
  )
  return `[${items.join(', ')}]`
}

interface NamedVersion {
  name: string
  version: number
}

/** A client may have written anything there; what is no version is left out. */
function versionsIn(text: string | null): NamedVersion[] {
  if (text === null) return []
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.filter(isNamedVersion) : []
  } catch {
    return []
  }
}

function isNamedVersion(value: unknown): value is NamedVersion {
  const { name, version } = (value ?? {}) as { name?: unknown; version?: unknown }
  return typeof name === 'string' && Number.isSafeInteger(version)
}
