import { GyreError } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { findTrace } from './read-traces.ts'
import { storable } from './storable-text.ts'
import type { TracesTables } from './store.ts'
import { traceKeys } from './trace.ts'
import { checkTexts, writeTexts } from './write-texts.ts'

/** Sets a tag; the one that names the trace renames it. Errors: `not_found`, `invalid`. */
export async function setTraceTag(
  ctx: Context,
  input: { project: string; trace: string; key: string; value: string },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, trace, key, value } = input
  checkTexts('tag', { [key]: value })
  await commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    await findTrace(db, reach, trace)
    if (key === traceKeys.name) {
      await db
        .updateTable('traces')
        .set({ name: storable(value) })
        .where('project', '=', project)
        .where('id', '=', trace)
        .execute()
    } else {
      await writeTexts(db, 'trace_tags', { project, trace_id: trace }, { [key]: value })
    }
    change.record({
      verb: 'trace.tagged',
      subject: subject('trace', trace),
      project,
      detail: { key, value: value.slice(0, 250) },
    })
  })
}

/** Errors: `not_found` for the trace or the tag. */
export async function deleteTraceTag(
  ctx: Context,
  input: { project: string; trace: string; key: string },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, trace, key } = input
  await commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    const row = await findTrace(db, reach, trace)
    if (key === traceKeys.name) {
      if (row.name === null) throw noTag(key, trace)
      await db
        .updateTable('traces')
        .set({ name: null })
        .where('project', '=', project)
        .where('id', '=', trace)
        .execute()
    } else {
      const { numDeletedRows } = await db
        .deleteFrom('trace_tags')
        .where('project', '=', project)
        .where('trace_id', '=', trace)
        .where('key', '=', key)
        .executeTakeFirst()
      if (numDeletedRows === 0n) throw noTag(key, trace)
    }
    change.record({
      verb: 'trace.untagged',
      subject: subject('trace', trace),
      project,
      detail: { key },
    })
  })
}

function noTag(key: string, trace: string): GyreError {
  return new GyreError({
    code: 'not_found',
    public: `No trace tag with key '${key.slice(0, 250)}' for trace with ID '${trace}'`,
  })
}
