import { type SqlBool, sql } from 'kysely'
import { offsetOf } from '#kernel/page-token'
import { authorizeOnModels, type Context, modelsWithin } from '#domains/access/index'
import {
  describeModel,
  describeModels,
  describeVersion,
  describeVersions,
} from './describe-models.ts'
import { authorizeModel } from './authorize-model.ts'
import { findModel, findVersion } from './find-model.ts'
import type { Model, ModelVersion } from './model.ts'
import { type Page, type PageQuery, pageFrom } from './page.ts'
import { modelColumns, readModels, versionColumns } from './store.ts'

/** Registered models by name. */
export async function listModels(
  ctx: Context,
  input: { project: string } & PageQuery,
): Promise<Page<Model>> {
  const reach = authorizeOnModels(ctx, 'viewer', input.project)
  const db = readModels(ctx)
  const offset = offsetOf(input.pageToken)
  const rows = await db
    .selectFrom('registered_models')
    .select(modelColumns)
    .where('project', '=', input.project)
    .where(sql<SqlBool>`${sql.join([sql`1 = 1`, ...modelsWithin(reach, 'name')], sql` and `)}`)
    .orderBy('name')
    .limit(input.limit + 1)
    .offset(offset)
    .execute()
  const page = pageFrom(rows, offset, input.limit)
  return { ...page, items: await describeModels(db, page.items) }
}

/** A registered model. Errors: `not_found`. */
export async function getModel(
  ctx: Context,
  input: { project: string; model: string },
): Promise<Model> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  return describeModel(db, await findModel(db, input.project, input.model))
}

/** Versions of a model, newest first. Errors: `not_found` for the model. */
export async function listVersions(
  ctx: Context,
  input: { project: string; model: string } & PageQuery,
): Promise<Page<ModelVersion>> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const { name } = await findModel(db, input.project, input.model)
  const offset = offsetOf(input.pageToken)
  const rows = await db
    .selectFrom('model_versions')
    .select(versionColumns)
    .where('project', '=', input.project)
    .where('model', '=', name)
    .where('state', '=', 'active')
    .orderBy('version', 'desc')
    .limit(input.limit + 1)
    .offset(offset)
    .execute()
  const page = pageFrom(rows, offset, input.limit)
  return { ...page, items: await describeVersions(db, page.items) }
}

/** A version by number, alias or `latest`. Errors: `not_found`. */
export async function getVersion(
  ctx: Context,
  input: { project: string; model: string; version: string | number },
): Promise<ModelVersion> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  return describeVersion(db, await findVersion(db, input.project, input.model, input.version))
}
