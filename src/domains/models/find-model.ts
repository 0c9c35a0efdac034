import { notFound } from '#kernel/errors'
import {
  modelColumns,
  type ModelsReader,
  type ModelVersionRow,
  type RegisteredModelRow,
  versionColumns,
} from './store.ts'

/** Errors: `not_found`. */
export async function findModel(
  db: ModelsReader,
  project: string,
  name: string,
): Promise<RegisteredModelRow> {
  const row = await db
    .selectFrom('registered_models')
    .select(modelColumns)
    .where('project', '=', project)
    .where('name', '=', name.normalize('NFC'))
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound(
    'model',
    name.slice(0, 128),
    `Project "${project}" has others; list them with \`gyre models list\`.`,
  )
}

/** A version by number, by alias, or the `latest`. Errors: `not_found`. */
export async function findVersion(
  db: ModelsReader,
  project: string,
  model: string,
  reference: string | number,
): Promise<ModelVersionRow> {
  const { name } = await findModel(db, project, model)
  const query = db
    .selectFrom('model_versions')
    .select(versionColumns)
    .where('project', '=', project)
    .where('model', '=', name)
    .where('state', '=', 'active')
  const number = await versionNumber(db, project, name, String(reference))
  const row =
    number === undefined ? undefined : await query.where('version', '=', number).executeTakeFirst()
  if (row !== undefined) return row
  throw notFound(
    `version or alias of model ${model}`,
    String(reference).slice(0, 128),
    'Give a number, an alias, or "latest".',
  )
}

async function versionNumber(
  db: ModelsReader,
  project: string,
  model: string,
  reference: string,
): Promise<number | undefined> {
  if (/^\d{1,15}$/.test(reference)) return Number(reference)
  if (reference === 'latest') return (await latestVersion(db, project, model)) ?? undefined
  const alias = await db
    .selectFrom('model_aliases')
    .select('version')
    .where('project', '=', project)
    .where('model', '=', model)
    .where('alias', '=', reference)
    .executeTakeFirst()
  return alias?.version
}

async function latestVersion(
  db: ModelsReader,
  project: string,
  model: string,
): Promise<number | null> {
  const row = await db
    .selectFrom('model_versions')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('project', '=', project)
    .where('model', '=', model)
    .where('state', '=', 'active')
    .executeTakeFirst()
  return row?.version ?? null
}
