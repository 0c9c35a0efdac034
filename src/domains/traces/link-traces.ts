import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { getRun } from '#domains/runs/index'
import { findTrace } from './read-traces.ts'
import type { TracesTables, TracesTransaction } from './store.ts'
import { isTraceId } from './trace.ts'

const mostLinks = 100

/**
 * Links traces to a run, also such as are still under way: clients export them in the background.
 * Errors: `invalid`, `not_found` (run).
 */
export async function linkTracesToRun(
  ctx: Context,
  input: { project: string; traces: readonly string[]; run: string },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, run, traces } = input
  if (traces.length > mostLinks) {
    throw invalid(
      `Cannot link more than ${mostLinks} traces to a run in a single request. ` +
        `Provided ${traces.length} traces.`,
    )
  }
  const wrong = traces.find((id) => !isTraceId(id))
  if (wrong !== undefined) throw invalid(`${JSON.stringify(wrong.slice(0, 60))} is not a trace id.`)
  if (traces.length === 0) return
  reach.require((await getRun(ctx, { project, run })).experiment)
  await commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    const added = await linkTraces(db, project, [...new Set(traces)], 'run', [run])
    if (added === 0) return
    change.record({
      verb: 'trace.linked',
      subject: subject('run', run),
      project,
      detail: { traces: added },
    })
  })
}

/** Says which prompt versions a trace was made with. Errors: `not_found`, `invalid`. */
export async function linkPromptsToTrace(
  ctx: Context,
  input: { project: string; trace: string; prompts: readonly { name: string; version: string }[] },
): Promise<void> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const { project, trace } = input
  const targets = input.prompts.map(({ name, version }) => `${name}/${version}`)
  if (targets.length === 0) return
  await commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    await findTrace(db, reach, trace)
    const added = await linkTraces(db, project, [trace], 'prompt', targets)
    if (added === 0) return
    change.record({
      verb: 'trace.linked',
      subject: subject('trace', trace),
      project,
      detail: { prompts: targets },
    })
  })
}

/** Gives how many links are new. */
export async function linkTraces(
  db: TracesTransaction,
  project: string,
  traces: readonly string[],
  kind: 'run' | 'prompt',
  targets: readonly string[],
): Promise<number> {
  const rows = traces.flatMap((trace_id) =>
    [...new Set(targets)].map((target) => ({ project, trace_id, kind, target })),
  )
  if (rows.length === 0) return 0
  const results = await db
    .insertInto('trace_links')
    .values(rows)
    .onConflict((c) => c.doNothing())
    .execute()
  return Number(results[0]?.numInsertedOrUpdatedRows ?? 0)
}
