import { type RawBuilder, type SqlBool, sql } from 'kysely'
import { invalid } from '#kernel/errors'
import type { Comparison, Grammar } from '#kernel/filter/grammar'
import { parseFilter } from '#kernel/filter/parse-filter'
import { parseOrder } from '#kernel/filter/parse-order'
import { offsetOf } from '#kernel/page-token'
import { authorizeOnModels, type Context, modelsWithin } from '#domains/access/index'
import { compareSql } from '#domains/runs/index'
import { describeModels, describeVersions } from './describe-models.ts'
import type { Model, ModelVersion } from './model.ts'
import { type Page, type PageQuery, pageFrom } from './page.ts'
import { modelGrammar, type RegistryEntity, versionGrammar } from './registry-grammar.ts'
import { promptTag } from './registry-tags.ts'
import {
  modelColumns,
  type ModelVersionRow,
  scanModels,
  type RegisteredModelRow,
  versionColumns,
} from './store.ts'

export interface RegistrySearch extends PageQuery {
  project: string
  /** In MLflow's language: `name LIKE 'late%' AND tags.team = 'a'`. */
  filter: string
  orderBy?: readonly string[] | undefined
}

type Condition = RawBuilder<SqlBool>

/**
 * Registered models that match a filter, by name unless asked otherwise. Prompts are among them only
 * when the filter asks for prompts. Errors: `invalid`.
 */
export async function searchModels(ctx: Context, input: RegistrySearch): Promise<Page<Model>> {
  const reach = authorizeOnModels(ctx, 'viewer', input.project)
  const found: Found = { table: 'registered_models', name: 'name', tags: 'model_tags' }
  const where = [...conditionsOf(found, modelGrammar, input), ...modelsWithin(reach, 'found.name')]
  const order = [...orderOf(found, modelGrammar, input.orderBy ?? []), sql`found.name`]
  const offset = offsetOf(input.pageToken)
  const db = scanModels(ctx)
  const { rows } = await sql<RegisteredModelRow>`
    select ${columnsOf(modelColumns)} from registered_models as found
    where ${sql.join(where, sql` and `)} order by ${sql.join(order)}
    limit ${input.limit + 1} offset ${offset}`.execute(db)
  const page = pageFrom(rows, offset, input.limit)
  return { ...page, items: await describeModels(db, page.items) }
}

/**
 * Versions that match a filter, the last changed first unless asked otherwise; prompts' only when
 * the filter asks for prompts. Errors: `invalid`.
 */
export async function searchVersions(
  ctx: Context,
  input: RegistrySearch,
): Promise<Page<ModelVersion>> {
  const reach = authorizeOnModels(ctx, 'viewer', input.project)
  const found: Found = { table: 'model_versions', name: 'model', tags: 'version_tags' }
  const where = [
    ...conditionsOf(found, versionGrammar, input),
    ...modelsWithin(reach, 'found.model'),
    sql`found.state = 'active'`,
  ]
  const given = orderOf(found, versionGrammar, input.orderBy ?? [])
  const order = [
    ...(given.length === 0 ? [sql`found.updated_at desc`] : given),
    sql`found.model`,
    sql`found.version desc`,
  ]
  const offset = offsetOf(input.pageToken)
  const db = scanModels(ctx)
  const { rows } = await sql<ModelVersionRow>`
    select ${columnsOf(versionColumns)} from model_versions as found
    where ${sql.join(where, sql` and `)} order by ${sql.join(order)}
    limit ${input.limit + 1} offset ${offset}`.execute(db)
  const page = pageFrom(rows, offset, input.limit)
  return { ...page, items: await describeVersions(db, page.items) }
}

interface Found {
  table: string
  /** Its column that names the model. */
  name: 'name' | 'model'
  tags: 'model_tags' | 'version_tags'
}

function columnsOf(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(`found.${column}`)))
}

function conditionsOf(
  found: Found,
  grammar: Grammar<RegistryEntity>,
  { project, filter }: RegistrySearch,
): Condition[] {
  const comparisons = parseFilter(grammar, filter)
  const prompts = comparisons.some(asksForPrompts)
  // That something is no prompt cannot be asked of its tags: models do not have that one.
  const others = comparisons.filter((c) => prompts || !isPromptComparison(c))
  return [
    sql<SqlBool>`found.project = ${project}`,
    ...others.map((comparison) => conditionOf(found, project, comparison)),
    ...(prompts ? [] : [noPrompt(found, project)]),
  ]
}

function isPromptComparison({ entity, key }: Comparison<RegistryEntity>): boolean {
  return entity === 'tag' && key === promptTag
}

function asksForPrompts(comparison: Comparison<RegistryEntity>): boolean {
  if (!isPromptComparison(comparison)) return false
  const value = String(comparison.value).toLowerCase()
  const { comparator } = comparison
  return (comparator === '=' && value === 'true') || (comparator === '!=' && value === 'false')
}

function noPrompt({ name, tags }: Found, project: string): Condition {
  return sql<SqlBool>`${sql.ref(`found.${name}`)} not in (select model from ${sql.table(tags)}
    where project = ${project} and key = ${promptTag} and value = 'true')`
}

function conditionOf(
  { name, tags }: Found,
  project: string,
  comparison: Comparison<RegistryEntity>,
): Condition {
  const { entity, key, value } = comparison
  if (entity === 'attribute') {
    if (typeof value === 'number' && !Number.isInteger(value)) {
      throw invalid(`Invalid value for numeric attribute '${key}': ${value}`)
    }
    return compareSql(sql.ref(`found.${key}`), comparison.comparator, value)
  }
  const compared = compareSql(sql.ref('tagged.value'), comparison.comparator, value)
  const same = tags === 'version_tags' ? sql`and tagged.version = found.version` : sql.raw('')
  return sql<SqlBool>`exists (select 1 from ${sql.table(tags)} as tagged
    where tagged.project = ${project} and tagged.model = ${sql.ref(`found.${name}`)} ${same}
      and tagged.key = ${key} and ${compared})`
}

function orderOf(
  { name }: Found,
  grammar: Grammar<RegistryEntity>,
  orderBy: readonly string[],
): RawBuilder<unknown>[] {
  return parseOrder(grammar, orderBy).map(({ entity, key, ascending }) => {
    if (entity !== 'attribute')
      throw invalid(
        `Invalid order_by entity: ${entity}. It is ordered by attributes only, such as ${name}.`,
      )
    return sql`${sql.ref(`found.${key}`)} ${sql.raw(ascending ? 'asc' : 'desc')}`
  })
}
