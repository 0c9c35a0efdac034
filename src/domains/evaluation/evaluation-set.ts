import { GyreError, invalid } from '#kernel/errors'
import { type Json, type JsonObject, parseStored } from '#kernel/json'
import type { Context } from '#domains/access/index'
import {
  evaluationSetColumns,
  type EvaluationReader,
  type EvaluationRecordRow,
  type EvaluationSetRow,
  type EvaluationTransaction,
} from './store.ts'

/** Inputs with what is expected of an application, to evaluate it again and again. */
export interface EvaluationSet {
  id: string
  name: string
  digest: string
  tags: Record<string, string>
  /** The members that records have, with their types. */
  fields: JsonObject | undefined
  recordCount: number
  /** Ids. */
  experiments: string[]
  createdAt: number
  updatedAt: number
  createdBy: string | undefined
  updatedBy: string | undefined
}

export interface EvaluationRecord {
  id: string
  set: string
  inputs: JsonObject
  outputs: Json | undefined
  expectations: JsonObject | undefined
  tags: JsonObject
  source: { type: string; data: JsonObject } | undefined
  sourceId: string | undefined
  createdAt: number
  updatedAt: number
  createdBy: string | undefined
  updatedBy: string | undefined
}

/** MLflow's tag of who did it. */
export const userTag = 'mlflow.user'

export async function findSet(
  db: EvaluationReader,
  project: string,
  id: string,
): Promise<EvaluationSetRow> {
  const row = await db
    .selectFrom('evaluation_sets')
    .select(evaluationSetColumns)
    .where('project', '=', project)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row !== undefined) return row
  throw new GyreError({
    code: 'not_found',
    public: `Evaluation dataset with id '${id.slice(0, 120)}' not found`,
  })
}

/** Rows with their tags, experiments and counts, in their order. */
export async function describeSets(
  db: EvaluationReader,
  project: string,
  rows: readonly EvaluationSetRow[],
): Promise<EvaluationSet[]> {
  const ids = rows.map((row) => row.id)
  if (ids.length === 0) return []
  const tags = await db
    .selectFrom('evaluation_set_tags')
    .select(['set_id', 'key', 'value'])
    .where('project', '=', project)
    .where('set_id', 'in', ids)
    .execute()
  const experiments = await db
    .selectFrom('evaluation_set_experiments')
    .select(['set_id', 'experiment'])
    .where('project', '=', project)
    .where('set_id', 'in', ids)
    .orderBy('experiment')
    .execute()
  const counts = await db
    .selectFrom('evaluation_records')
    .select((eb) => ['set_id', eb.fn.countAll<number>().as('count')])
    .where('project', '=', project)
    .where('set_id', 'in', ids)
    .groupBy('set_id')
    .execute()
  const countOf = new Map(counts.map((row) => [row.set_id, Number(row.count)]))
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    digest: row.digest,
    tags: Object.fromEntries(
      tags.filter((tag) => tag.set_id === row.id).map(({ key, value }) => [key, value]),
    ),
    fields: row.fields === null ? undefined : parseStored<JsonObject>(row.fields),
    recordCount: countOf.get(row.id) ?? 0,
    experiments: experiments
      .filter((link) => link.set_id === row.id)
      .map((link) => String(link.experiment)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by ?? undefined,
    updatedBy: row.updated_by ?? undefined,
  }))
}

export async function describeSet(
  db: EvaluationReader,
  row: EvaluationSetRow,
): Promise<EvaluationSet> {
  const [described] = await describeSets(db, row.project, [row])
  if (described === undefined) throw new Error('one row is described as one set')
  return described
}

export function recordFromRow(row: EvaluationRecordRow): EvaluationRecord {
  const json = <T>(text: string | null): T | undefined =>
    text === null ? undefined : parseStored<T>(text)
  return {
    id: row.id,
    set: row.set_id,
    inputs: parseStored<JsonObject>(row.inputs),
    outputs: json<Json>(row.outputs),
    expectations: json<JsonObject>(row.expectations),
    tags: parseStored<JsonObject>(row.tags),
    source: json<{ type: string; data: JsonObject }>(row.source),
    sourceId: row.source_id ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    createdBy: row.created_by ?? undefined,
    updatedBy: row.updated_by ?? undefined,
  }
}

const longestKey = 250
const longestValue = 5000

/** Errors: `invalid`. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(tags)) {
    if (key === '' || key.length > longestKey || value.length > longestValue) {
      throw invalid(
        `A tag has a key of 1 to ${longestKey} and a value of at most ${longestValue} characters; ` +
          `${JSON.stringify(key.slice(0, 60))} has not.`,
      )
    }
  }
}

export async function writeTags(
  db: EvaluationTransaction,
  place: { project: string; set_id: string },
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([key, value]) => ({ ...place, key, value }))
  if (rows.length === 0) return
  await db
    .insertInto('evaluation_set_tags')
    .values(rows)
    .onConflict((c) =>
      c
        .columns(['project', 'set_id', 'key'])
        .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute()
}

/** A short name for one state of a set. */
export function newDigest(ctx: Context, name: string): string {
  return ctx.digest(`${name}:${ctx.newId()}`).slice(0, 8)
}
