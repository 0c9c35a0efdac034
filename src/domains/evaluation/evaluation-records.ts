import { invalid } from '#kernel/errors'
import { canonicalJson, type Json, type JsonObject, parseStored } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import {
  type EvaluationRecord,
  findSet,
  newDigest,
  recordFromRow,
  userTag,
} from './evaluation-set.ts'
import { mergeFields } from './record-fields.ts'
import {
  evaluationRecordColumns,
  type EvaluationRecordRow,
  type EvaluationTables,
  type EvaluationTransaction,
  readEvaluation,
} from './store.ts'

export interface NewEvaluationRecord {
  inputs: JsonObject
  outputs?: Json | undefined
  expectations?: JsonObject | undefined
  tags?: JsonObject | undefined
  source?: { type: string; data: JsonObject } | undefined
}

interface Place {
  project: string
  set: string
}

/**
 * Adds records. One with the inputs of a record that is there changes that one: outputs are replaced,
 * expectations and tags added. Errors: `not_found`, `invalid`.
 */
export async function upsertEvaluationRecords(
  ctx: Context,
  input: Place & { records: readonly NewEvaluationRecord[] },
): Promise<{ inserted: number; updated: number }> {
  authorize(ctx, 'editor', input.project)
  const { project, set, records } = input
  const digests = records.map((record) => ctx.digest(canonicalJson(record.inputs)))
  return commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const row = await findSet(db, project, set)
    const known = await findByDigest(db, input, digests)
    const before = known.size
    const written = new Map<string, EvaluationRecordRow>()
    let updated = 0
    for (const [i, record] of records.entries()) {
      const digest = digests[i] ?? ''
      const there = known.get(digest)
      if (there !== undefined) updated++
      const next =
        there === undefined ? newRow(ctx, input, record, digest) : mergedRow(ctx, there, record)
      known.set(digest, next)
      written.set(digest, next)
    }
    await writeRows(db, [...written.values()])
    const user = records.flatMap((record) => userOf(record) ?? []).at(-1) ?? null
    await db
      .updateTable('evaluation_sets')
      .set({
        updated_at: ctx.clock(),
        updated_by: user,
        digest: newDigest(ctx, row.name),
        fields: JSON.stringify(
          mergeFields(row.fields === null ? undefined : parseStored(row.fields), records),
        ),
      })
      .where('project', '=', project)
      .where('id', '=', set)
      .execute()
    const inserted = known.size - before
    change.record({
      verb: 'evaluation-set.filled',
      subject: subject('evaluation-set', set),
      project,
      detail: { name: row.name, inserted, updated },
    })
    return { inserted, updated }
  })
}

async function findByDigest(
  db: EvaluationTransaction,
  { project, set }: Place,
  digests: readonly string[],
): Promise<Map<string, EvaluationRecordRow>> {
  const found = new Map<string, EvaluationRecordRow>()
  const all = [...new Set(digests)]
  for (let at = 0; at < all.length; at += 500) {
    const rows = await db
      .selectFrom('evaluation_records')
      .select(evaluationRecordColumns)
      .where('project', '=', project)
      .where('set_id', '=', set)
      .where('input_digest', 'in', all.slice(at, at + 500))
      .execute()
    for (const row of rows) found.set(row.input_digest, row)
  }
  return found
}

function newRow(
  ctx: Context,
  { project, set }: Place,
  record: NewEvaluationRecord,
  digest: string,
): EvaluationRecordRow {
  const now = ctx.clock()
  const user = userOf(record) ?? null
  return {
    project,
    set_id: set,
    id: `dr-${ctx.newId()}`,
    input_digest: digest,
    inputs: JSON.stringify(record.inputs),
    outputs: record.outputs === undefined ? null : JSON.stringify(record.outputs),
    expectations: record.expectations === undefined ? null : JSON.stringify(record.expectations),
    tags: JSON.stringify(record.tags ?? {}),
    source: record.source === undefined ? null : JSON.stringify(record.source),
    source_id: sourceIdOf(record) ?? null,
    created_at: now,
    updated_at: now,
    created_by: user,
    updated_by: user,
  }
}

