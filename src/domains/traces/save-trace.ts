import { GyreError, invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { subject } from '#kernel/subjects'
import { authorizeOnExperiments, type Context } from '#domains/access/index'
import { assessmentRow, checkAssessment, type NewAssessment } from './assessment-row.ts'
import { requireExperiment } from './require-experiment.ts'
import { describeTraces } from './read-traces.ts'
import { storable } from './storable-text.ts'
import { traceColumns, type TraceRow, type TracesTables, type TracesTransaction } from './store.ts'
import { noUsage, readUsage, type Usage, usageColumns } from './token-usage.ts'
import {
  isTraceId,
  said,
  type TraceInfo,
  traceKeys,
  type TraceState,
  traceStates,
} from './trace.ts'
import { checkTexts, writeTexts } from './write-texts.ts'

export interface NewTrace {
  project: string
  /** Default: a new one. */
  id?: string | undefined
  experiment: string
  state: TraceState
  requestedAt: number
  durationMs?: number | undefined
  clientRequestId?: string | undefined
  requestPreview?: string | undefined
  responsePreview?: string | undefined
  tags: Readonly<Record<string, string>>
  metadata: Readonly<Record<string, string>>
  assessments?: readonly NewAssessment[] | undefined
}

/**
 * Says what a trace is as a whole, before, while or after its spans arrive; said again it replaces
 * what was said. Telemetry, so there is no record. Errors: `invalid`, `not_found` (experiment),
 * `conflict` (deleted experiment).
 */
export async function saveTrace(ctx: Context, input: NewTrace): Promise<TraceInfo> {
  const reach = authorizeOnExperiments(ctx, 'editor', input.project)
  const id = checkTrace(ctx, input)
  for (const assessment of input.assessments ?? []) checkAssessment(assessment)
  const experiment = await requireExperiment(ctx, reach, input.experiment)
  if (experiment.state === 'deleted') {
    throw new GyreError({
      code: 'conflict',
      public: `The experiment ${experiment.id} must be in the 'active' state. Current state is deleted.`,
    })
  }
  const { project } = input
  const info = await ctx.tables.write<TracesTables, TraceInfo>(async (db) => {
    const known = await db
      .selectFrom('traces')
      .select(traceColumns)
      .where('project', '=', project)
      .where('id', '=', id)
      .executeTakeFirst()
    if (known !== undefined) reach.require(String(known.experiment))
    const row = mergeInfo(ctx, input, known, id, Number(experiment.id))
    await writeRow(db, row, known !== undefined)
    const place = { project, trace_id: id }
    const { [traceKeys.name]: _name, ...tags } = input.tags
    await writeTexts(db, 'trace_tags', place, tags)
    await writeTexts(db, 'trace_metadata', place, input.metadata)
    await addAssessments(ctx, db, place, input.assessments ?? [])
    const [described] = await describeTraces(db, project, [row])
    if (described === undefined) throw new Error('a trace that was just written is described')
    return described
  })
  ctx.pulse(subject('trace', id))
  return info
}

function checkTrace(ctx: Context, input: NewTrace): string {
  const id = input.id ?? `tr-${ctx.newId()}`
  if (!isTraceId(id)) {
    throw invalid(
      `${JSON.stringify(id.slice(0, 60))} is not a trace id: it has 1 to 100 letters, digits, "-", "_", "." or ":".`,
    )
  }
  if (!Number.isSafeInteger(input.requestedAt) || !Number.isSafeInteger(input.durationMs ?? 0)) {
    throw invalid(
      'A trace needs a time in milliseconds since 1970, and a duration in milliseconds.',
    )
  }
  if (!traceStates.includes(input.state)) throw invalid(`"${input.state}" is no state of a trace.`)
  checkTexts('tag', input.tags)
  checkTexts('metadata', input.metadata)
  return id
}

function mergeInfo(
  ctx: Context,
  input: NewTrace,
  known: TraceRow | undefined,
  id: string,
  experiment: number,
): TraceRow {
  const { metadata, tags } = input
  const text = (value: string | undefined) => (value === undefined ? undefined : storable(value))
  const tokens = metadata[traceKeys.tokens]
  const cost = metadata[traceKeys.cost]
  const finalized =
    said.info | (tokens === undefined ? 0 : said.tokens) | (cost === undefined ? 0 : said.cost)
  return {
    project: input.project,
    id,
    experiment,
    state: input.state,
    requested_at: input.requestedAt,
    duration_ms: input.durationMs ?? null,
    name: text(tags[traceKeys.name]) ?? known?.name ?? null,
    session: text(metadata[traceKeys.session]) ?? known?.session ?? null,
    client_request_id: text(input.clientRequestId) ?? null,
    request_preview: text(input.requestPreview) ?? known?.request_preview ?? null,
    response_preview: text(input.responsePreview) ?? known?.response_preview ?? null,
    ...(known === undefined ? noUsage : usageIn(known)),
    ...saidUsage(tokens, cost),
    finalized,
    created_at: known?.created_at ?? ctx.clock(),
  }
}

function usageIn(row: TraceRow): Usage {
  return Object.fromEntries(usageColumns.map((column) => [column, row[column]])) as unknown as Usage
}

function saidUsage(tokens: string | undefined, cost: string | undefined): Partial<Usage> {
  const read = readUsage(jsonOf(tokens), jsonOf(cost))
  const columns = usageColumns.filter((column) =>
    column.endsWith('_cost') ? cost !== undefined : tokens !== undefined,
  )
  return Object.fromEntries(columns.map((column) => [column, read[column]]))
}

function jsonOf(text: string | undefined): Json | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Json)
  } catch {
    return undefined
  }
}

async function writeRow(db: TracesTransaction, row: TraceRow, isThere: boolean): Promise<void> {
  if (!isThere) {
    await db.insertInto('traces').values(row).execute()
    return
  }
  await db
    .updateTable('traces')
    .set(row)
    .where('project', '=', row.project)
    .where('id', '=', row.id)
    .execute()
  await db
    .updateTable('trace_spans')
    .set({ experiment: row.experiment })
    .where('project', '=', row.project)
    .where('trace_id', '=', row.id)
    .where('experiment', '!=', row.experiment)
    .execute()
}

/** Those that came with a trace before are there already, when it is sent again. */
async function addAssessments(
  ctx: Context,
  db: TracesTransaction,
  place: { project: string; trace_id: string },
  assessments: readonly NewAssessment[],
): Promise<void> {
  if (assessments.length === 0) return
  await db
    .insertInto('trace_assessments')
    .values(assessments.map((assessment) => assessmentRow(ctx, place, assessment)))
    .onConflict((c) => c.doNothing())
    .execute()
}
