import { invalid } from '#kernel/errors'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { requireExperiment } from './require-experiment.ts'
import type { TracesTables, TracesTransaction } from './store.ts'

export interface TraceDeletion {
  project: string
  experiment: string
  /** Traces that began at this instant or before, in milliseconds. */
  until?: number | undefined
  /** So many at most, the oldest first. */
  most?: number | undefined
  traces?: readonly string[] | undefined
}

/**
 * Deletes traces for good, with their spans and assessments; gives how many. Either an instant, with
 * or without a number, or the ids are given. Errors: `invalid`, `not_found` (experiment).
 */
export async function deleteTraces(ctx: Context, input: TraceDeletion): Promise<number> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project, 'operator')
  checkChoice(input)
  const experiment = await requireExperiment(ctx, reach, input.experiment)
  return commit(ctx, async (change) => {
    const db = change.sql<TracesTables>()
    const ids = await choose(db, input, Number(experiment.id))
    if (ids.length === 0) return 0
    for (let at = 0; at < ids.length; at += 500) {
      await deleteSome(db, input.project, ids.slice(at, at + 500))
    }
    change.record({
      verb: 'trace.deleted',
      subject: subject('experiment', experiment.id),
      project: input.project,
      detail: { traces: ids.length, first: ids.slice(0, 100) },
    })
    return ids.length
  })
}

function checkChoice({ until, most, traces = [] }: TraceDeletion): void {
  if (until === undefined && traces.length === 0) {
    throw invalid('Either `max_timestamp_millis` or `trace_ids` must be specified.')
  }
  if (until !== undefined && traces.length > 0) {
    throw invalid('Only one of `max_timestamp_millis` and `trace_ids` can be specified.')
  }
  if (most !== undefined && traces.length > 0) {
    throw invalid("`max_traces` can't be specified if `trace_ids` is specified.")
  }
  if (most !== undefined && most <= 0) {
    throw invalid(`\`max_traces\` must be a positive integer, received ${most}.`)
  }
}

async function choose(
  db: TracesTransaction,
  { project, until, most, traces = [] }: TraceDeletion,
  experiment: number,
): Promise<string[]> {
  const own = db
    .selectFrom('traces')
    .select('id')
    .where('project', '=', project)
    .where('experiment', '=', experiment)
    .orderBy('requested_at')
    .orderBy('id')
  if (until !== undefined) {
    const old = own.where('requested_at', '<=', until)
    const rows = await (most === undefined ? old : old.limit(most)).execute()
    return rows.map((row) => row.id)
  }
  const found: string[] = []
  for (let at = 0; at < traces.length; at += 500) {
    const rows = await own.where('id', 'in', traces.slice(at, at + 500)).execute()
    found.push(...rows.map((row) => row.id))
  }
  return found
}

const parts = [
  'trace_tags',
  'trace_metadata',
  'trace_spans',
  'trace_payloads',
  'trace_links',
  'trace_assessments',
] as const satisfies readonly (keyof TracesTables)[]

async function deleteSome(
  db: TracesTransaction,
  project: string,
  ids: readonly string[],
): Promise<void> {
  for (const part of parts) {
    await db
      .deleteFrom(part)
      .where('project', '=', project)
      .where('trace_id', 'in', [...ids])
      .execute()
  }
  await db
    .deleteFrom('traces')
    .where('project', '=', project)
    .where('id', 'in', [...ids])
    .execute()
}