function mergedRow(
  ctx: Context,
  row: EvaluationRecordRow,
  { outputs, expectations, tags, ...record }: NewEvaluationRecord,
): EvaluationRecordRow {
  const expected = row.expectations === null ? {} : parseStored<JsonObject>(row.expectations)
  return {
    ...row,
    outputs: outputs === undefined ? row.outputs : JSON.stringify(outputs),
    expectations:
      expectations === undefined
        ? row.expectations
        : JSON.stringify({ ...expected, ...expectations }),
    tags: JSON.stringify({ ...parseStored<JsonObject>(row.tags), ...tags }),
    updated_at: ctx.clock(),
    updated_by: userOf({ ...record, tags }) ?? row.updated_by,
  }
}

async function writeRows(
  db: EvaluationTransaction,
  rows: readonly EvaluationRecordRow[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += 500) {
    await db
      .insertInto('evaluation_records')
      .values(rows.slice(at, at + 500))
      .onConflict((c) =>
        c.columns(['project', 'set_id', 'id']).doUpdateSet((eb) => ({
          outputs: eb.ref('excluded.outputs'),
          expectations: eb.ref('excluded.expectations'),
          tags: eb.ref('excluded.tags'),
          updated_at: eb.ref('excluded.updated_at'),
          updated_by: eb.ref('excluded.updated_by'),
        })),
      )
      .execute()
  }
}

/** Records in the order in which they were added. Errors: `not_found`, `invalid` (token). */
export async function listEvaluationRecords(
  ctx: Context,
  input: Place & { limit: number; pageToken?: string | undefined },
): Promise<{ items: EvaluationRecord[]; nextPageToken?: string }> {
  authorize(ctx, 'viewer', input.project)
  const { project, set, limit } = input
  const db = readEvaluation(ctx)
  await findSet(db, project, set)
  const all = db
    .selectFrom('evaluation_records')
    .select(evaluationRecordColumns)
    .where('project', '=', project)
    .where('set_id', '=', set)
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit + 1)
  const after = placeAfter(input.pageToken)
  const rows = await (
    after === undefined
      ? all
      : all.where((eb) =>
          eb.or([
            eb('created_at', '>', after.at),
            eb.and([eb('created_at', '=', after.at), eb('id', '>', after.id)]),
          ]),
        )
  ).execute()
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const items = page.map(recordFromRow)
  return rows.length <= limit || last === undefined
    ? { items }
    : { items, nextPageToken: btoa(`${last.created_at}:${last.id}`) }
}

function placeAfter(token: string | undefined): { at: number; id: string } | undefined {
  if (token === undefined || token === '') return undefined
  const parts = /^(\d{1,15}):(dr-[0-9a-f]+)$/.exec(decoded(token))
  if (parts === null) {
    throw invalid('The page token is not one that was given. Ask for the first page again.')
  }
  return { at: Number(parts[1]), id: parts[2] ?? '' }
}

function decoded(token: string): string {
  try {
    return atob(token)
  } catch {
    return ''
  }
}

/** Gives how many were there. Errors: `not_found` (set). */
export async function deleteEvaluationRecords(
  ctx: Context,
  input: Place & { records: readonly string[] },
): Promise<number> {
  authorize(ctx, 'editor', input.project)
  const { project, set, records } = input
  return commit(ctx, async (change) => {
    const db = change.sql<EvaluationTables>()
    const row = await findSet(db, project, set)
    let deleted = 0
    for (let at = 0; at < records.length; at += 500) {
      const { numDeletedRows } = await db
        .deleteFrom('evaluation_records')
        .where('project', '=', project)
        .where('set_id', '=', set)
        .where('id', 'in', records.slice(at, at + 500))
        .executeTakeFirstOrThrow()
      deleted += Number(numDeletedRows)
    }
    if (deleted === 0) return 0
    change.record({
      verb: 'evaluation-set.thinned',
      subject: subject('evaluation-set', set),
      project,
      detail: { name: row.name, deleted },
    })
    return deleted
  })
}

function userOf({ tags }: Pick<NewEvaluationRecord, 'tags'>): string | undefined {
  const user = tags?.[userTag]
  return typeof user === 'string' ? user : undefined
}

function sourceIdOf({ source }: NewEvaluationRecord): string | undefined {
  const id = source?.data[source.type === 'TRACE' ? 'trace_id' : 'source_id']
  return typeof id === 'string' ? id : undefined
}
