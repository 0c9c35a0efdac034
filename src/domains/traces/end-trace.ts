import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { describeTraces, findTrace } from './read-traces.ts'
import type { TracesTables } from './store.ts'
import { said, type TraceInfo, traceKeys, type TraceState } from './trace.ts'
import { checkTexts, writeTexts } from './write-texts.ts'

/** Ends a trace that was begun by `saveTrace`; tags and metadata are added. Errors: `not_found`, `invalid`. */
export async function endTrace(
  ctx: Context,
  input: {
    project: string
    trace: string
    endedAt: number
    state: TraceState
    tags: Readonly<Record<string, string>>
    metadata: Readonly<Record<string, string>>
  },
): Promise<TraceInfo> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  checkTexts('tag', input.tags)
  checkTexts('metadata', input.metadata)
  const { project, trace } = input
  return ctx.tables.write<TracesTables, TraceInfo>(async (db) => {
    const row = await findTrace(db, reach, trace)
    const { [traceKeys.name]: name, ...tags } = input.tags
    const ended = {
      ...row,
      state: input.state,
      duration_ms: Math.max(0, input.endedAt - row.requested_at),
      name: name ?? row.name,
      finalized: row.finalized | said.info,
    }
    await db
      .updateTable('traces')
      .set(ended)
      .where('project', '=', project)
      .where('id', '=', trace)
      .execute()
    const place = { project, trace_id: trace }
    await writeTexts(db, 'trace_tags', place, tags)
    await writeTexts(db, 'trace_metadata', place, input.metadata)
    const [described] = await describeTraces(db, project, [ended])
    if (described === undefined) throw new Error('a trace that was just written is described')
    return described
  })
}
