import { notFound } from '#kernel/errors'
import { parseAddress } from './address.ts'
import { findModel, findVersion } from './find-model.ts'
import { stages } from './stages.ts'
import { type ModelsReader, type ModelVersionRow, versionColumns } from './store.ts'

export type VersionReference = { model: string } & (
  | { version: string }
  | { alias: string }
  | { stage: string }
)

/**
 * Reads `models:/name/3`, `models:/name/latest`, `models:/name/Production`, `models:/name@alias` or
 * `models:/m-…`. Undefined for anything else.
 */
export function modelReference(
  text: string,
): VersionReference | { loggedModel: string } | undefined {
  const { scheme, path } = parseAddress(text)
  if (scheme !== 'models' || !path.startsWith('/')) return undefined
  const [name = '', suffix, ...more] = path.replace(/^\/+/, '').split('/')
  if (name.trim() === '' || more.length > 0) return undefined
  if (suffix !== undefined) {
    if (/^\d+$/.test(suffix) || suffix.toLowerCase() === 'latest') {
      return { model: name, version: suffix.toLowerCase() }
    }
    return suffix.trim() === '' ? undefined : { model: name, stage: suffix }
  }
  const at = name.lastIndexOf('@')
  if (at < 0) return { loggedModel: name }
  const alias = name.slice(at + 1)
  return alias.trim() === '' ? undefined : { model: name.slice(0, at), alias }
}

/** The version that a reference means now. Errors: `not_found`. */
export async function findReferenced(
  db: ModelsReader,
  project: string,
  reference: VersionReference,
): Promise<ModelVersionRow> {
  if ('version' in reference) return findVersion(db, project, reference.model, reference.version)
  if ('alias' in reference) return findVersion(db, project, reference.model, reference.alias)
  const { name } = await findModel(db, project, reference.model)
  const wanted = reference.stage.toLowerCase()
  const row = await db
    .selectFrom('model_versions')
    .select(versionColumns)
    .where('project', '=', project)
    .where('model', '=', name)
    .where('state', '=', 'active')
    .where('stage', '=', stages.find((stage) => stage.toLowerCase() === wanted) ?? '')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw notFound(`version of model ${name} in stage`, reference.stage.slice(0, 100))
}
